/**
 * Curves as the server sends them ("Series on the wire" in docs/FORMAT.md): a prefix, a JSON header, then columns of
 * little-endian f64. Short series come as points, long ones as buckets with their extremes at the true x.
 */

const MAGIC = 0x5348554d; // "MUHS", little-endian
const VERSION = 1;
const PREFIX = 16;
const WIDTH = 8;

export interface Series {
  readonly run: string;
  readonly key: string;
  /** What the columns are: `raw`, `buckets`, either with `_smooth`, or `band`. */
  readonly layout: string;
  /** How many logged points lie in the range asked for. */
  readonly points: number;
  readonly min: number | null;
  readonly max: number | null;
  readonly last: number | null;
  /** How many of the points were left out as outliers. */
  readonly excluded: number;
  readonly columns: Readonly<Record<string, Float64Array>>;
}

export interface Curve {
  readonly x: Float64Array;
  readonly y: Float64Array;
}

/** The answer is not in the format this reader knows. */
export class SeriesCorrupt extends Error {}

interface Block {
  run: string;
  key: string;
  layout: string;
  offset: number;
  length: number;
  points: number;
  min: number | string | null;
  max: number | string | null;
  last: number | string | null;
  excluded?: number;
}

interface Header {
  columns: Record<string, string[]>;
  series: Block[];
}

function check(holds: boolean, what: string): asserts holds {
  if (!holds) throw new SeriesCorrupt(`The curves cannot be read: ${what}.`);
}

function readHeader(bytes: ArrayBuffer): { header: Header; start: number } {
  check(bytes.byteLength >= PREFIX, "the answer ends before its header");
  const view = new DataView(bytes);
  check(view.getUint32(0, true) === MAGIC, "the first bytes are not those of a series");
  check(view.getUint16(4, true) === VERSION, "the version is unknown; reload the page");
  const start = PREFIX + view.getUint32(8, true);
  check(start <= bytes.byteLength, "the header is longer than the answer");
  const text = new TextDecoder().decode(new Uint8Array(bytes, PREFIX, start - PREFIX));
  return { header: JSON.parse(text) as Header, start };
}

/** JSON has no NaN and no Infinity: they travel as strings. */
function number(value: number | string | null): number | null {
  return value === null ? null : Number(value);
}

function column(bytes: ArrayBuffer, at: number, length: number): Float64Array {
  check(length >= 0 && at % WIDTH === 0 && at + WIDTH * length <= bytes.byteLength, "a column lies outside the answer");
  return new Float64Array(bytes, at, length);
}

function readBlock(bytes: ArrayBuffer, start: number, names: readonly string[], block: Block): Series {
  const first = start + block.offset;
  const columns = names.map((name, i) => [name, column(bytes, first + i * WIDTH * block.length, block.length)]);
  return {
    run: block.run,
    key: block.key,
    layout: block.layout,
    points: block.points,
    min: number(block.min),
    max: number(block.max),
    last: number(block.last),
    excluded: block.excluded ?? 0,
    columns: Object.fromEntries(columns) as Record<string, Float64Array>,
  };
}

/** Throws `SeriesCorrupt` if the bytes do not hold together. */
export function parseSeries(bytes: ArrayBuffer): Series[] {
  const { header, start } = readHeader(bytes);
  return header.series.map((block) => {
    const names = header.columns[block.layout];
    check(names !== undefined, `the layout ${block.layout} is unknown`);
    return readBlock(bytes, start, names, block);
  });
}

const EMPTY = new Float64Array(0);

/** Each bucket's two extremes in the order in which they happened. */
function extremes({ columns }: Series, prefix: "" | "smooth_"): Curve {
  const [xMin, xMax, min, max] = ["x_min", "x_max", "min", "max"].map((name) => columns[prefix + name] ?? EMPTY) as [
    Float64Array, Float64Array, Float64Array, Float64Array,
  ];
  const curve = { x: new Float64Array(min.length * 2), y: new Float64Array(min.length * 2) };
  for (let i = 0; i < min.length; i += 1) {
    const [xa, xb, ya, yb] = [xMin[i] ?? NaN, xMax[i] ?? NaN, min[i] ?? NaN, max[i] ?? NaN];
    const inOrder = !(xb < xa);
    curve.x.set(inOrder ? [xa, xb] : [xb, xa], 2 * i);
    curve.y.set(inOrder ? [ya, yb] : [yb, ya], 2 * i);
  }
  return curve;
}

/** The line as logged: every point, or each bucket's extremes. */
export function curveOf(series: Series): Curve {
  const { layout, columns } = series;
  if (layout === "raw" || layout === "raw_smooth") return { x: columns["x"] ?? EMPTY, y: columns["y"] ?? EMPTY };
  return extremes(series, "");
}

/** The line smoothed over the whole series, if that was asked for. */
export function smoothOf(series: Series): Curve | undefined {
  const { layout, columns } = series;
  if (layout === "raw_smooth") return { x: columns["x"] ?? EMPTY, y: columns["smooth"] ?? EMPTY };
  return layout === "buckets_smooth" ? extremes(series, "smooth_") : undefined;
}

/** The mean of a group and the band around it, if a group was asked for. */
export interface BandCurve extends Curve {
  readonly low: Float64Array;
  readonly high: Float64Array;
}

export function bandOf({ layout, columns }: Series): BandCurve | undefined {
  if (layout !== "band") return undefined;
  const [from = EMPTY, to = EMPTY] = [columns["x"], columns["x_end"]];
  const x = from.map((value, i) => (value + (to[i] ?? value)) / 2);
  return { x, y: columns["mean"] ?? EMPTY, low: columns["low"] ?? EMPTY, high: columns["high"] ?? EMPTY };
}

/** Index of the point nearest to `x` in sorted `xs`; -1 if there are none. */
export function nearest(xs: Float64Array, x: number): number {
  let [low, high] = [0, xs.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((xs[middle] ?? NaN) < x) low = middle + 1;
    else high = middle;
  }
  const before = xs[low - 1];
  return before !== undefined && x - before < (xs[low] ?? Infinity) - x ? low - 1 : high < 0 ? -1 : low;
}

import { nearest, type Series } from "./series";

/** Points of one key of a run as the server tells of them while they come: "Points as they come" in docs/format/history.md. */
export interface Told {
  readonly run: string;
  readonly key: string;
  readonly steps: readonly number[];
  /** Unix seconds; null where a row has none. */
  readonly times: readonly (number | null)[];
  readonly values: readonly unknown[];
}

/** What of a request for curves decides whether points can be put behind its answers. */
export interface Asked {
  readonly x?: string | undefined;
  readonly width?: number | undefined;
  readonly start?: number | null | undefined;
  readonly stop?: number | null | undefined;
  readonly smoothing?: unknown;
  readonly outliers?: unknown;
}

const AXES: ReadonlySet<string> = new Set(["_step", "_timestamp"]);

/** Smoothed lines, parts of lines and lines without outliers change as a whole when a point comes. */
export function canGrow({ x = "_step", start, stop, smoothing, outliers }: Asked): boolean {
  return AXES.has(x) && start == null && stop == null && smoothing == null && outliers == null;
}

interface Point {
  readonly x: number;
  readonly y: number;
}

const WORDS: Readonly<Record<string, number>> = { NaN: NaN, Infinity: Infinity, "-Infinity": -Infinity };

/** The points that a chart can draw, by x; undefined if one has no x. */
function pointsOf({ steps, times, values }: Told, x: string): Point[] | undefined {
  const found: Point[] = [];
  for (const [i, value] of values.entries()) {
    const y = typeof value === "number" ? value : typeof value === "string" && value in WORDS ? WORDS[value] : undefined;
    const at = x === "_step" ? steps[i] : times[i];
    if (y === undefined) continue;
    if (at === undefined || at === null) return undefined;
    found.push({ x: at, y });
  }
  return found.sort((a, b) => a.x - b.x);
}

const DEFAULT_WIDTH = 750;

/**
 * The curve with the points behind it; undefined if it has to be read again: a point is not behind it and not in it yet,
 * or the curve has become so long that the server would put points together.
 */
export function grown(series: Series | null, told: Told, { x = "_step", width = DEFAULT_WIDTH }: Asked): Series | null | undefined {
  const points = pointsOf(told, x);
  if (points === undefined) return undefined;
  if (points.length === 0) return series;
  const known = series ?? begun(told);
  const last = known.columns["x_end"]?.at(-1) ?? known.columns["x"]?.at(-1) ?? -Infinity;
  if (!points.every((point) => point.x > last || isIn(known, point))) return undefined;
  const fresh = points.filter((point) => point.x > last);
  const columns = Object.fromEntries(Object.entries(known.columns).map(([name, values]) => [name, longer(name, values, fresh)]));
  const isTooLong = (columns["x"]?.length ?? 0) > 2 * width;
  return isTooLong ? undefined : { ...known, columns, ...facts(known, fresh) };
}

const begun = ({ run, key }: Told): Series => ({
  run, key, layout: "raw", points: 0, min: null, max: null, last: null, excluded: 0, columns: { x: new Float64Array(0), y: new Float64Array(0) },
});

/** Only of a curve of points can that be told. */
function isIn({ layout, columns }: Series, { x, y }: Point): boolean {
  const [xs, ys] = [columns["x"], columns["y"]];
  if (layout !== "raw" || !xs || !ys) return false;
  const at = nearest(xs, x);
  return xs[at] === x && Object.is(ys[at], y);
}

/** In buckets each point becomes one of its own. */
function longer(name: string, values: Float64Array, points: readonly Point[]): Float64Array {
  const all = new Float64Array(values.length + points.length);
  all.set(values);
  all.set(points.map(({ x, y }) => (name === "count" ? 1 : name.startsWith("x") ? x : y)), values.length);
  return all;
}

function facts(series: Series, points: readonly Point[]): Pick<Series, "points" | "min" | "max" | "last"> {
  const values = points.map(({ y }) => y).filter((y) => !Number.isNaN(y));
  const least = Math.min(series.min ?? Infinity, ...values);
  const greatest = Math.max(series.max ?? -Infinity, ...values);
  return {
    points: series.points + points.length,
    min: values.length > 0 ? least : series.min,
    max: values.length > 0 ? greatest : series.max,
    last: points.at(-1)?.y ?? series.last,
  };
}

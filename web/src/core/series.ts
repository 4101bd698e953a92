/** Curves as the server sends them; see docs/format/history.md, "Series on the wire". */
export interface Series {
  readonly run: string;
  readonly key: string;
  /** In order; for a bucketed series the places of each bucket's minimum and maximum. */
  readonly x: Float64Array;
  readonly y: Float64Array;
  /** Are these all the points there are, or the extremes of buckets? */
  readonly exact: boolean;
  /** How many points the series has in the range asked for. */
  readonly count: number;
}

export type SeriesSet = readonly Series[];

/** The answer was not in the format this reader knows. */
export class SeriesCorrupt extends Error {}

interface Block {
  run: string;
  key: string;
  n: number;
  count: number;
  exact: boolean;
  x: number;
  y: number;
}

interface Header {
  version: number;
  series: Block[];
}

function readHeader(bytes: ArrayBuffer): { header: Header; start: number } {
  if (bytes.byteLength < 4) throw new SeriesCorrupt("the answer ends before its header");
  const length = new DataView(bytes).getUint32(0, true);
  if (4 + length > bytes.byteLength) throw new SeriesCorrupt("the header is longer than the answer");
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(bytes, 4, length))) as Header;
  return { header, start: Math.ceil((4 + length) / 8) * 8 };
}

function column(bytes: ArrayBuffer, start: number, n: number): Float64Array {
  if (start % 8 !== 0 || start + 8 * n > bytes.byteLength) throw new SeriesCorrupt("a column lies outside the answer");
  return new Float64Array(bytes, start, n);
}

export function parseSeries(bytes: ArrayBuffer): SeriesSet {
  const { header, start } = readHeader(bytes);
  return header.series.map(({ run, key, n, count, exact, x, y }) => ({
    run, key, count, exact, x: column(bytes, start + x, n), y: column(bytes, start + y, n),
  }));
}

import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { bandOf, curveOf, nearest, parseSeries, SeriesCorrupt, smoothOf, type Series } from "./series";

interface Golden {
  series: { run: string; key: string; layout: string; points: number; min: Odd; max: Odd; last: Odd; columns: Record<string, Odd[]> }[];
}
type Odd = number | string | null;

const folder = new URL("../../../tests/golden/", import.meta.url);
const golden = JSON.parse(readFileSync(new URL("series-v1.json", folder), "utf8")) as Golden;
const file = readFileSync(new URL("series-v1.bin", folder));
const bytes = (): ArrayBuffer => Uint8Array.from(file).buffer;
const real = (value: Odd): number | null => (value === null ? null : Number(value));

describe("parseSeries", () => {
  it("reads what the server's own encoder wrote", () => {
    const read = parseSeries(bytes()).map(({ columns, run, key, layout, points, min, max, last }) => ({
      run, key, layout, points, min, max, last,
      columns: Object.fromEntries(Object.entries(columns).map(([name, values]) => [name, Array.from(values)])),
    }));
    const expected = golden.series.map((one) => ({
      ...one, min: real(one.min), max: real(one.max), last: real(one.last),
      columns: Object.fromEntries(Object.entries(one.columns).map(([name, values]) => [name, values.map(real)])),
    }));
    expect(read).toEqual(expected);
  });

  it("refuses every shortened answer, and a strange one", () => {
    for (let size = 0; size < file.length; size += 7) {
      expect(() => parseSeries(bytes().slice(0, size)), `${String(size)} bytes`).toThrow(Error);
    }
    expect(() => parseSeries(new TextEncoder().encode("<!doctype html><p>hello").buffer)).toThrow(SeriesCorrupt);
  });
});

it("draws a bucket's extremes in the order in which they happened", () => {
  const [, bucketed] = parseSeries(bytes());
  if (!bucketed) throw new Error("the golden file has a bucketed series");
  const { x, y } = curveOf(bucketed);
  expect(Array.from(x)).toEqual([7, 42, 150, 199, 201, 299]);
  expect(Array.from(y)).toEqual([-2.5, 3, 0.5, Infinity, NaN, NaN]);
});

it("finds the nearest point", () => {
  const xs = Float64Array.of(0, 10, 20);
  expect([-5, 0, 4, 6, 10, 14, 16, 99].map((x) => nearest(xs, x))).toEqual([0, 0, 0, 1, 1, 1, 2, 2]);
  expect(nearest(Float64Array.of(), 1)).toBe(-1);
  expect(nearest(Float64Array.of(3), 1)).toBe(0);
});

describe("layouts beyond the plain ones", () => {
  const series = (layout: string, columns: Record<string, number[]>): Series => ({
    run: "r", key: "k", layout, points: 2, min: null, max: null, last: null, excluded: 0,
    columns: Object.fromEntries(Object.entries(columns).map(([name, values]) => [name, Float64Array.from(values)])),
  });

  it("hold the smoothed line beside the logged one", () => {
    const raw = series("raw_smooth", { x: [1, 2], y: [5, 7], smooth: [5, 6] });
    expect(Array.from(curveOf(raw).y)).toEqual([5, 7]);
    expect(Array.from(smoothOf(raw)?.y ?? [])).toEqual([5, 6]);
    const bucket = series("buckets_smooth", { x_min: [3], x_max: [1], min: [0], max: [9], smooth_x_min: [1], smooth_x_max: [2], smooth_min: [4], smooth_max: [5] });
    expect(Array.from(curveOf(bucket).x)).toEqual([1, 3]);
    expect(Array.from(smoothOf(bucket)?.y ?? [])).toEqual([4, 5]);
    expect(smoothOf(series("raw", { x: [1], y: [2] }))).toBeUndefined();
  });

  it("hold a band around the mean of a group", () => {
    const band = bandOf(series("band", { x: [0, 10], x_end: [10, 20], mean: [1, 2], low: [0, 1], high: [2, 3] }));
    expect(Array.from(band?.x ?? [])).toEqual([5, 15]);
    expect(Array.from(band?.high ?? [])).toEqual([2, 3]);
  });
});

import { describe, expect, it } from "vitest";
import { canGrow, grown, type Told } from "./grow";
import type { Series } from "./series";

const told = (steps: number[], values: unknown[]): Told => ({ run: "r", key: "k", steps, values, times: steps.map((step) => 1000 + step) });
const raw = (x: number[], y: number[]): Series => ({
  run: "r", key: "k", layout: "raw", points: x.length, min: Math.min(...y), max: Math.max(...y), last: y.at(-1) ?? null, excluded: 0,
  columns: { x: Float64Array.from(x), y: Float64Array.from(y) },
});
const line = (series: Series | null | undefined) => [[...(series?.columns["x"] ?? [])], [...(series?.columns["y"] ?? [])]];

describe("grown", () => {
  it("puts new points behind a curve, whatever their order", () => {
    const series = grown(raw([0, 1], [5, 4]), told([3, 2], [9, 1]), {});
    expect(line(series)).toEqual([[0, 1, 2, 3], [5, 4, 1, 9]]);
    expect(series).toMatchObject({ points: 4, min: 1, max: 9, last: 9 });
  });

  it("begins a curve where the run had none", () => {
    expect(line(grown(null, told([0, 1], ["NaN", 2]), { x: "_timestamp" }))).toEqual([[1000, 1001], [NaN, 2]]);
    expect(grown(null, told([0], ["a word"]), {})).toBeNull();
  });

  it("passes over what is there already, and asks for the curve again where that is not sure", () => {
    const known = raw([0, 1, 2], [5, NaN, 3]);
    expect(line(grown(known, told([1, 2, 3], ["NaN", 3, 2]), {}))).toEqual([[0, 1, 2, 3], [5, NaN, 3, 2]]);
    expect(grown(known, told([2], [8]), {})).toBeUndefined();
    expect(grown(raw([0, 2], [5, 3]), told([1], [8]), {})).toBeUndefined();
    expect(grown(known, { ...told([3], [1]), times: [null] }, { x: "_timestamp" })).toBeUndefined();
  });

  it("asks again before a curve is longer than the server would send it", () => {
    expect(grown(raw([0, 1, 2], [1, 1, 1]), told([3], [1]), { width: 2 })?.points).toBe(4);
    expect(grown(raw([0, 1, 2], [1, 1, 1]), told([3, 4], [1, 1]), { width: 2 })).toBeUndefined();
  });

  it("makes each point a bucket of its own", () => {
    const columns = { x: [0], x_end: [9], x_min: [4], x_max: [5], min: [-1], max: [1], mean: [0], count: [10] };
    const buckets: Series = { ...raw([], []), layout: "buckets", min: -1, max: 1, columns: Object.fromEntries(Object.entries(columns).map(([name, values]) => [name, Float64Array.from(values)])) };
    const series = grown(buckets, told([10], [7]), {});
    expect(Object.fromEntries(Object.entries(series?.columns ?? {}).map(([name, values]) => [name, values[1]]))).toEqual({ x: 10, x_end: 10, x_min: 10, x_max: 10, min: 7, max: 7, mean: 7, count: 1 });
    expect(grown(buckets, told([9], [7]), {})).toBeUndefined();
  });
});

it("knows which curves can grow", () => {
  expect([{}, { x: "_timestamp", width: 400 }, { start: null }].map(canGrow)).toEqual([true, true, true]);
  expect([{ x: "_runtime" }, { x: "loss" }, { start: 5 }, { stop: 0 }, { smoothing: { kind: "ema" } }, { outliers: "iqr" }].some(canGrow)).toBe(false);
});

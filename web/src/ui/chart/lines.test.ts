import { describe, expect, it } from "vitest";
import { extentOf, type Line } from "./lines";

const line = (x: number[], y: number[]): Line => ({ run: "r", label: "r", colour: "#000", dash: [], x: Float64Array.from(x), y: Float64Array.from(y) });
const plain = { log: false, logx: false, y: undefined };
const log = { ...plain, log: true };

describe("extentOf", () => {
  it("holds every line with room above and below", () => {
    const { x, y } = extentOf([line([0, 5], [1, 2]), line([2, 9], [NaN, 11])], undefined, plain);
    expect(x).toEqual([0, 9]);
    expect(y[0]).toBeLessThan(1);
    expect(y[1]).toBeGreaterThan(11);
  });

  it("looks only at the zoomed part", () => {
    const { x, y } = extentOf([line([0, 1, 2, 3, 100], [1000, 1, 2, 3, 1000])], [1, 3], plain);
    expect(x).toEqual([1, 3]);
    expect(y[1]).toBeLessThan(4);
  });

  it("keeps a logarithmic axis positive, a flat line visible, nothing finite", () => {
    expect(extentOf([line([0, 1], [0, -5])], undefined, log).y).toEqual([0.1, 1]);
    const flat = extentOf([line([0, 1], [3, 3])], undefined, plain).y;
    expect(flat[0]).toBeLessThan(3);
    expect(flat[1]).toBeGreaterThan(3);
    expect(extentOf([], undefined, plain)).toEqual({ x: [0, 1], y: [0, 1] });
    for (const bound of extentOf([line([0, 1], [1e-300, 1e300])], undefined, log).y) expect(bound).toBeGreaterThan(0);
  });

  it("gives a single point a span of x", () => {
    const { x } = extentOf([line([7], [1])], undefined, plain);
    expect(x[0]).toBeLessThan(7);
    expect(x[1]).toBeGreaterThan(7);
  });

  it("holds a band, keeps fixed bounds, and starts a logarithmic x after zero", () => {
    const band = { ...line([1, 2], [5, 5]), band: { low: Float64Array.of(1, 1), high: Float64Array.of(9, 9) } };
    const { y } = extentOf([band], undefined, plain);
    expect(y[0]).toBeLessThan(1);
    expect(y[1]).toBeGreaterThan(9);
    expect(extentOf([band], undefined, { ...plain, y: [0, 3] }).y).toEqual([0, 3]);
    expect(extentOf([line([0, 1, 10], [1, 2, 3])], undefined, { ...plain, logx: true }).x).toEqual([1, 10]);
  });
});

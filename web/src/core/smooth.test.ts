import { describe, expect, it } from "vitest";
import { smooth } from "./smooth";

const wave = Float64Array.from({ length: 500 }, (_, i) => Math.sin(i / 9) * 3 + (i % 7));

describe("smooth", () => {
  it("leaves a constant alone", () => {
    for (const y of smooth(new Float64Array(300).fill(0.1), 0.97)) expect(y).toBeCloseTo(0.1, 12);
  });

  it("never leaves the range of its input", () => {
    const [low, high] = [Math.min(...wave), Math.max(...wave)];
    for (const y of smooth(wave, 0.9)) expect(y >= low - 1e-9 && y <= high + 1e-9).toBe(true);
  });

  it("keeps gaps as gaps and is not poisoned by them", () => {
    const out = smooth(Float64Array.of(1, NaN, 1, Infinity, 1), 0.5);
    expect(Array.from(out)).toEqual([1, NaN, 1, NaN, 1]);
  });

  it("does nothing at weight 0", () => {
    expect(smooth(wave, 0)).toBe(wave);
  });

  it("does smooth", () => {
    const jumps = (ys: Float64Array): number => ys.slice(1).reduce((total, y, i) => total + Math.abs(y - (ys[i] ?? 0)), 0);
    expect(jumps(smooth(wave, 0.9))).toBeLessThan(jumps(wave) / 3);
  });
});

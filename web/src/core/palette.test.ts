import { describe, expect, it } from "vitest";
import { contrast, PALETTES, strokeOf } from "./palette";

describe("palette", () => {
  it("stands out from the background in both themes", () => {
    for (const hue of PALETTES.light) expect(contrast(hue, "#ffffff"), hue).toBeGreaterThanOrEqual(3);
    for (const hue of PALETTES.dark) expect(contrast(hue, "#14171c"), hue).toBeGreaterThanOrEqual(4.5);
  });

  it("gives 48 runs 48 different strokes, then repeats", () => {
    const seen = new Set(Array.from({ length: 48 }, (_, i) => JSON.stringify(strokeOf(i, "light"))));
    expect(seen.size).toBe(48);
    expect(strokeOf(48, "light")).toEqual(strokeOf(0, "light"));
  });

  it("has an answer for any number", () => {
    for (const odd of [-1, 0.5, NaN, Infinity]) expect(strokeOf(odd, "dark").colour).toMatch(/^#[0-9a-f]{6}$/);
  });

  it("knows the contrast of black and white", () => {
    expect(contrast("#000000", "#ffffff")).toBeCloseTo(21, 5);
  });
});

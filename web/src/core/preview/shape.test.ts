import { describe, expect, it } from "vitest";
import { columnWords, formatShape } from "./shape";

describe("formatShape", () => {
  it("reads as people write it", () => {
    expect(formatShape([64, 3, 7])).toBe("64 × 3 × 7");
    expect(formatShape([])).toBe("scalar");
  });
});

describe("columnWords", () => {
  it("gives range, mean and what is missing of numbers", () => {
    expect(columnWords({ min: 0, max: 9, mean: 4.5, std: 2, missing: 5 }, 100)).toBe("0 … 9 · mean 4.5 ± 2 · 5 % missing");
  });

  it("gives the most frequent of texts", () => {
    expect(columnWords({ distinct: 2, top: [["cat", 75], ["", 25]], missing: 0 }, 100)).toBe("cat 75 %, ∅ 25 % · 2 different");
    expect(columnWords({ top: [["rare", 1]] }, 1000)).toBe("rare <1 %");
  });

  it("says nothing of an empty column", () => {
    expect(columnWords({}, 0)).toBe("");
  });
});

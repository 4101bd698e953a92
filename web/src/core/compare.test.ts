import { expect, it } from "vitest";
import { deltaOf, sideBySide } from "./compare";

it("puts keys side by side and says where they differ", () => {
  const rows = sideBySide([{ lr: 0.1, net: { d: 2 }, tags: [1] }, { lr: 0.1, net: { d: 3 }, tags: [1], extra: null, image: { _type: "image-file", path: "x" } }]);
  expect(rows).toEqual([
    { key: "extra", values: [undefined, null], differs: true },
    { key: "lr", values: [0.1, 0.1], differs: false },
    { key: "net.d", values: [2, 3], differs: true },
    { key: "tags", values: [[1], [1]], differs: false },
  ]);
  expect(sideBySide([{ a: 1 }])[0]?.differs).toBe(false);
});

it("says how a number differs from the base's", () => {
  expect([deltaOf(2.2, 2), deltaOf(1, 2), deltaOf(2, 2), deltaOf(1, 0), deltaOf("a", 1), deltaOf(Infinity, 1), deltaOf(-1, -2)]).toEqual(
    ["+0.2 (+10 %)", "−1 (−50 %)", "", "+1", "", "", "+1 (+50 %)"],
  );
});

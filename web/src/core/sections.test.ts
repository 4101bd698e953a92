import { expect, it } from "vitest";
import { matcher, sections } from "./sections";

it("groups keys by prefix: loose ones first, system last, names in natural order", () => {
  const found = sections(["system/cpu", "train/loss", "epoch", "eval/l10", "eval/l9", "/odd"]);
  expect(found).toEqual([
    { name: "charts", keys: ["/odd", "epoch"] },
    { name: "eval", keys: ["eval/l9", "eval/l10"] },
    { name: "train", keys: ["train/loss"] },
    { name: "system", keys: ["system/cpu"] },
  ]);
});

it("filters by regular expression, and by plain text when that is broken", () => {
  expect(["train/loss", "eval/acc"].filter(matcher("loss$"))).toEqual(["train/loss"]);
  expect(["a[b", "ab"].filter(matcher("A[B"))).toEqual(["a[b"]);
  expect(["a", "b"].filter(matcher(undefined))).toEqual(["a", "b"]);
});

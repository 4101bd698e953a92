import { expect, it } from "vitest";
import { lookUp, valueAt } from "./run-value";

it("finds a value by its dotted path, whichever way the dots came about", () => {
  const values = { a: { b: 1, "c.d": 2 }, "a.e": 3, f: [1] };
  expect(["a.b", "a.c.d", "a.e", "f", "a.x", "f.0", "", "a.b.c"].map((path) => lookUp(values, path))).toEqual([1, 2, 3, [1], undefined, undefined, undefined, undefined]);
});

it("reads fields of the run, its config and its summary", () => {
  const run = { state: "running", config: { lr: 0.1 }, summary: { "val/acc": 0.9 } };
  expect(["state", "config.lr", "summary.val/acc", "config.no"].map((field) => valueAt(run, field))).toEqual(["running", 0.1, 0.9, undefined]);
});

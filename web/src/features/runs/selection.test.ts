import { expect, it } from "vitest";
import { span } from "./selection";

it("marks from the last one to this one, either way", () => {
  const order = ["a", "b", "c", "d"];
  expect(span(order, "b", "d")).toEqual(["b", "c", "d"]);
  expect(span(order, "d", "b")).toEqual(["b", "c", "d"]);
  expect(span(order, undefined, "c")).toEqual(["c"]);
  expect(span(order, "gone", "c")).toEqual(["c"]);
});

import { expect, it } from "vitest";
import { columnsIn } from "./virtual";

it("finds the columns in view", () => {
  const widths = [100, 50, 200, 100];
  expect(columnsIn(widths, -20, 120)).toEqual({ start: 0, stop: 1, before: 0 });
  expect(columnsIn(widths, 100, 60)).toEqual({ start: 1, stop: 3, before: 100 });
  expect(columnsIn(widths, 149, 1000)).toEqual({ start: 1, stop: 4, before: 100 });
  expect(columnsIn(widths, 9999, 10)).toEqual({ start: 3, stop: 4, before: 350 });
  expect(columnsIn([], 0, 100)).toEqual({ start: 0, stop: 0, before: 0 });
});

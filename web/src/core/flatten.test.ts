import { expect, it } from "vitest";
import { flatten } from "./flatten";

it("gives the leaves of nested objects dotted names", () => {
  expect(flatten({ a: 1, b: { c: [1, 2], d: { e: null } }, f: {} })).toEqual([["a", 1], ["b.c", [1, 2]], ["b.d.e", null], ["f", {}]]);
});

it("leaves out what is to be skipped", () => {
  expect(flatten({ a: 1, b: { c: 2 } }, (value) => value === 2)).toEqual([["a", 1]]);
});

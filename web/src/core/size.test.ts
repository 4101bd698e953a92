import { expect, it } from "vitest";
import { readSize, sizeWords } from "./size";

it("reads what people write", () => {
  expect(["20 GB", "1.5GiB", " 7 ", "0", "3 kb", "512 B", ""].map(readSize)).toEqual([20e9, 1.5 * 2 ** 30, 7, 0, 3000, 512, null]);
});

it("takes nothing else for a size", () => {
  for (const text of ["GB", "-1", "1e9", "3 apples", "9007199254740993", "99999 TB", "constructor", "1 constructor"]) expect(readSize(text)).toBeUndefined();
});

it("writes what it reads", () => {
  for (const bytes of [0, 1, 999, 1000, 1_500_000, 123_456_789, 20e9, 2 ** 53 - 1]) expect(readSize(sizeWords(bytes))).toBe(bytes);
});

import { expect, it } from "vitest";
import { ranked } from "./rank";

const found = (typed: string): string[] => ranked(["mnist", "my-mnist", "imagenet", "minimal run st"], typed, (text) => text);

it("finds beginnings first, then words, then letters in order", () => {
  expect(found("mnist").slice(0, 2)).toEqual(["mnist", "my-mnist"]);
  expect(found("mnist")).toContain("minimal run st");
  expect(found("net")).toEqual(["imagenet"]);
  expect(found("run min")).toEqual(["minimal run st"]);
  expect(found("zz")).toEqual([]);
  expect(found("")).toHaveLength(4);
});

import { describe, expect, it } from "vitest";
import { lastOverwrite, parseAnsi } from "./ansi";

describe("parseAnsi", () => {
  it("colours and resets", () => {
    expect(parseAnsi("a\u001b[31;1mred\u001b[0mb")).toEqual([
      { text: "a", classes: "" },
      { text: "red", classes: "ansi-red ansi-bold" },
      { text: "b", classes: "" },
    ]);
  });

  it("does not take the numbers of true colour for codes", () => {
    expect(parseAnsi("\u001b[38;2;31;1;0mx\u001b[38;5;31;1my")).toEqual([
      { text: "x", classes: "" },
      { text: "y", classes: "ansi-bold" },
    ]);
  });

  it("drops cursor moves and titles, keeps text as text", () => {
    expect(parseAnsi("\u001b[2K\u001b]0;title\u0007<b>hi</b>").map((s) => s.text)).toEqual(["<b>hi</b>"]);
    expect(parseAnsi("")).toEqual([]);
  });
});

it("shows what a progress bar showed last", () => {
  expect(lastOverwrite("10%\r50%\r100%\r")).toBe("100%");
  expect(lastOverwrite("plain")).toBe("plain");
});

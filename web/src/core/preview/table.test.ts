import { describe, expect, it } from "vitest";
import { joined } from "./join";
import { arranged, cellOf, nextSort, numericColumns, parseLines, shortNumber, shownTable, textOf, type Sort, type Table } from "./table";

const table = (columns: string[], ...data: unknown[][]): Table => shownTable({ columns, data });
const column = (shown: Table, order: readonly number[], c: number): string[] => order.map((i) => textOf(shown.rows[i]?.[c]));

describe("cellOf", () => {
  it("knows media, one or a list of them, by the words under them", () => {
    expect(cellOf({ _type: "image-file", path: "media/a.png", caption: "a cat" })).toMatchObject({ text: "a cat", shots: [{ kind: "image", path: "media/a.png" }] });
    expect(textOf(cellOf([{ _type: "audio-file", path: "b.wav" }, { _type: "html-file", path: "c.html" }]))).toBe("b.wav c.html");
  });

  it("shows anything else as text", () => {
    expect([null, undefined, 1.5, true, "x", { a: 1 }, [1, 2]].map(cellOf)).toEqual(["", "", "1.5", "true", "x", '{"a":1}', "[1,2]"]);
    expect(cellOf({ _type: "histogram", bins: [0, 1], values: [3] })).toBe('{"_type":"histogram","bins":[0,1],"values":[3]}');
  });
});

describe("arranged", () => {
  const shown = table(["n", "word"], [10, "b10"], [9, "B9"], ["NaN", ""], [null, "a"], [-1, "ä"], ["Infinity", "b2"]);
  const numeric = numericColumns(shown);
  const by = (column: number, isDown: boolean): Sort => ({ column, isDown });

  it("sorts numbers by size, with what is none at the end in both directions", () => {
    expect(numeric).toEqual([true, false]);
    expect(column(shown, arranged(shown, numeric, by(0, false), ""), 0)).toEqual(["-1", "9", "10", "Infinity", "NaN", ""]);
    expect(column(shown, arranged(shown, numeric, by(0, true), ""), 0)).toEqual(["Infinity", "10", "9", "-1", "NaN", ""]);
  });

  it("sorts words as people do", () => {
    expect(column(shown, arranged(shown, numeric, by(1, false), ""), 1)).toEqual(["a", "ä", "b2", "B9", "b10", ""]);
  });

  it("keeps rows with the text in any cell, and their order where none is asked for", () => {
    expect(column(shown, arranged(shown, numeric, undefined, "B"), 1)).toEqual(["b10", "B9", "b2"]);
    expect(arranged(shown, numeric, by(0, true), "no such")).toEqual([]);
  });

  it("goes up, down, and back", () => {
    const up = nextSort(undefined, 1);
    expect([up, nextSort(up, 1), nextSort(nextSort(up, 1), 1), nextSort(up, 0)]).toEqual([by(1, false), by(1, true), undefined, by(0, false)]);
  });
});

describe("parseLines", () => {
  it("makes a column of every key", () => {
    expect(parseLines('{"a": 1}\r\n\n{"b": [2], "a": null}\n')).toEqual({ columns: ["a", "b"], rows: [["1", ""], ["", "[2]"]], truncated: false });
  });

  it("leaves out a last line that was cut off, and takes no other values for a table", () => {
    expect(parseLines('{"a": 1}\n{"a":', true)).toEqual({ columns: ["a"], rows: [["1"]], truncated: true });
    expect(parseLines('{"a": 1}\n[2]')).toBeNull();
    expect(parseLines("")).toBeNull();
  });
});

describe("joined", () => {
  const left = table(["id", "guess", "only"], [1, "cat", "x"], [2, "dog", "y"], [3, "cow", "z"]);
  const right = table(["guess", "key", "more"], ["cat", 1, "a"], ["cut", 1, "b"], ["hen", 4, "c"]);

  it("puts shared columns beside each other and keeps rows without a partner", () => {
    expect(joined(left, right, ["id", "key"])).toEqual({
      columns: ["id", "guess_1", "guess_2", "only", "more"],
      rows: [
        ["1", "cat", "cat", "x", "a"],
        ["1", "cat", "cut", "x", "b"],
        ["2", "dog", "", "y", ""],
        ["3", "cow", "", "z", ""],
        ["4", "", "hen", "", "c"],
      ],
      truncated: false,
    });
  });

  it("does not join by a column that is not there", () => {
    expect(joined(left, right, ["id", "id"])).toBeNull();
  });

  it("ends before many equal keys fill the memory", () => {
    const many = table(["k"], ...Array.from({ length: 1000 }, () => ["same"]));
    expect(joined(many, many, ["k", "k"])).toMatchObject({ truncated: true, rows: { length: 5000 } });
  });
});

it("rounds long fractions, and nothing else", () => {
  expect(["0.0023976740691262766", "-1.25", "9007199254740993", "1e-300", "NaN", "", "3.0000000000001e-12"].map(shortNumber)).toEqual([
    "0.002397674", "-1.25", "9007199254740993", "1e-300", "NaN", "", "3e-12",
  ]);
});

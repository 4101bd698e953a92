import { describe, expect, it } from "vitest";
import { charted, mediaOf, type PlotMedia } from "../media";
import { binned, drawingOf } from "./drawing";
import { readTable } from "./table";
import { ticks } from "./ticks";

const plot = (kind: string, fields: Record<string, string>): PlotMedia => {
  const [found] = mediaOf({ _type: "plot", kind, title: "t", fields, table: { _type: "table-file", path: "media/table/t.json" } });
  if (found?.kind !== "plot") throw new Error("no plot");
  return found;
};
const table = (columns: string[], data: unknown[][]) => readTable({ columns, data }) ?? { columns: [], data: [] };

describe("a logged plot", () => {
  it("is read with its table's path", () => {
    expect(plot("line", { x: "a", y: "b" })).toMatchObject({ plot: "line", path: "media/table/t.json", title: "t" });
    expect(mediaOf({ _type: "plot", kind: "line" })).toEqual([]);
  });

  it("joins the points of each stroke in order of x", () => {
    const drawing = drawingOf(plot("line", { x: "x", y: "y", stroke: "who" }), table(["x", "y", "who"], [[2, 1, "a"], [1, 5, "a"], [1, "NaN", "b"], [3, 4, "b"]]));
    expect(drawing).toMatchObject({ kind: "xy", joined: true, series: [{ name: "a", points: [[1, 5], [2, 1]] }, { name: "b", points: [[3, 4]] }] });
  });

  it("leaves the order of a curve as it was computed", () => {
    const rows = [["c", 0, 1], ["c", 1, 0.5], ["c", 0.5, 0.9]];
    const drawing = drawingOf(plot("pr", { x: "recall", y: "precision", stroke: "class" }), table(["class", "recall", "precision"], rows));
    expect(drawing).toMatchObject({ series: [{ points: [[0, 1], [1, 0.5], [0.5, 0.9]] }] });
  });

  it("counts a confusion matrix by actual and predicted", () => {
    const rows = [["cat", "cat", 3], ["cat", "dog", 1], ["dog", "cat", 0], ["dog", "dog", 2]];
    const fields = { Actual: "Actual", Predicted: "Predicted", nPredictions: "nPredictions" };
    const drawing = drawingOf(plot("confusion_matrix", fields), table(["Actual", "Predicted", "nPredictions"], rows));
    expect(drawing).toEqual({ kind: "matrix", labels: ["cat", "dog"], counts: [[3, 1], [0, 2]] });
  });

  it("is shown as its table where a column is missing or the kind is unknown", () => {
    expect(drawingOf(plot("line", { x: "absent", y: "y" }), table(["y"], [[1]])).kind).toBe("table");
    expect(drawingOf(plot("custom", {}), table(["y"], [[1]])).kind).toBe("table");
  });
});

describe("binned", () => {
  it("counts every value once, the largest in the last bin", () => {
    const values = Array.from({ length: 101 }, (_, i) => i);
    const found = binned(values);
    expect(found.values.reduce((sum, count) => sum + count, 0)).toBe(101);
    expect([found.bins[0], found.bins.at(-1)]).toEqual([0, 100]);
  });

  it("gives a bin to values that are all equal, and to none", () => {
    expect(binned([2, 2]).values.reduce((sum, count) => sum + count, 0)).toBe(2);
    expect(binned([])).toEqual({ bins: [0, 1], values: [0] });
  });
});

describe("ticks", () => {
  it("are round and inside", () => {
    expect(ticks(0, 1)).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1]);
    expect(ticks(-3, 17, 4)).toEqual([0, 5, 10, 15]);
    expect(ticks(5, 5)).toEqual([5]);
  });
});

describe("charted", () => {
  const table = { _type: "table-file", path: "media/table/t.json" };
  const metadata = { charts: { curve_table: { kind: "line", title: "t", fields: { x: "a", y: "b" }, options: {} } } };

  it("turns a table into the plot that was asked for beside it", () => {
    expect(mediaOf(charted(table, metadata, "curve_table"))).toMatchObject([{ kind: "plot", plot: "line", path: table.path }]);
  });

  it("leaves other tables and other values alone", () => {
    expect(charted(table, metadata, "other")).toBe(table);
    expect(charted(table, null, "curve_table")).toBe(table);
    expect(charted(3, metadata, "curve_table")).toBe(3);
  });
});

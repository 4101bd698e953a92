/** From a logged plot (a table, and which column plays which part) to what is to be drawn. */
import type { PlotMedia } from "../media";
import { column, numberOf, type LoggedTable } from "./table";

export type Point = readonly [x: number, y: number];

export interface Series {
  readonly name: string;
  readonly points: readonly Point[];
}

export interface XYDrawing {
  readonly kind: "xy";
  readonly joined: boolean;
  readonly xTitle: string;
  readonly yTitle: string;
  readonly series: readonly Series[];
}

export interface BarsDrawing {
  readonly kind: "bars";
  readonly bars: readonly { readonly label: string; readonly value: number }[];
}

export interface HistogramDrawing {
  readonly kind: "histogram";
  readonly bins: readonly number[];
  readonly values: readonly number[];
}

export interface MatrixDrawing {
  readonly kind: "matrix";
  readonly labels: readonly string[];
  /** counts[actual][predicted] */
  readonly counts: readonly (readonly number[])[];
}

export type Drawing = XYDrawing | BarsDrawing | HistogramDrawing | MatrixDrawing | { readonly kind: "table" };

const TABLE: Drawing = { kind: "table" };
const MOST_BINS = 40;

/** What to draw of `plot`; the table itself if its kind is not known or a column is missing. */
export function drawingOf(plot: PlotMedia, table: LoggedTable): Drawing {
  if (plot.plot === "confusion_matrix") return matrix(plot, table);
  if (plot.plot === "bar") return bars(plot, table);
  if (plot.plot === "histogram") return histogram(plot, table);
  if (["line", "scatter", "roc", "pr"].includes(plot.plot)) return xy(plot, table);
  return TABLE;
}

function xy(plot: PlotMedia, table: LoggedTable): Drawing {
  const { x, y, stroke } = plot.fields;
  const [xs, ys, names] = [column(table, x), column(table, y), column(table, stroke)];
  if (!xs || !ys) return TABLE;
  const series = new Map<string, Point[]>();
  xs.forEach((cell, i) => {
    const point: Point = [numberOf(cell), numberOf(ys[i])];
    if (!point.every(Number.isFinite)) return;
    const name = names ? text(names[i]) : "";
    const found = series.get(name);
    if (found) found.push(point);
    else series.set(name, [point]);
  });
  const joined = plot.plot !== "scatter";
  if (plot.plot === "line") for (const points of series.values()) points.sort((a, b) => a[0] - b[0]);
  return {
    kind: "xy",
    joined,
    xTitle: plot.options["x_title"] ?? x ?? "",
    yTitle: y ?? "",
    series: [...series].map(([name, points]) => ({ name, points })),
  };
}

function bars(plot: PlotMedia, table: LoggedTable): Drawing {
  const [labels, values] = [column(table, plot.fields["label"]), column(table, plot.fields["value"])];
  if (!labels || !values) return TABLE;
  return { kind: "bars", bars: labels.map((label, i) => ({ label: text(label), value: numberOf(values[i]) })) };
}

function histogram(plot: PlotMedia, table: LoggedTable): Drawing {
  const cells = column(table, plot.fields["value"]);
  if (!cells) return TABLE;
  const values = cells.map(numberOf).filter(Number.isFinite);
  return { kind: "histogram", ...binned(values) };
}

/** Counts of `values` in bins of equal width, as many as the square root of their number, at most 40. */
export function binned(values: readonly number[]): { bins: number[]; values: number[] } {
  if (!values.length) return { bins: [0, 1], values: [0] };
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) [low, high] = [Math.min(low, value), Math.max(high, value)];
  if (low === high) [low, high] = [low - 0.5, high + 0.5];
  const count = Math.max(1, Math.min(MOST_BINS, Math.ceil(Math.sqrt(values.length))));
  const counts = new Array<number>(count).fill(0);
  for (const value of values) {
    const place = Math.min(count - 1, Math.floor(((value - low) / (high - low)) * count));
    counts[place] = (counts[place] ?? 0) + 1;
  }
  return { bins: Array.from({ length: count + 1 }, (_, i) => low + ((high - low) * i) / count), values: counts };
}

function matrix(plot: PlotMedia, table: LoggedTable): Drawing {
  const { Actual, Predicted, nPredictions } = plot.fields;
  const [actual, predicted, counts] = [column(table, Actual), column(table, Predicted), column(table, nPredictions)];
  if (!actual || !predicted || !counts) return TABLE;
  const labels = [...new Set([...actual, ...predicted].map(text))];
  const places = new Map(labels.map((label, i) => [label, i]));
  const found = labels.map(() => new Array<number>(labels.length).fill(0));
  counts.forEach((count, i) => {
    const row = found[places.get(text(actual[i])) ?? 0];
    if (row) row[places.get(text(predicted[i])) ?? 0] = numberOf(count);
  });
  return { kind: "matrix", labels, counts: found };
}

function text(cell: unknown): string {
  return typeof cell === "object" ? JSON.stringify(cell) : String(cell as string | number | boolean);
}

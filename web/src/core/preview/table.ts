import { mediaOf, type FileMedia } from "../media";
import { numberOf, type LoggedTable } from "../plots/table";

/** Media in a cell, and the words by which they are found and sorted. */
export interface Shots {
  readonly shots: readonly FileMedia[];
  readonly text: string;
}

export type Cell = string | Shots;

/** Rows of cells; `truncated` if there are more rows than these, or the last one ended in its middle. */
export interface Table {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
  readonly truncated: boolean;
}

export interface Sort {
  readonly column: number;
  readonly isDown: boolean;
}

/** Rows that are shown at most. */
export const MOST_ROWS = 5000;

const isFile = (media: { kind: string }): media is FileMedia => "path" in media && media.kind !== "plot";

/** A logged value as a cell: media as such, anything else as text. */
export function cellOf(value: unknown): Cell {
  if (value === null || value === undefined) return "";
  if (typeof value !== "object") return String(value as string | number | boolean);
  const shots = mediaOf(value).filter(isFile);
  if (shots.length === 0) return JSON.stringify(value);
  return { shots, text: shots.map(({ caption, path }) => caption || path).join(" ") };
}

export const textOf = (cell: Cell | undefined): string => (typeof cell === "object" ? cell.text : (cell ?? ""));

/** A logged table as it is shown. */
export function shownTable({ columns, data }: LoggedTable): Table {
  const rows = data.slice(0, MOST_ROWS).map((row) => row.map(cellOf));
  return { columns, rows, truncated: data.length > rows.length };
}

/** JSON lines as a table with a column for each key; null if a line is something else than an object. */
export function parseLines(text: string, cut = false): Table | null {
  const lines = text.split(/\r?\n/);
  if (cut) lines.pop();
  const full = lines.filter((line) => line.trim() !== "");
  const objects = full.slice(0, MOST_ROWS).map(objectIn);
  if (objects.length === 0 || !objects.every((one) => one !== null)) return null;
  const columns = [...new Set(objects.flatMap((one) => Object.keys(one)))];
  const rows = objects.map((one) => columns.map((name) => cellOf(one[name])));
  return { columns, rows, truncated: cut || full.length > rows.length };
}

function objectIn(line: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

/** A cell's number; NaN, too, for what is none. The words for what is not finite count as numbers. */
function valueOf(cell: Cell | undefined): number {
  const text = textOf(cell);
  return text.trim() === "" ? NaN : Number.isNaN(Number(text)) ? numberOf(text) : Number(text);
}

const isNumber = (cell: Cell): boolean => textOf(cell) === "NaN" || !Number.isNaN(valueOf(cell));

/** The cells of a column that are all numbers are set to the right. */
export function numericColumns(table: Table): boolean[] {
  return table.columns.map((_, i) => {
    const cells = table.rows.map((row) => row[i] ?? "").filter((cell) => textOf(cell) !== "");
    return cells.length > 0 && cells.every(isNumber);
  });
}

const LONG = 10;
const DIGITS = 7;

/** A number's text with no more digits than are read: a fraction of many is rounded, whole numbers never are. */
export function shortNumber(text: string): string {
  const value = Number(text);
  if (text.length <= LONG || !Number.isFinite(value) || Number.isInteger(value) || /^[+-]?\d+$/.test(text)) return text;
  return String(Number(value.toPrecision(DIGITS)));
}

/** The numbers of the rows that hold `query` in some cell, in the order of `sort`; what is empty or NaN comes last. */
export function arranged(table: Table, numeric: readonly boolean[], sort: Sort | undefined, query: string): number[] {
  const wanted = query.trim().toLowerCase();
  const holds = (row: readonly Cell[]): boolean => row.some((cell) => textOf(cell).toLowerCase().includes(wanted));
  const found = table.rows.flatMap((row, i) => (wanted === "" || holds(row) ? [i] : []));
  if (!sort) return found;
  const { column, isDown } = sort;
  const compare = numeric[column] ? byNumber(table, column) : byText(table, column);
  return found.sort((a, b) => compare(a, b, isDown ? -1 : 1));
}

type Compare = (a: number, b: number, way: 1 | -1) => number;

function byNumber({ rows }: Table, column: number): Compare {
  const values = rows.map((row) => valueOf(row[column]));
  return (a, b, way) => {
    const [x = NaN, y = NaN] = [values[a], values[b]];
    if (Number.isNaN(x) || Number.isNaN(y)) return Number(Number.isNaN(x)) - Number(Number.isNaN(y));
    return x === y ? 0 : way * (x < y ? -1 : 1);
  };
}

const words = new Intl.Collator("en", { numeric: true });

function byText({ rows }: Table, column: number): Compare {
  const texts = rows.map((row) => textOf(row[column]));
  return (a, b, way) => {
    const [x = "", y = ""] = [texts[a], texts[b]];
    return x === "" || y === "" ? Number(x === "") - Number(y === "") : way * words.compare(x, y);
  };
}

/** What a click on a column's head does: upwards, downwards, as it was. */
export function nextSort(sort: Sort | undefined, column: number): Sort | undefined {
  if (sort?.column !== column) return { column, isDown: false };
  return sort.isDown ? undefined : { column, isDown: true };
}

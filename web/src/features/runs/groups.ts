import { formatNumber, formatValue } from "@/core/format";
import { groupBy, groupName } from "@/core/group-by";
import type { Column, Row } from "./columns";

/** Runs that share the values of the fields they are grouped by. */
export interface Group {
  readonly name: string;
  readonly rows: readonly Row[];
}

export type TableLine = { readonly kind: "group"; readonly group: Group; readonly isOpen: boolean } | { readonly kind: "run"; readonly row: Row };

/** Groups in the order of their first run. */
export function groupRows(rows: readonly Row[], by: readonly string[]): Group[] {
  return [...groupBy(rows, ({ run }) => groupName(run, by))].map(([name, held]) => ({ name, rows: held }));
}

/** What stands in the table, line by line: runs, or groups with the runs of those that are open. */
export function linesOf(rows: readonly Row[], by: readonly string[], open: readonly string[]): TableLine[] {
  if (by.length === 0) return rows.map((row) => ({ kind: "run", row }));
  return groupRows(rows, by).flatMap((group): TableLine[] => {
    const isOpen = open.includes(group.name);
    const inside = isOpen ? group.rows.map((row): TableLine => ({ kind: "run", row })) : [];
    return [{ kind: "group", group, isOpen }, ...inside];
  });
}

/** What a column says of a group: mean ± deviation of numbers, the one value all share, or how many there are. */
export function aggregate(rows: readonly Row[], column: Column): { text: string; detail: string; isNumber: boolean } {
  const values = rows.map((row) => (column.part === "run" ? column.text(row) : row[column.part].get(column.title))).filter((value) => value !== undefined && value !== "");
  const numbers = values.filter((value): value is number => typeof value === "number" && Number.isFinite(value));
  if (values.length === 0) return { text: "", detail: "", isNumber: false };
  if (numbers.length === values.length) return ofNumbers(numbers);
  const distinct = new Set(values.map(formatValue));
  const [only = ""] = distinct;
  return { text: distinct.size === 1 ? only : `${String(distinct.size)} values`, detail: [...distinct].slice(0, 20).join(", "), isNumber: false };
}

function ofNumbers(numbers: readonly number[]): { text: string; detail: string; isNumber: boolean } {
  const count = numbers.length;
  const mean = numbers.reduce((sum, value) => sum + value, 0) / count;
  const deviation = count > 1 ? Math.sqrt(numbers.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (count - 1)) : 0;
  const [least, greatest] = [Math.min(...numbers), Math.max(...numbers)];
  const text = deviation === 0 ? formatNumber(mean, 4) : `${formatNumber(mean, 4)} ± ${formatNumber(deviation, 2)}`;
  return { text, detail: `mean of ${String(count)}; ${formatNumber(least)} to ${formatNumber(greatest)}`, isNumber: true };
}

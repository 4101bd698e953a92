import type { RunGroupOut } from "@/api/run-table";
import { formatNumber, formatValue } from "@/core/format";
import { fieldText } from "@/core/run-list";
import type { Column, Row } from "./columns";

/** Runs that share the values of the fields they are grouped by, and what is known of those that were fetched. */
export interface Group {
  readonly name: string;
  readonly count: number;
  readonly aggregates: Readonly<Record<string, number | null>>;
  /** Means these runs, and no others. */
  readonly filter: string;
}

export type TableLine =
  | { readonly kind: "group"; readonly group: Group; readonly isOpen: boolean }
  | { readonly kind: "run"; readonly row: Row }
  | { readonly kind: "rest"; readonly group: Group; readonly shown: number };

/** Two for each column; the server takes 50. */
const MOST_AGGREGATED = 25;

/** The shown columns of which groups have a mean. */
function aggregated(columns: readonly Column[]): readonly Column[] {
  return columns.filter(({ isNumeric }) => isNumeric).slice(0, MOST_AGGREGATED);
}

/** What is asked of every group: mean and deviation of the numbers shown. */
export function aggregatesOf(columns: readonly Column[]): string {
  return aggregated(columns).flatMap(({ field }) => [`mean:${fieldText(field)}`, `std:${fieldText(field)}`]).join(",");
}

/** Groups are sorted by the mean of the column that counts first, if it has one; else by their size. */
export function groupOrder(sort: readonly string[], columns: readonly Column[]): string {
  const [first = ""] = sort;
  const column = aggregated(columns).find(({ field }) => field === first.slice(1));
  return column ? `${first[0] ?? "-"}mean:${fieldText(column.field)}` : "-count";
}

export function namedGroup({ values, count, aggregates, filter }: RunGroupOut, by: readonly string[]): Group {
  const name = by.map((field, i) => `${field.replace(/^(?:config|summary)\./, "")}: ${formatValue(values[i])}`).join(" · ");
  return { name, count, aggregates, filter };
}

/** What stands in the table, line by line: groups, with the runs of those that are open. */
export function groupLines(groups: readonly Group[], runsOf: ReadonlyMap<string, readonly Row[]>): TableLine[] {
  return groups.flatMap((group): TableLine[] => {
    const rows = runsOf.get(group.name);
    const rest: TableLine[] = rows && rows.length > 0 && rows.length < group.count ? [{ kind: "rest", group, shown: rows.length }] : [];
    return [{ kind: "group", group, isOpen: rows !== undefined }, ...(rows ?? []).map((row): TableLine => ({ kind: "run", row })), ...rest];
  });
}

/** What a column says of a group: mean ± deviation. */
export function aggregateText({ aggregates }: Group, { field }: Column): string {
  const [mean, deviation] = ["mean", "std"].map((kind) => aggregates[`${kind}:${fieldText(field)}`] ?? null);
  if (mean === null || mean === undefined) return "";
  return deviation ? `${formatNumber(mean, 4)} ± ${formatNumber(deviation, 2)}` : formatNumber(mean, 4);
}

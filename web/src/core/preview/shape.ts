import { formatNumber } from "../format";

/** `64 × 3 × 7 × 7`; a scalar has no lengths. */
export function formatShape(shape: readonly number[]): string {
  return shape.length ? shape.map((length) => length.toLocaleString("en")).join(" × ") : "scalar";
}

interface ColumnFacts {
  readonly missing?: number | null | undefined;
  readonly min?: number | string | null | undefined;
  readonly max?: number | string | null | undefined;
  readonly mean?: number | string | null | undefined;
  readonly std?: number | string | null | undefined;
  readonly distinct?: number | null | undefined;
  readonly top?: readonly (readonly [string, number])[] | null | undefined;
}

const shown = (value: number | string): string => (typeof value === "number" ? formatNumber(value) : value);

/** A column's statistics in a few words: its range and mean, or its most frequent values. */
export function columnWords(column: ColumnFacts, sampled: number): string {
  const parts: string[] = [];
  if (column.min != null && column.max != null) parts.push(`${shown(column.min)} … ${shown(column.max)}`);
  if (column.mean != null) parts.push(`mean ${shown(column.mean)}${column.std == null ? "" : ` ± ${shown(column.std)}`}`);
  if (column.top?.length) parts.push(column.top.map(([text, count]) => `${text || "∅"} ${share(count, sampled)}`).join(", "));
  if (column.distinct != null) parts.push(`${column.distinct.toLocaleString("en")} different`);
  if (column.missing) parts.push(`${share(column.missing, sampled)} missing`);
  return parts.join(" · ");
}

function share(count: number, of: number): string {
  const percent = of ? (100 * count) / of : 0;
  return percent > 0 && percent < 1 ? "<1 %" : `${percent.toFixed(0)} %`;
}

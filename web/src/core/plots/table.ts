/** A logged table as it stands in its file. */
export interface LoggedTable {
  readonly columns: readonly string[];
  readonly data: readonly (readonly unknown[])[];
}

/** The table in a file's JSON, or null if it is none. */
export function readTable(value: unknown): LoggedTable | null {
  const { columns, data } = (value ?? {}) as { columns?: unknown; data?: unknown };
  if (!Array.isArray(columns) || !Array.isArray(data) || !data.every((row) => Array.isArray(row))) return null;
  return { columns: columns.map(String), data: data as unknown[][] };
}

/** The values of one column; undefined if there is no such column. */
export function column(table: LoggedTable, name: string | undefined): unknown[] | undefined {
  const place = name === undefined ? -1 : table.columns.indexOf(name);
  return place < 0 ? undefined : table.data.map((row) => row[place]);
}

const WORDS: Readonly<Record<string, number>> = { NaN: NaN, Infinity: Infinity, "-Infinity": -Infinity };

/** A cell as a number; NaN if it is none. */
export function numberOf(cell: unknown): number {
  if (typeof cell === "number") return cell;
  return typeof cell === "string" ? (WORDS[cell] ?? NaN) : NaN;
}

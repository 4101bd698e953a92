import type { Column, Row } from "./columns";

function raw(row: Row, column: Column): string {
  if (column.part === "run") return column.text(row);
  const value = row[column.part].get(column.title);
  return value === undefined || value === null ? "" : typeof value === "object" ? JSON.stringify(value) : String(value as string | number | boolean);
}

function quoted(text: string): string {
  // A spreadsheet would run what begins like a formula; numbers may begin with a minus.
  const safe = /^[=+\-@\t\r]/.test(text) && Number.isNaN(Number(text)) ? `'${text}` : text;
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** The rows with all digits, under the names that the filter language knows. */
export function csvOf(rows: readonly Row[], columns: readonly Column[]): string {
  const head = ["id", "name", ...columns.map(({ field }) => field)];
  const lines = rows.map((row) => [row.run.id, row.run.name, ...columns.map((column) => raw(row, column))]);
  return [head, ...lines].map((line) => line.map(quoted).join(",")).join("\n") + "\n";
}

/** The rows as they are shown, as a table for a text. */
export function markdownOf(rows: readonly Row[], columns: readonly Column[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map((cell) => cell.replaceAll("|", "\\|").replaceAll("\n", " ")).join(" | ")} |`;
  return [
    line(["name", ...columns.map(({ title }) => title)]),
    line(["---", ...columns.map(({ isNumeric }) => (isNumeric ? "---:" : "---"))]),
    ...rows.map((row) => line([row.run.name, ...columns.map((column) => column.text(row))])),
  ].join("\n");
}

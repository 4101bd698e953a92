import type { Run } from "@/api/runs";
import { flatten } from "@/core/flatten";
import { formatDuration, formatTime, formatValue } from "@/core/format";
import { isMedia } from "@/core/media";
import { isLive } from "@/core/run-state";

export interface Column {
  /** `state`, `config.lr`, `summary.loss`: what it is called in the address and in the filter language. */
  readonly field: string;
  readonly title: string;
  readonly part: "run" | "config" | "summary";
  readonly width: number;
  readonly canSort: boolean;
  readonly text: (row: Row) => string;
  readonly isNumber: (row: Row) => boolean;
  /** Are its first values numbers? Then its head stands at the right, like they do. */
  readonly isNumeric: boolean;
}

/** A run with its config and summary flattened once. */
export interface Row {
  readonly run: Run;
  readonly config: ReadonlyMap<string, unknown>;
  readonly summary: ReadonlyMap<string, unknown>;
}

export function rowOf(run: Run): Row {
  return { run, config: new Map(flatten(run.config)), summary: new Map(flatten(run.summary, (value) => isMedia(value))) };
}

function fixed(title: string, field: string, width: number, text: (run: Run) => string, canSort = true): Column {
  return { title, field, width, part: "run", canSort, text: ({ run }) => text(run), isNumber: () => false, isNumeric: false };
}

/** How long a run took, or has taken up to its last sign of life; seconds. */
export function durationOf(run: Run): number {
  return (run.finished_at ?? (isLive(run.state) ? run.heartbeat_at : run.updated_at)) - run.created_at;
}

const FIXED: readonly Column[] = [
  fixed("State", "state", 96, (run) => run.state),
  fixed("Tags", "tags", 150, (run) => run.tags.join(", "), false),
  fixed("Job type", "job_type", 110, (run) => run.job_type ?? ""),
  fixed("Group", "group", 120, (run) => run.group ?? ""),
  fixed("User", "user", 100, (run) => run.user ?? ""),
  fixed("Created", "created_at", 140, (run) => formatTime(run.created_at)),
  fixed("Duration", "duration", 92, (run) => formatDuration(durationOf(run))),
  fixed("Updated", "updated_at", 140, (run) => formatTime(run.updated_at)),
  fixed("Notes", "notes", 200, (run) => run.notes ?? "", false),
  fixed("Id", "id", 100, (run) => run.id, false),
];

/** Facts that are shown if nobody chose: those of use, and of these only what some run has. */
const USUAL = new Set(["state", "created_at", "duration"]);
const IF_THERE = new Set(["tags", "job_type", "group"]);

function valueColumn(rows: readonly Row[], part: "config" | "summary", key: string): Column {
  const read = (row: Row): unknown => row[part].get(key);
  return {
    title: key,
    field: `${part}.${key}`,
    part,
    canSort: true,
    width: Math.min(190, Math.max(96, key.length * 7 + 34)),
    text: (row) => (row[part].has(key) ? formatValue(read(row)) : ""),
    isNumber: (row) => typeof read(row) === "number",
    isNumeric: typeof rows.map(read).find((value) => value !== undefined) === "number",
  };
}

const byName = new Intl.Collator("en", { numeric: true }).compare;

function keysOf(rows: readonly Row[], part: "config" | "summary"): string[] {
  const keys = new Set<string>();
  for (const row of rows) for (const key of row[part].keys()) keys.add(key);
  return [...keys].sort(byName);
}

function differs(rows: readonly Row[], key: string): boolean {
  const first = JSON.stringify(rows[0]?.config.get(key));
  return rows.some((row) => JSON.stringify(row.config.get(key)) !== first);
}

function isPlain(value: unknown): boolean {
  return value !== undefined && (typeof value !== "object" || value === null);
}

/** Every column there is: facts, then config, then summary. */
export function allColumns(rows: readonly Row[]): Column[] {
  return [
    ...FIXED,
    ...keysOf(rows, "config").map((key) => valueColumn(rows, "config", key)),
    ...keysOf(rows, "summary").map((key) => valueColumn(rows, "summary", key)),
  ];
}

/** Facts, the config in which the runs differ (all of it if asked, or if there is but one run), the plain summary. */
export function usualColumns(every: readonly Column[], rows: readonly Row[], all: boolean): Column[] {
  return every.filter(({ field, part, title, text }) => {
    if (part === "run") return USUAL.has(field) || (IF_THERE.has(field) && rows.some((row) => text(row) !== ""));
    if (part === "config") return all || rows.length < 2 || differs(rows, title);
    return rows.some((row) => isPlain(row.summary.get(title)));
  });
}

/** The columns to show: those that were chosen, in their order, or the usual ones. */
export function shownColumns(every: readonly Column[], rows: readonly Row[], { cols, all }: { cols: readonly string[]; all: boolean }): Column[] {
  if (cols.length === 0) return usualColumns(every, rows, all);
  const byField = new Map(every.map((column) => [column.field, column]));
  return cols.flatMap((field) => byField.get(field) ?? lateColumn(rows, field));
}

/** A chosen column that no loaded run has: its runs may come later. */
function lateColumn(rows: readonly Row[], field: string): Column[] {
  const [part = "", ...key] = field.split(".");
  return part === "config" || part === "summary" ? [valueColumn(rows, part, key.join("."))] : [];
}

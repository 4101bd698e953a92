import type { Run } from "@/api/runs";
import { formatDuration, formatTime, formatValue } from "@/core/format";
import { flatten } from "@/core/flatten";
import { isMedia } from "@/core/media";
import { isLive } from "@/core/run-state";

export interface Column {
  /** What the server sorts by; null if it cannot. */
  readonly sort: string | null;
  readonly title: string;
  readonly group: "run" | "config" | "summary";
  readonly width: number;
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

function fixed(title: string, sort: string | null, width: number, text: (run: Run) => string): Column {
  return { title, sort, width, group: "run", text: ({ run }) => text(run), isNumber: () => false, isNumeric: false };
}

function duration(run: Run): string {
  return formatDuration((run.finished_at ?? (isLive(run.state) ? run.heartbeat_at : run.updated_at)) - run.created_at);
}

const FIXED: readonly Column[] = [
  fixed("State", "state", 92, (run) => run.state),
  fixed("Job type", null, 110, (run) => run.job_type ?? ""),
  fixed("Created", "created_at", 146, (run) => formatTime(run.created_at)),
  fixed("Duration", null, 88, duration),
];

function valueColumn(rows: readonly Row[], group: "config" | "summary", key: string): Column {
  const read = (row: Row): unknown => row[group].get(key);
  return {
    title: key,
    sort: `${group}.${key}`,
    group,
    width: Math.min(190, Math.max(96, key.length * 7 + 30)),
    text: (row) => (row[group].has(key) ? formatValue(read(row)) : ""),
    isNumber: (row) => typeof read(row) === "number",
    isNumeric: typeof rows.map(read).find((value) => value !== undefined) === "number",
  };
}

const byName = new Intl.Collator("en", { numeric: true }).compare;

function keysOf(rows: readonly Row[], group: "config" | "summary"): string[] {
  return [...new Set(rows.flatMap((row) => [...row[group].keys()]))].sort(byName);
}

function differs(rows: readonly Row[], key: string): boolean {
  const first = JSON.stringify(rows[0]?.config.get(key));
  return rows.some((row) => JSON.stringify(row.config.get(key)) !== first);
}

/** Facts, then the config in which the runs differ (all of it if asked, or if there is but one run), then the summary. */
export function columnsOf(rows: readonly Row[], all: boolean): Column[] {
  const config = keysOf(rows, "config").filter((key) => all || rows.length < 2 || differs(rows, key));
  const summary = keysOf(rows, "summary").filter((key) => rows.some((row) => isPlain(row.summary.get(key))));
  return [...FIXED, ...config.map((key) => valueColumn(rows, "config", key)), ...summary.map((key) => valueColumn(rows, "summary", key))];
}

function isPlain(value: unknown): boolean {
  return value !== undefined && (typeof value !== "object" || value === null);
}

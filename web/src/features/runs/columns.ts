import type { RunColumn } from "@/api/run-table";
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
  /** Are its values numbers? Then its head stands at the right, like they do, and groups show their mean. */
  readonly isNumeric: boolean;
  /** Do the runs differ in it? */
  readonly differs: boolean;
  /** Does any run have it, and is it more than lists (as of logged pictures)? */
  readonly isThere: boolean;
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

/** How long a run took, or has taken up to its last sign of life; seconds. */
export function durationOf(run: Run): number {
  return (run.finished_at ?? (isLive(run.state) ? run.heartbeat_at : run.updated_at)) - run.created_at;
}

/** Title, field, width, text; those the server cannot sort by are listed in UNSORTED. */
const FIXED: readonly (readonly [string, string, number, (run: Run) => string])[] = [
  ["State", "state", 96, (run) => run.state],
  ["Tags", "tags", 150, (run) => run.tags.join(", ")],
  ["Job type", "job_type", 110, (run) => run.job_type ?? ""],
  ["Group", "group", 120, (run) => run.group ?? ""],
  ["User", "user", 100, (run) => run.user ?? ""],
  ["Created", "created_at", 140, (run) => formatTime(run.created_at)],
  ["Duration", "duration", 92, (run) => formatDuration(durationOf(run))],
  ["Updated", "updated_at", 140, (run) => formatTime(run.updated_at)],
  ["Notes", "notes", 200, (run) => run.notes ?? ""],
  ["Number", "number", 80, (run) => String(run.number)],
  ["Id", "id", 100, (run) => run.id],
];
const UNSORTED = new Set(["tags", "notes"]);

/** Facts that are shown if nobody chose: those of use, and of these only what some run has. */
const USUAL = new Set(["state", "created_at", "duration"]);
const IF_THERE = new Set(["tags", "job_type", "group"]);

function fixedColumns(known: ReadonlyMap<string, RunColumn>): Column[] {
  return FIXED.map(([title, field, width, text]) => ({
    title, field, width, part: "run", canSort: !UNSORTED.has(field), text: ({ run }) => text(run), isNumber: () => false, isNumeric: false,
    differs: known.get(field)?.differs ?? false, isThere: (known.get(field)?.count ?? 0) > 0,
  }));
}

function valueColumn(part: "config" | "summary", key: string, known?: RunColumn): Column {
  const read = (row: Row): unknown => row[part].get(key);
  const kinds = known?.kinds ?? {};
  return {
    title: key,
    field: `${part}.${key}`,
    part,
    canSort: true,
    width: Math.min(190, Math.max(96, key.length * 7 + 34)),
    text: (row) => (row[part].has(key) ? formatValue(read(row)) : ""),
    isNumber: (row) => typeof read(row) === "number",
    isNumeric: (kinds["number"] ?? 0) > (kinds["text"] ?? 0),
    differs: known?.differs ?? true,
    isThere: Object.keys(kinds).length === 0 || Object.entries(kinds).some(([kind, count]) => kind !== "list" && count > 0),
  };
}

/** `lr` of `config.lr`, `my key` of `config."my key"`. */
function keyOf({ name, part }: RunColumn): string {
  const key = name.startsWith(`${part}.`) ? name.slice(part.length + 1) : name;
  return key.startsWith('"') && key.endsWith('"') ? key.slice(1, -1).replaceAll(/\\(.)/g, "$1") : key;
}

const byName = new Intl.Collator("en", { numeric: true }).compare;

/** The parts of a logged picture or table are no columns: beside them stands what they are, as `_type`. */
function isOfMedia(name: string, mediaNames: ReadonlySet<string>): boolean {
  return [...name.matchAll(/\./g)].some(({ index }) => mediaNames.has(name.slice(0, index)));
}

/** Every column there is: facts, then config, then summary, each by name. */
export function allColumns(known: readonly RunColumn[]): Column[] {
  const fixed = fixedColumns(new Map(known.filter(({ part }) => part === "run").map((one) => [one.name, one])));
  const keyed = known.map((column) => ({ column, key: keyOf(column) }));
  const media = new Set(keyed.flatMap(({ column, key }) => (column.part === "summary" && key.endsWith("._type") ? [key.slice(0, -"._type".length)] : [])));
  const ofPart = (part: "config" | "summary"): Column[] =>
    keyed.filter(({ column, key }) => column.part === part && !isOfMedia(key, media)).sort((a, b) => byName(a.key, b.key)).map(({ column, key }) => valueColumn(part, key, column));
  return [...fixed, ...ofPart("config"), ...ofPart("summary")];
}

/** Facts, the config in which the runs differ (all of it if asked), the summary. */
export function usualColumns(every: readonly Column[], all: boolean): Column[] {
  const config = every.filter(({ part }) => part === "config");
  const isAlike = !config.some(({ differs }) => differs);
  return every.filter(({ field, part, differs, isThere }) => {
    if (part === "run") return USUAL.has(field) || (IF_THERE.has(field) && isThere);
    return part === "summary" ? isThere : all || isAlike || differs;
  });
}

/** The columns to show: those that were chosen, in their order, or the usual ones. */
export function shownColumns(every: readonly Column[], { cols, all }: { cols: readonly string[]; all: boolean }): Column[] {
  if (cols.length === 0) return usualColumns(every, all);
  const byField = new Map(every.map((column) => [column.field, column]));
  return cols.flatMap((field) => byField.get(field) ?? lateColumn(field));
}

/** A chosen column that no run has yet: its runs may come later. */
function lateColumn(field: string): Column[] {
  const [part = "", ...key] = field.split(".");
  return (part === "config" || part === "summary") && key.length > 0 ? [valueColumn(part, key.join("."))] : [];
}

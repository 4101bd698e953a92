import { readFlag, readOneOf, readText, type Search } from "@/core/search";

export interface RunsSearch {
  q: string | undefined;
  state: string | undefined;
  /** `-created_at`, `+config.lr`, …: what the server sorts by. */
  sort: string;
  /** Show config columns in which the runs do not differ, too. */
  all: boolean;
}

export const RUNS_DEFAULTS: RunsSearch = { q: undefined, state: undefined, sort: "-created_at", all: false };

const SORT = /^[+-]((name|state|created_at|updated_at)$|(config|summary)\..+)/;
const STATES = ["", "running", "finished", "failed", "crashed", "killed"] as const;

export function readRunsSearch(search: Search): RunsSearch {
  const sort = readText(search["sort"])?.replace(/^ /, "+") ?? "";
  return {
    q: readText(search["q"]),
    state: readOneOf(search["state"], STATES, "") || undefined,
    sort: SORT.test(sort) ? sort : RUNS_DEFAULTS.sort,
    all: readFlag(search["all"]),
  };
}

/** A click on a column's head: down, then up. */
export function nextSort(current: string, column: string): string {
  return current === `-${column}` ? `+${column}` : `-${column}`;
}

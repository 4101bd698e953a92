import { readRunList, RUN_LIST_DEFAULTS, type RunList } from "@/core/run-list";
import { readFlag, readList, type Search } from "@/core/search";

/** Everything that is visible in the table, as its address has it. */
export interface RunsSearch extends RunList {
  /** The columns in their order; empty means those that tell the runs apart. */
  cols: string[];
  /** Show config columns in which the runs do not differ, too. */
  all: boolean;
  /** Groups that are open, by their names. */
  open: string[];
}

export const RUNS_DEFAULTS: RunsSearch = { ...RUN_LIST_DEFAULTS, cols: [], all: false, open: [] };

export function readRunsSearch(search: Search): RunsSearch {
  return { ...readRunList(search), cols: readList(search["cols"]), all: readFlag(search["all"]), open: readList(search["open"]) };
}

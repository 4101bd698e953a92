import { CHART_DEFAULTS, readChartView, type ChartView } from "@/core/chart-view";
import { readList, readNumber, readText, type Search } from "@/core/search";

/** Everything that is visible in the workspace, as its address has it. */
export interface WorkspaceSearch extends ChartView {
  /** Text that the names of the listed runs hold, or a filter. */
  q: string | undefined;
  state: string | undefined;
  /** How many runs are drawn at most. */
  max: number;
  /** Runs that are listed but not drawn. */
  hide: string[];
  /** If any: draw these runs, and no others. */
  only: string[];
}

export const DRAW_LIMITS = [10, 20, 50, 100] as const;

export const WORKSPACE_DEFAULTS: WorkspaceSearch = {
  ...CHART_DEFAULTS, q: undefined, state: undefined, max: 20, hide: [], only: [],
};

export function readWorkspaceSearch(search: Search): WorkspaceSearch {
  return {
    ...readChartView(search),
    q: readText(search["q"]),
    state: readText(search["state"]),
    max: readNumber(search["max"], 20, 1, 1000),
    hide: readList(search["hide"]),
    only: readList(search["only"]),
  };
}

/** The listed runs that are drawn: not hidden, the first `max` of them. */
export function drawnRuns<R extends { id: string }>(runs: readonly R[], { hide, only, max }: WorkspaceSearch): R[] {
  const hidden = new Set(hide);
  const chosen = new Set(only);
  return runs.filter(({ id }) => (chosen.size > 0 ? chosen.has(id) : !hidden.has(id))).slice(0, max);
}

/** The change to the address that shows or hides a run. */
export function toggled({ hide, only }: WorkspaceSearch, run: string): Partial<WorkspaceSearch> {
  const flip = (list: readonly string[]): string[] => (list.includes(run) ? list.filter((id) => id !== run) : [...list, run]);
  return only.length > 0 ? { only: flip(only) } : { hide: flip(hide) };
}

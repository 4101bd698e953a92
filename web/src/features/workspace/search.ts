import { BANDS, CHART_DEFAULTS, readChartView, type Band, type ChartView } from "@/core/chart-view";
import { readRunList, RUN_LIST_DEFAULTS, type RunList } from "@/core/run-list";
import { readNumber, readOneOf, type Search } from "@/core/search";

/** Everything that is visible in the workspace, as its address has it. */
export interface WorkspaceSearch extends ChartView, RunList {
  /** How many runs (or groups) are drawn at most. */
  max: number;
  /** What surrounds the mean of a group. */
  band: Band;
}

export const DRAW_LIMITS = [10, 20, 50, 100, 500] as const;

export const WORKSPACE_DEFAULTS: WorkspaceSearch = { ...CHART_DEFAULTS, ...RUN_LIST_DEFAULTS, max: 20, band: "std" };

export function readWorkspaceSearch(search: Search): WorkspaceSearch {
  return {
    ...readChartView(search),
    ...readRunList(search),
    max: readNumber(search["max"], 20, 1, 1000),
    band: readOneOf(search["band"], BANDS, "std"),
  };
}

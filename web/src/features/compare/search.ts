import { CHART_DEFAULTS, readChartView, type ChartView } from "@/core/chart-view";
import { readFlag, readList, readText, type Search } from "@/core/search";

/** What is compared, as the address has it. */
export interface CompareSearch extends ChartView {
  runs: string[];
  /** The run that differences are told from; the first if none. */
  base: string | undefined;
  /** Rows in which the runs agree, too. */
  all: boolean;
  /** Filter of rows. */
  find: string | undefined;
}

export const COMPARE_DEFAULTS: CompareSearch = { ...CHART_DEFAULTS, runs: [], base: undefined, all: false, find: undefined };

export function readCompareSearch(search: Search): CompareSearch {
  return { ...readChartView(search), runs: readList(search["runs"]), base: readText(search["base"]), all: readFlag(search["all"]), find: readText(search["find"]) };
}

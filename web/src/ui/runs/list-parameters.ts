import type { RunQuery } from "@/api/runs";
import type { RunChoice } from "@/api/run-table";
import { fieldText, filterOf, isFilter, type RunList } from "@/core/run-list";

/** Which runs the server is asked for, out of what the address says. */
export function choiceOf(list: RunList): RunChoice {
  const words = list.q?.trim() ?? "";
  const filter = filterOf(list);
  return {
    ...(words !== "" && !isFilter(words) ? { q: words } : {}),
    ...(filter === "" ? {} : { filter }),
    ...(list.archived ? { archived: "only" as const } : {}),
  };
}

/** Which runs, in which order. */
export function listParameters(list: RunList): RunQuery {
  return { ...choiceOf(list), sort: list.sort.map((one) => (one[0] ?? "") + fieldText(one.slice(1))).join(",") };
}

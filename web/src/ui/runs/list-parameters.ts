import type { RunQuery } from "@/api/runs";
import { isFilter, type RunList } from "@/core/run-list";

/** What the server is asked for, out of what the address says. */
export function listParameters({ q, state, sort, archived }: RunList): RunQuery {
  const text = q?.trim() ?? "";
  return {
    sort: sort.join(","),
    ...(text === "" ? {} : isFilter(text) ? { filter: text } : { q: text }),
    ...(state.length > 0 ? { state: state.join(",") } : {}),
    ...(archived ? { archived: true } : {}),
  };
}

import type { Run } from "@/api/runs";
import { groupBy, groupName } from "@/core/group-by";
import type { RunGroup } from "@/ui/panels/use-lines";

/** Runs that share the values of the fields, in the order of their first run; drawn in the stroke of the oldest. */
export function groupRuns(runs: readonly Run[], by: readonly string[]): RunGroup[] {
  const members = groupBy(runs, (run) => groupName(run, by));
  return [...members].map(([name, held]) => ({
    name,
    index: Math.min(...held.map((run) => run.color_index)),
    runs: held.map((run) => run.id),
  }));
}

/** Strokes of groups follow their place, so that few groups never look alike. */
export function styled(groups: readonly RunGroup[]): RunGroup[] {
  return groups.map((group, index) => ({ ...group, index }));
}

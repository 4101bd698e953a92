/** Changes to many runs at once. */
import type { ProjectRef } from "@/core/project";
import { changeRun, deleteRun, getRun } from "./runs";

export async function tagRuns(project: ProjectRef, runs: readonly string[], add: readonly string[], remove: readonly string[]): Promise<void> {
  for (const run of runs) {
    const { tags } = await getRun({ ...project, run });
    await changeRun({ ...project, run }, { tags: [...new Set([...tags.filter((tag) => !remove.includes(tag)), ...add])] });
  }
}

export async function archiveRuns(project: ProjectRef, runs: readonly string[]): Promise<void> { void project; void runs; }
export async function restoreRuns(project: ProjectRef, runs: readonly string[]): Promise<void> { void project; void runs; }

export async function whatDeletingFrees(project: ProjectRef, runs: readonly string[]): Promise<number | undefined> { void project; void runs; return undefined; }

export async function deleteRuns(project: ProjectRef, runs: readonly string[]): Promise<number> {
  let freed = 0;
  for (const run of runs) freed += (await deleteRun({ ...project, run })).freed;
  return freed;
}

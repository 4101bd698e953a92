/** Changes to many runs at once. */
import type { ProjectRef } from "@/core/project";
import { api, body, type Schemas } from "./client";

export type RunsChanged = Schemas["RunsChanged"];
type Action = Schemas["RunsIn"]["action"];

/** These runs, or all that a filter means. */
export type Choice = { readonly runs: readonly string[] } | { readonly filter: string };

function change(path: ProjectRef, choice: Choice, action: Action, more: Partial<Schemas["RunsIn"]> = {}): Promise<RunsChanged> {
  const chosen = "runs" in choice ? { runs: [...choice.runs] } : { filter: choice.filter };
  const asked = { action, artifacts: false, dry_run: false, ...chosen, ...more };
  return body(api.POST("/api/v1/projects/{entity}/{project}/run-changes", { params: { path }, body: asked }));
}

export function tagRuns(project: ProjectRef, choice: Choice, add: readonly string[], remove: readonly string[]): Promise<RunsChanged> {
  return change(project, choice, "edit", { edit: { add_tags: [...add], remove_tags: [...remove] } });
}

export function archiveRuns(project: ProjectRef, choice: Choice): Promise<RunsChanged> {
  return change(project, choice, "archive");
}

export function restoreRuns(project: ProjectRef, choice: Choice): Promise<RunsChanged> {
  return change(project, choice, "restore");
}

export function stopRuns(project: ProjectRef, choice: Choice): Promise<RunsChanged> {
  return change(project, choice, "stop");
}

/** With `artifacts` the versions they made go, too; `dry` only says what would happen. */
export function deleteRuns(project: ProjectRef, choice: Choice, artifacts: boolean, dry: boolean): Promise<RunsChanged> {
  return change(project, choice, "delete", { artifacts, dry_run: dry });
}

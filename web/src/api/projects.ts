import type { ProjectRef } from "@/core/project";
import { api, body, type Schemas } from "./client";

export type Project = Schemas["ProjectOut"];
export type Changes = Schemas["ChangesOut"];

const ROOT = "/api/v1/projects/{entity}/{project}";

export function listProjects(query: { entity?: string; q?: string }): Promise<Project[]> {
  return body(api.GET("/api/v1/projects", { params: { query } }));
}

export function getProject(path: ProjectRef): Promise<Project> {
  return body(api.GET(ROOT, { params: { path } }));
}

/** Deletes a project with all its runs and artifacts. */
export function deleteProject(path: ProjectRef): Promise<Schemas["Deleted"]> {
  return body(api.DELETE(ROOT, { params: { path } }));
}

/** Who is signed in. */
export function getViewer(): Promise<Schemas["Viewer"]> {
  return body(api.GET("/api/v1/viewer"));
}

export function getChanges(path: ProjectRef, since: number): Promise<Changes> {
  return body(api.GET(`${ROOT}/changes`, { params: { path, query: { since } } }));
}

export function getHealth(): Promise<Schemas["Health"]> {
  return body(api.GET("/api/v1/health"));
}

/** Address of the stream of points that these runs log; without a cursor, from now on. */
export function liveUrl({ entity, project }: ProjectRef, runs: readonly string[], since: number | undefined): string {
  const query = new URLSearchParams({ runs: runs.join(","), ...(since === undefined ? {} : { since: String(since) }) });
  return `/api/v1/projects/${encodeURIComponent(entity)}/${encodeURIComponent(project)}/live?${query.toString()}`;
}

/** Address of the stream of changes after the cursor `since`. */
export function eventsUrl({ entity, project }: ProjectRef, since: number): string {
  return `/api/v1/projects/${encodeURIComponent(entity)}/${encodeURIComponent(project)}/events?since=${String(since)}`;
}

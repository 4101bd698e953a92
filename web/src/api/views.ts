import { queryOptions } from "@tanstack/react-query";
import type { ProjectRef } from "@/core/project";
import { api, body, type Schemas } from "./client";

export type View = Schemas["ViewOut"];
export type ViewPage = View["page"];

const VIEWS = "/api/v1/projects/{entity}/{project}/views";

export function viewsQuery(project: ProjectRef) {
  return queryOptions({
    queryKey: ["views", project.entity, project.project],
    queryFn: () => body(api.GET(VIEWS, { params: { path: project } })),
    staleTime: 60_000,
  });
}

export function saveView(path: ProjectRef, view: Schemas["ViewIn"]): Promise<View> {
  return body(api.PUT(VIEWS, { params: { path }, body: view }));
}

export async function deleteView(path: ProjectRef, view: number): Promise<void> {
  await api.DELETE(`${VIEWS}/{view}`, { params: { path: { ...path, view } } });
}

import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { getCollection, getDifference, getEdits, getLinks, getProjectUsage, getProtectedAliases, getQuota, getReach, getSignatures, getTrash, getVersion, getVersionFiles, getVersionRuns, getVersionUsage, listCollections } from "@/api/artifacts";
import { getGraph, listRunsOfJob, type GraphQuery } from "@/api/graph";
import { getViewer } from "@/api/projects";
import { getRun, getRunArtifacts } from "@/api/runs";
import type { ProjectRef } from "@/core/project";

/** Every key begins with what, entity and project, so that a change in a project refreshes what is on screen. */
const key = (what: string, { entity, project }: ProjectRef, ...rest: unknown[]): unknown[] => [what, entity, project, ...rest];

export function graphQuery(project: ProjectRef, query: GraphQuery) {
  return queryOptions({
    queryKey: key("graph", project, query),
    queryFn: () => getGraph(project, query),
    placeholderData: keepPreviousData,
  });
}

export function runQuery(project: ProjectRef, run: string) {
  return queryOptions({ queryKey: key("run", project, run), queryFn: () => getRun({ ...project, run }) });
}

export function runArtifactsQuery(project: ProjectRef, run: string) {
  return queryOptions({
    queryKey: key("run-artifacts", project, run),
    queryFn: () => getRunArtifacts({ ...project, run }),
  });
}

export function versionQuery(project: ProjectRef, name: string, pointer: string) {
  return queryOptions({
    queryKey: key("version", project, name, pointer),
    queryFn: () => getVersion({ ...project, name, pointer }),
  });
}

export function versionRunsQuery(project: ProjectRef, name: string, pointer: string) {
  return queryOptions({
    queryKey: key("version-runs", project, name, pointer),
    queryFn: () => getVersionRuns({ ...project, name, pointer }),
  });
}

export function collectionQuery(project: ProjectRef, name: string) {
  return queryOptions({ queryKey: key("collection", project, name), queryFn: () => getCollection({ ...project, name }) });
}

export function collectionsQuery(project: ProjectRef, type: string) {
  return queryOptions({ queryKey: key("collections", project, type), queryFn: () => listCollections(project, { type }) });
}

const LISTED_RUNS = 200;

export function jobRunsQuery(project: ProjectRef, jobType: string) {
  return queryOptions({
    queryKey: key("runs", project, "job", jobType),
    queryFn: () => listRunsOfJob(project, jobType, LISTED_RUNS),
  });
}

/** Every collection of a project; a project has at most some hundreds. */
export function allCollectionsQuery(project: ProjectRef) {
  return queryOptions({
    queryKey: key("collections", project),
    queryFn: () => listCollections(project, {}),
    placeholderData: keepPreviousData,
  });
}

export function versionFilesQuery(project: ProjectRef, name: string, pointer: string) {
  return infiniteQueryOptions({
    queryKey: key("version-files", project, name, pointer),
    queryFn: ({ pageParam }) => getVersionFiles({ ...project, name, pointer }, pageParam ? { cursor: pageParam } : {}),
    initialPageParam: "",
    getNextPageParam: (last) => last.next,
    staleTime: 10 * 60_000,
  });
}

export function differenceQuery(project: ProjectRef, name: string, pointer: string, other: string) {
  return queryOptions({
    queryKey: key("version", project, name, pointer, "difference", other),
    queryFn: () => getDifference({ ...project, name, pointer }, other),
    staleTime: 5 * 60_000,
  });
}

export function reachQuery(project: ProjectRef, name: string, pointer: string, way: "upstream" | "downstream") {
  return queryOptions({ queryKey: key("graph", project, name, pointer, way), queryFn: () => getReach({ ...project, name, pointer }, way) });
}

export function editsQuery(project: ProjectRef, name: string, pointer: string) {
  return queryOptions({ queryKey: key("version", project, name, pointer, "edits"), queryFn: () => getEdits({ ...project, name, pointer }) });
}

export function linksQuery(project: ProjectRef, name: string, pointer: string) {
  return queryOptions({ queryKey: key("version", project, name, pointer, "links"), queryFn: () => getLinks({ ...project, name, pointer }) });
}

export function trashQuery(project: ProjectRef) {
  return queryOptions({ queryKey: key("collections", project, "trash"), queryFn: () => getTrash(project) });
}

export function versionUsageQuery(project: ProjectRef, name: string, pointer: string) {
  return queryOptions({ queryKey: key("version", project, name, pointer, "usage"), queryFn: () => getVersionUsage({ ...project, name, pointer }) });
}

export function projectUsageQuery(project: ProjectRef) {
  return queryOptions({ queryKey: key("collections", project, "usage"), queryFn: () => getProjectUsage(project) });
}

export function quotaQuery(project: ProjectRef) {
  return queryOptions({ queryKey: key("collections", project, "quota"), queryFn: () => getQuota(project) });
}

export function protectedAliasesQuery(project: ProjectRef) {
  return queryOptions({ queryKey: key("collections", project, "protected-aliases"), queryFn: () => getProtectedAliases(project) });
}

export function signaturesQuery(project: ProjectRef, name: string, pointer: string) {
  return queryOptions({ queryKey: key("version", project, name, pointer, "signatures"), queryFn: () => getSignatures({ ...project, name, pointer }) });
}

export function viewerQuery() {
  return queryOptions({ queryKey: ["viewer"], queryFn: getViewer, staleTime: 5 * 60_000 });
}

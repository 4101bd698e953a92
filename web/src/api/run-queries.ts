import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import type { ProjectRef } from "@/core/project";
import { getHealth, getProject, listProjects } from "./projects";
import { getConsole, getKeys, getRunAlerts, getRunTrash, getRunFiles, getSharedKeys, getValues, listRuns, type RunQuery } from "./runs";
import { loadBands, loadSeries, type Grouping, type Window } from "./series";

/** Keys begin with what, entity, project and (where there is one) the run, so that live changes find what to refresh. */
const PAGE = 200;
const CONSOLE_PAGE = 2000;

export function healthQuery() {
  return queryOptions({ queryKey: ["health"], queryFn: getHealth, staleTime: Infinity });
}

export function projectsQuery(entity: string | undefined) {
  return queryOptions({
    queryKey: ["projects", entity ?? ""],
    queryFn: () => listProjects(entity === undefined ? {} : { entity }),
    placeholderData: keepPreviousData,
  });
}

export function projectQuery(project: ProjectRef) {
  return queryOptions({ queryKey: ["project", project.entity, project.project], queryFn: () => getProject(project) });
}

/** The runs of a project a page at a time, in the server's order. */
export function runsQuery(project: ProjectRef, query: RunQuery) {
  return infiniteQueryOptions({
    queryKey: ["runs", project.entity, project.project, query],
    queryFn: ({ pageParam }) => listRuns(project, { ...query, limit: PAGE, ...(pageParam ? { cursor: pageParam } : {}) }),
    initialPageParam: "",
    getNextPageParam: (last) => last.next,
    placeholderData: keepPreviousData,
  });
}

/** The first runs that a filter means, with some columns only. */
export function someRunsQuery(project: ProjectRef, query: RunQuery) {
  return queryOptions({
    queryKey: ["runs", project.entity, project.project, "some", query],
    queryFn: () => listRuns(project, { limit: PAGE, ...query }),
    placeholderData: keepPreviousData,
  });
}

/** Deleted runs that can still be restored. */
export function runTrashQuery(project: ProjectRef) {
  return queryOptions({ queryKey: ["runs", project.entity, project.project, "trash"], queryFn: () => getRunTrash(project) });
}

export function alertsQuery(project: ProjectRef, run: string) {
  return queryOptions({ queryKey: ["alerts", project.entity, project.project, run], queryFn: () => getRunAlerts({ ...project, run }) });
}

export function keysQuery(project: ProjectRef, run: string) {
  return queryOptions({
    queryKey: ["keys", project.entity, project.project, run],
    queryFn: () => getKeys({ ...project, run }),
    staleTime: Infinity,
  });
}

/** The keys that these runs have logged, put together. */
export function sharedKeysQuery(project: ProjectRef, runs: readonly string[]) {
  return queryOptions({
    queryKey: ["keys", project.entity, project.project, runs],
    queryFn: () => (runs.length === 0 ? Promise.resolve([]) : getSharedKeys(project, runs)),
    placeholderData: keepPreviousData,
    staleTime: Infinity,
  });
}

/** The curves of one key in many runs, in their order. */
export function seriesQuery(project: ProjectRef, runs: readonly string[], key: string, window: Window) {
  return queryOptions({
    queryKey: ["series", project.entity, project.project, runs, key, window],
    queryFn: () => loadSeries(project, runs, key, window),
    placeholderData: keepPreviousData,
    staleTime: Infinity,
    gcTime: 60_000,
  });
}

/** The means and bands of groups of runs for one key, in the groups' order. */
export function bandsQuery(project: ProjectRef, grouping: Grouping, key: string, window: Window) {
  return queryOptions({
    queryKey: ["series", project.entity, project.project, Object.values(grouping.groups).flat(), key, window, grouping],
    queryFn: () => loadBands(project, grouping, key, window),
    placeholderData: keepPreviousData,
    staleTime: Infinity,
    gcTime: 60_000,
  });
}

export function valuesQuery(project: ProjectRef, run: string, key: string) {
  return queryOptions({
    queryKey: ["values", project.entity, project.project, run, key],
    queryFn: () => getValues({ ...project, run }, key, 1000),
    staleTime: Infinity,
  });
}

export function consoleQuery(project: ProjectRef, run: string, q: string | undefined) {
  return infiniteQueryOptions({
    queryKey: ["console", project.entity, project.project, run, q ?? ""],
    queryFn: ({ pageParam }) => getConsole({ ...project, run }, { start: pageParam, limit: CONSOLE_PAGE, ...(q ? { q } : {}) }),
    initialPageParam: 0,
    getNextPageParam: (last) => nextLine(last.lines, CONSOLE_PAGE),
  });
}

function nextLine(lines: readonly { number: number }[], page: number): number | undefined {
  const last = lines.at(-1);
  return last && lines.length >= page ? last.number + 1 : undefined;
}

export function runFilesQuery(project: ProjectRef, run: string) {
  return infiniteQueryOptions({
    queryKey: ["run-files", project.entity, project.project, run],
    queryFn: ({ pageParam }) => getRunFiles({ ...project, run }, pageParam ? { cursor: pageParam } : {}),
    initialPageParam: "",
    getNextPageParam: (last) => last.next,
  });
}

/** What the table of runs asks: columns, groups, pages with some columns only. */
import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import type { ProjectRef } from "@/core/project";
import { api, body, type Schemas } from "./client";

export type RunColumn = Schemas["ColumnOut"];
export type RunGroupOut = Schemas["GroupOut"];

/** Which runs: words, a filter, archived ones or not. */
export interface RunChoice {
  readonly q?: string;
  readonly filter?: string;
  readonly archived?: "no" | "only" | "any";
}

const P = "/api/v1/projects/{entity}/{project}";

/** Every column that these runs have, and whether they differ in it. */
export function columnsQuery(project: ProjectRef, choice: RunChoice) {
  return queryOptions({
    queryKey: ["run-columns", project.entity, project.project, choice],
    queryFn: () => body(api.GET(`${P}/run-columns`, { params: { path: project, query: choice } })),
    placeholderData: keepPreviousData,
    staleTime: 20_000,
  });
}

export interface GroupQuery extends RunChoice {
  readonly by: string;
  readonly aggregates: string;
  readonly order: string;
}

const GROUPS = 200;

export function groupsQuery(project: ProjectRef, query: GroupQuery) {
  return infiniteQueryOptions({
    queryKey: ["runs", project.entity, project.project, "groups", query],
    queryFn: ({ pageParam }) => body(api.GET(`${P}/run-groups`, { params: { path: project, query: { ...query, start: pageParam, limit: GROUPS } } })),
    initialPageParam: 0,
    getNextPageParam: (last) => last.next,
    placeholderData: keepPreviousData,
  });
}

import type { ProjectRef } from "@/core/project";
import { parseSeries, type Series } from "@/core/series";
import { api, body, demand, request, type Schemas } from "./client";

export type Run = Schemas["RunOut"];
export type RunPage = Schemas["RunPage"];
export type Key = Schemas["KeyOut"];
export type SharedKey = Schemas["SharedKeyOut"];
export type RunChange = Partial<Schemas["RunPatch"]>;
export type ValueAt = Schemas["ValueOut"];
export type ConsoleLine = Schemas["ConsoleLine"];
export type RunArtifacts = Schemas["RunArtifacts"];
export type Version = Schemas["VersionOut"];

export interface RunRef extends ProjectRef {
  readonly run: string;
}

export interface RunQuery {
  archived?: "no" | "only" | "any";
  /** Config and summary hold these alone, flat. */
  columns?: string;
  q?: string;
  filter?: string;
  sort?: string;
  state?: string;
  limit?: number;
  cursor?: string;
}

/** Which curves, and how they are drawn. */
export interface SeriesQuery {
  readonly runs: readonly string[];
  readonly keys: readonly string[];
  readonly x?: string;
  readonly width?: number;
  readonly start?: number;
  readonly stop?: number;
  /** Smoothed over the whole series, before anything is left out. */
  readonly smoothing?: { readonly kind: string; readonly strength: number };
  /** Which points count as outliers and are left out. */
  readonly outliers?: "iqr" | "percentile";
  /** Groups of runs, each drawn as one line with a band. */
  readonly groups?: Readonly<Record<string, readonly string[]>>;
  readonly band?: "std" | "stderr" | "minmax";
}

const RUNS = "/api/v1/projects/{entity}/{project}/runs";
const RUN = `${RUNS}/{run}` as const;

export function listRuns(path: ProjectRef, query: RunQuery): Promise<RunPage> {
  return body(api.GET(RUNS, { params: { path, query } }));
}

export function getRun(path: RunRef): Promise<Run> {
  return body(api.GET(RUN, { params: { path } }));
}

export function getKeys(path: RunRef): Promise<Key[]> {
  return body(api.GET(`${RUN}/keys`, { params: { path } }));
}

/** The keys of many runs put together. */
export function getSharedKeys(path: ProjectRef, runs: readonly string[]): Promise<SharedKey[]> {
  return body(api.POST("/api/v1/projects/{entity}/{project}/keys", { params: { path }, body: { runs: [...runs] } }));
}

/** Change what people wrote about a run; a field left out is left alone. */
export function changeRun(path: RunRef, change: RunChange): Promise<Run> {
  return body(api.PATCH(RUN, { params: { path }, body: { add_tags: [], remove_tags: [], ...change } }));
}

export function getRunTrash(path: ProjectRef): Promise<Run[]> {
  return body(api.GET("/api/v1/projects/{entity}/{project}/run-trash", { params: { path } }));
}

export type Alert = Schemas["AlertOut"];

/** What a run has called attention to, the last first. */
export function getRunAlerts(path: RunRef): Promise<Schemas["AlertPage"]> {
  return body(api.GET(`${RUN}/alerts`, { params: { path } }));
}

export function getValues(path: RunRef, key: string, limit: number): Promise<Schemas["ValuePage"]> {
  return body(api.GET(`${RUN}/values`, { params: { path, query: { key, limit } } }));
}

export function getConsole(path: RunRef, query: { start?: number; limit?: number; q?: string }): Promise<Schemas["ConsolePage"]> {
  return body(api.GET(`${RUN}/console`, { params: { path, query } }));
}

export function getRunFiles(path: RunRef, query: { prefix?: string; cursor?: string }): Promise<Schemas["FilePage"]> {
  return body(api.GET(`${RUN}/files`, { params: { path, query } }));
}

export function getRunArtifacts(path: RunRef): Promise<RunArtifacts> {
  return body(api.GET(`${RUN}/artifacts`, { params: { path } }));
}

/** Address of a run's whole history as a file. */
export function runExportUrl({ entity, project, run }: RunRef, format: "parquet" | "csv"): string {
  const names = [entity, project].map(encodeURIComponent).join("/");
  return `/api/v1/projects/${names}/runs/${encodeURIComponent(run)}/export?format=${format}`;
}

/** Curves of many runs and keys in one answer, as columns ("Series on the wire" in docs/FORMAT.md). */
export async function getSeries({ entity, project }: ProjectRef, query: SeriesQuery, signal?: AbortSignal): Promise<Series[]> {
  const url = `/api/v1/projects/${encodeURIComponent(entity)}/${encodeURIComponent(project)}/series`;
  const answer = await request(url, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(query),
    ...(signal ? { signal } : {}),
  });
  return parseSeries(await (await demand(answer)).arrayBuffer());
}

import type { ProjectRef } from "@/core/project";
import { api, body, type Schemas } from "./client";

export type GraphAnswer = Schemas["GraphOut"];

export interface GraphQuery {
  detail?: "types" | "collections" | "instances";
  root?: string;
  dir?: "up" | "down" | "both";
  depth?: number;
  limit?: number;
}

export function getGraph(path: ProjectRef, query: GraphQuery): Promise<GraphAnswer> {
  return body(api.GET("/api/v1/projects/{entity}/{project}/graph", { params: { path, query } }));
}

/** The newest runs of a job type. */
export function listRunsOfJob(path: ProjectRef, jobType: string, limit: number): Promise<Schemas["RunPage"]> {
  const query = { job_type: jobType, limit };
  return body(api.GET("/api/v1/projects/{entity}/{project}/runs", { params: { path, query } }));
}

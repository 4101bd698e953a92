import type { ProjectRef } from "@/core/project";
import { api, body, type Schemas } from "./client";

export type Version = Schemas["VersionOut"];
export type Collection = Schemas["CollectionOut"];
export type CollectionPage = Schemas["CollectionPage"];
export type VersionPage = Schemas["VersionPage"];
export type VersionRuns = Schemas["VersionRuns"];
export type FileEntry = Schemas["FileOut"];
export type FilePage = Schemas["FilePage"];

export interface CollectionRef extends ProjectRef {
  readonly name: string;
}

/** `pointer` is a version, an alias or the beginning of a digest. */
export interface VersionRef extends CollectionRef {
  readonly pointer: string;
}

export interface VersionChange {
  description?: string | null;
  add_aliases?: string[];
  remove_aliases?: string[];
  tags?: string[];
}

const ARTIFACTS = "/api/v1/projects/{entity}/{project}/artifacts";
const COLLECTION = `${ARTIFACTS}/{name}` as const;
const VERSION = `${COLLECTION}/{pointer}` as const;

export function listCollections(path: ProjectRef, query: { type?: string; q?: string }): Promise<CollectionPage> {
  return body(api.GET(ARTIFACTS, { params: { path, query } }));
}

export function getCollection(path: CollectionRef): Promise<VersionPage> {
  return body(api.GET(COLLECTION, { params: { path } }));
}

export function getVersion(path: VersionRef): Promise<Version> {
  return body(api.GET(VERSION, { params: { path } }));
}

export function changeVersion(path: VersionRef, change: VersionChange): Promise<Version> {
  return body(api.PATCH(VERSION, { params: { path }, body: { add_aliases: [], remove_aliases: [], ...change } }));
}

export function getVersionRuns(path: VersionRef): Promise<VersionRuns> {
  return body(api.GET(`${VERSION}/runs`, { params: { path } }));
}

export function getVersionFiles(path: VersionRef, query: { prefix?: string; cursor?: string } = {}): Promise<FilePage> {
  return body(api.GET(`${VERSION}/files`, { params: { path, query } }));
}

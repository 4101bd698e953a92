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

export type VersionChange = Partial<Schemas["VersionPatch"]>;
export type CollectionChange = Partial<Schemas["CollectionPatch"]>;
export type Difference = Schemas["DiffOut"];
export type Thrown = Schemas["ThrownOut"];

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
  return body(api.PATCH(VERSION, { params: { path }, body: { add_aliases: [], remove_aliases: [], add_tags: [], remove_tags: [], ...change } }));
}

export function getVersionRuns(path: VersionRef): Promise<VersionRuns> {
  return body(api.GET(`${VERSION}/runs`, { params: { path } }));
}

export function getVersionFiles(path: VersionRef, query: { prefix?: string; cursor?: string } = {}): Promise<FilePage> {
  return body(api.GET(`${VERSION}/files`, { params: { path, query } }));
}

/** Deletes a version; its aliases only if that is wanted. */
export function deleteVersion(path: VersionRef, withAliases: boolean): Promise<Schemas["Deleted"]> {
  return body(api.DELETE(VERSION, { params: { path, query: { delete_aliases: withAliases } } }));
}

export function deleteCollection(path: CollectionRef): Promise<Schemas["Deleted"]> {
  return body(api.DELETE(COLLECTION, { params: { path } }));
}

export function changeCollection(path: CollectionRef, change: CollectionChange): Promise<Collection> {
  return body(api.PATCH(COLLECTION, { params: { path }, body: { add_tags: [], remove_tags: [], ...change } }));
}

/** What has to be done to `other`, a version of the same artifact, to make it this one. */
export function getDifference(path: VersionRef, other: string): Promise<Difference> {
  return body(api.GET(`${VERSION}/diff`, { params: { path, query: { other: `${path.name}:${other}` } } }));
}

/** Everything that depends on a version, or that it depends on; counted by type. */
export function getReach(path: VersionRef, way: "upstream" | "downstream"): Promise<Schemas["ReachedOut"]> {
  return body(api.GET(`${VERSION}/${way}`, { params: { path, query: { limit: 200 } } }));
}

export function getEdits(path: VersionRef): Promise<Schemas["EditOut"][]> {
  return body(api.GET(`${VERSION}/edits`, { params: { path } }));
}

export function getLinks(path: VersionRef): Promise<Schemas["LinkOut"][]> {
  return body(api.GET(`${VERSION}/links`, { params: { path } }));
}

/** Puts a version into a place of a registry: `name`, `project/name` or `entity/project/name`. */
export function linkVersion(path: VersionRef, target: string, aliases: readonly string[]): Promise<Version> {
  return body(api.POST(`${VERSION}/links`, { params: { path }, body: { target, aliases: [...aliases] } }));
}

export function getTrash(path: ProjectRef): Promise<Thrown[]> {
  return body(api.GET("/api/v1/projects/{entity}/{project}/trash", { params: { path } }));
}

export function restoreVersion(path: ProjectRef, name: string, version: string): Promise<Version[]> {
  return body(api.POST("/api/v1/projects/{entity}/{project}/trash/restore", { params: { path }, body: { name, version } }));
}

/** Deletes versions of a collection but the newest so many, and those with aliases or links; or says what that would do. */
export function deleteOld(path: ProjectRef, name: string, keep: number, dry: boolean): Promise<Schemas["BulkDeleted"]> {
  const wanted = { names: [name], tags: [], q: "", keep, dry_run: dry };
  return body(api.POST("/api/v1/projects/{entity}/{project}/versions/delete", { params: { path }, body: wanted }));
}

export type Usage = Schemas["UsageOut"];

/** What a version takes on the server's disk, and what of it nothing else needs. */
export function getVersionUsage(path: VersionRef): Promise<Usage> {
  return body(api.GET(`${VERSION}/usage`, { params: { path } }));
}

export function getCollectionUsage(path: CollectionRef): Promise<Usage> {
  return body(api.GET(`${COLLECTION}/-/usage`, { params: { path } }));
}

export function getProjectUsage(path: ProjectRef): Promise<Usage> {
  return body(api.GET("/api/v1/projects/{entity}/{project}/usage", { params: { path } }));
}

const PROJECT = "/api/v1/projects/{entity}/{project}";

export function getQuota(path: ProjectRef): Promise<Schemas["QuotaOut"]> {
  return body(api.GET(`${PROJECT}/quota`, { params: { path } }));
}

/** The most bytes the project may hold; null: no limit. */
export function setQuota(path: ProjectRef, bytes: number | null): Promise<Schemas["QuotaOut"]> {
  return body(api.PUT(`${PROJECT}/quota`, { params: { path }, body: { bytes } }));
}

/** Aliases that only admins may move. */
export function getProtectedAliases(path: ProjectRef): Promise<string[]> {
  return body(api.GET(`${PROJECT}/protected-aliases`, { params: { path } }));
}

export function setProtectedAliases(path: ProjectRef, aliases: readonly string[]): Promise<string[]> {
  return body(api.PUT(`${PROJECT}/protected-aliases`, { params: { path }, body: { aliases: [...aliases] } }));
}

export function getSignatures(path: VersionRef): Promise<Schemas["SignatureOut"][]> {
  return body(api.GET(`${VERSION}/signatures`, { params: { path } }));
}

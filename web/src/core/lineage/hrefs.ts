import type { ProjectRef } from "@/core/project";
import type { GraphNode } from "./graph";

/** Addresses in the app. Names are encoded, so that any name the server allows can be linked. */
export function projectHref({ entity, project }: ProjectRef): string {
  return `/${encodeURIComponent(entity)}/${encodeURIComponent(project)}`;
}

export function runHref(project: ProjectRef, run: string): string {
  return `${projectHref(project)}/runs/${encodeURIComponent(run)}`;
}

export function typeHref(project: ProjectRef, type: string): string {
  return `${projectHref(project)}/artifacts/${encodeURIComponent(type)}`;
}

export function collectionHref(project: ProjectRef, type: string, name: string): string {
  return `${typeHref(project, type)}/${encodeURIComponent(name)}`;
}

/** `pointer` is a version, an alias or the beginning of a digest. */
export function versionHref(project: ProjectRef, type: string, name: string, pointer: string): string {
  return `${collectionHref(project, type, name)}/${encodeURIComponent(pointer)}`;
}

/** The page of a version by its full name, `entity/project/name:version`; undefined if it is none. */
export function sourceHref(type: string, source: string): string | undefined {
  const [, entity, project, name, version] = /^([^/:]+)\/([^/:]+)\/([^/]+):([^:/]+)$/.exec(source) ?? [];
  if (entity === undefined || project === undefined || name === undefined || version === undefined) return undefined;
  return versionHref({ entity, project }, type, name, version);
}

/** A file inside a version or a run; the slashes of the path stay. */
export function fileHref(base: string, path: string): string {
  return `${base}/files/${path.split("/").map(encodeURIComponent).join("/")}`;
}

export function graphHref(project: ProjectRef, root?: string): string {
  const query = root ? `?${new URLSearchParams({ detail: "instances", root, dir: "both" }).toString()}` : "";
  return `${projectHref(project)}/graph${query}`;
}

/** The page of a node: a run, a version, a collection or a type; a stack and a job type have the graph or the runs. */
export function nodeHref(project: ProjectRef, node: GraphNode): string {
  const [prefix, rest] = split(node.id);
  if (prefix === "run") return runHref(project, rest);
  if (prefix === "artifact") return versionHref(project, node.type, node.name, node.version ?? "latest");
  if (prefix === "collection") return collectionHref(project, node.type, node.name);
  if (prefix === "type") return typeHref(project, node.type);
  if (prefix === "job") return `${projectHref(project)}/runs`;
  return `${graphHref(project)}?detail=instances&sel=${encodeURIComponent(node.id)}`;
}

function split(id: string): [string, string] {
  const colon = id.indexOf(":");
  return [id.slice(0, colon), id.slice(colon + 1)];
}

/** The run's id in a node id, or null if the node is no run. */
export function runOfNode(id: string): string | null {
  const [prefix, rest] = split(id);
  return prefix === "run" ? rest : null;
}

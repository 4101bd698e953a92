/** The lineage graph as the API gives it (`GraphOut`), and small questions to it. No framework, no input or output. */

export type Kind = "run" | "artifact";
export type Detail = "types" | "collections" | "instances";
export type Direction = "up" | "down" | "both";

/** A run or an artifact version, or a group of them: `count` > 1, and `members` if they are known on this side. */
export interface GraphNode {
  id: string;
  kind: Kind;
  type: string;
  name: string;
  /** The whole name people say: `dataset:mnist-raw:v1`, `load-data:sunny-smoke-1`, and for a group its own. */
  label: string;
  /** UTC seconds since the epoch. */
  time: number;
  version: string | null;
  state: string | null;
  aliases: readonly string[];
  count: number;
  members?: readonly GraphNode[];
}

/** `made` goes from a run to a version, `used` from a version to a run. `through` marks a contracted, hidden node. */
export interface GraphEdge {
  source: string;
  target: string;
  role: "made" | "used";
  count: number;
  through?: boolean;
}

export interface Graph {
  nodes: readonly GraphNode[];
  edges: readonly GraphEdge[];
  truncated: boolean;
  total: number;
}

export const EMPTY_GRAPH: Graph = { nodes: [], edges: [], truncated: false, total: 0 };

/** What a filter calls a node's type: job types and artifact types are different things with maybe the same word. */
export function typeKey(node: Pick<GraphNode, "kind" | "type">): string {
  return `${node.kind === "run" ? "job" : "type"}:${node.type}`;
}

/** The name without the type, for where the type stands beside it: `mnist-raw:v1`, `sunny-smoke-1`. */
export function shortName(node: GraphNode): string {
  if (node.id.startsWith("run:")) return node.name;
  return node.id.startsWith("artifact:") ? `${node.name}:${node.version ?? ""}` : node.label || "run";
}

export function isStack(node: GraphNode): boolean {
  return node.members !== undefined && node.members.length > 1;
}

/** Add `value` to the list under `key`, making the list when it is the first. */
export function pushTo<K, V>(lists: Map<K, V[]>, key: K, value: V): void {
  const list = lists.get(key);
  if (list) list.push(value);
  else lists.set(key, [value]);
}

import { pushTo, type Direction, type Graph, type GraphEdge } from "./graph";

type Ends = Pick<GraphEdge, "source" | "target">;

/** Ids reachable from `root` with their distance: ancestors for "up", descendants for "down". */
export function reach(
  edges: readonly Ends[],
  root: string,
  direction: Direction,
  depth = Infinity,
): Map<string, number> {
  const found = new Map([[root, 0]]);
  const ways = direction === "both" ? (["up", "down"] as const) : [direction];
  for (const way of ways) {
    for (const [id, distance] of walk(neighbours(edges, way), root, depth)) {
      if (!found.has(id)) found.set(id, distance);
    }
  }
  return found;
}

/** For each node the ones next to it, against the edges ("up") or along them ("down"). */
export function neighbours(edges: readonly Ends[], way: "up" | "down"): Map<string, string[]> {
  const near = new Map<string, string[]>();
  for (const { source, target } of edges) {
    if (way === "down") pushTo(near, source, target);
    else pushTo(near, target, source);
  }
  return near;
}

function walk(near: Map<string, string[]>, root: string, depth: number): Map<string, number> {
  const seen = new Map([[root, 0]]);
  let front = [root];
  for (let distance = 1; front.length && distance <= depth; distance++) {
    const next: string[] = [];
    for (const id of front) {
      for (const other of near.get(id) ?? []) {
        if (seen.has(other)) continue;
        seen.set(other, distance);
        next.push(other);
      }
    }
    front = next;
  }
  return seen;
}

/** The part of a graph that has only the nodes in `keep`. */
export function subgraph(graph: Graph, keep: ReadonlySet<string> | ReadonlyMap<string, unknown>): Graph {
  return {
    ...graph,
    nodes: graph.nodes.filter((node) => keep.has(node.id)),
    edges: graph.edges.filter((edge) => keep.has(edge.source) && keep.has(edge.target)),
  };
}

import type { GraphEdge, GraphNode } from "./graph";

/** A graph as numbers: node i, and edges as pairs of numbers. What the layout works on. */
export interface Links {
  count: number;
  /** [source, target, index of the edge in the graph] */
  pairs: [number, number, number][];
}

/** Number the nodes by their place in the list. Edges to unknown nodes and loops to oneself are left out. */
export function numbered(nodes: readonly GraphNode[], edges: readonly GraphEdge[]): Links {
  const index = new Map(nodes.map((node, i) => [node.id, i]));
  const pairs: Links["pairs"] = [];
  edges.forEach((edge, i) => {
    const source = index.get(edge.source);
    const target = index.get(edge.target);
    if (source !== undefined && target !== undefined && source !== target) pairs.push([source, target, i]);
  });
  return { count: nodes.length, pairs };
}

export function emptyLists<T>(count: number): T[][] {
  return Array.from({ length: count }, () => []);
}

/** The list at `i`, which exists by construction: `lists` was made with one for each node. */
export function at<T>(lists: ArrayLike<T>, i: number): T {
  return lists[i] as T;
}

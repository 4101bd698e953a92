import { pushTo, typeKey, type Graph, type GraphEdge } from "./graph";

/** A hub that is hidden could join everything with everything; beyond this many edges no more are passed through. */
const MOST_PASSED = 20_000;

/** Hide the nodes of some types (`type:dataset`, `job:train`); edges pass through them and are marked `through`. */
export function contract(graph: Graph, hidden: ReadonlySet<string>): Graph {
  if (!hidden.size) return graph;
  const gone = new Set(graph.nodes.filter((node) => hidden.has(typeKey(node))).map((node) => node.id));
  if (!gone.size) return graph;
  const out = new Map<string, GraphEdge[]>();
  for (const edge of graph.edges) pushTo(out, edge.source, edge);
  const nodes = graph.nodes.filter((node) => !gone.has(node.id));
  const edges: GraphEdge[] = [];
  for (const node of nodes) {
    for (const edge of out.get(node.id) ?? []) if (!gone.has(edge.target)) edges.push(edge);
    if (edges.length < MOST_PASSED) edges.push(...passThrough(node.id, out, gone));
  }
  return { ...graph, nodes, edges };
}

function passThrough(start: string, out: Map<string, GraphEdge[]>, gone: ReadonlySet<string>): GraphEdge[] {
  const seen = new Set<string>();
  const reached = new Map<string, GraphEdge>();
  const stack = (out.get(start) ?? []).filter((edge) => gone.has(edge.target));
  for (let edge = stack.pop(); edge; edge = stack.pop()) {
    if (seen.has(edge.target)) continue;
    seen.add(edge.target);
    for (const next of out.get(edge.target) ?? []) {
      if (gone.has(next.target)) stack.push(next);
      else if (next.target !== start) reached.set(next.target, { ...next, source: start, through: true });
    }
  }
  return [...reached.values()];
}

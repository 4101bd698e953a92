import type { Detail, Graph, GraphEdge, GraphNode } from "./graph";

/** Merge instances into collections or types, as `museion.model.lineage.group_nodes` does; one golden file holds both. */
export function groupNodes(graph: Graph, detail: Detail): Graph {
  if (detail === "instances") return graph;
  const home = new Map(graph.nodes.map((node) => [node.id, groupId(node, detail)]));
  const nodes = new Map<string, GraphNode>();
  for (const node of graph.nodes) {
    const id = groupId(node, detail);
    const known = nodes.get(id);
    nodes.set(id, known ? { ...known, count: known.count + 1 } : groupOf(node, id, detail));
  }
  const edges = mergeEdges(graph.edges, home);
  return { nodes: [...nodes.values()], edges, truncated: graph.truncated, total: nodes.size };
}

/** Move edges to the groups of their ends; those that become equal are counted together. */
export function mergeEdges(edges: readonly GraphEdge[], home: ReadonlyMap<string, string>): GraphEdge[] {
  const merged = new Map<string, GraphEdge>();
  for (const edge of edges) {
    const source = home.get(edge.source);
    const target = home.get(edge.target);
    if (source === undefined || target === undefined) continue;
    const key = `${source}\n${target}\n${edge.role}`;
    const known = merged.get(key);
    if (known) known.count += edge.count;
    else merged.set(key, { ...edge, source, target });
  }
  return [...merged.values()];
}

function groupId(node: GraphNode, detail: Detail): string {
  if (node.kind === "run") return `job:${node.type}`;
  return detail === "types" ? `type:${node.type}` : `collection:${node.name}`;
}

function groupOf(node: GraphNode, id: string, detail: Detail): GraphNode {
  const name = node.kind === "artifact" && detail === "collections" ? node.name : node.type;
  return { ...node, id, name, label: name, version: null, state: null, aliases: [], count: 1 };
}

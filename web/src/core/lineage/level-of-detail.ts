import type { Box } from "./camera";
import type { Layout, PlacedEdge, PlacedNode } from "./layout";

/** More than this many real links at once make panning slow. */
const MOST_LINKS = 220;
/** Below this zoom the text of a node cannot be read. */
const READABLE_ZOOM = 0.42;
const MANY_EDGES = 800;
/** An edge may bulge over its ends by this much. */
const SLACK = 60;

/** What is drawn at one moment: nodes on screen, and whether they are links (text) or blocks. */
export interface Shown {
  nodes: PlacedNode[];
  asLinks: boolean;
}

export function shownNodes(layout: Layout, view: Box, zoom: number): Shown {
  const nodes = layout.nodes.filter((node) => overlaps(node, view));
  return { nodes, asLinks: zoom >= READABLE_ZOOM && nodes.length <= MOST_LINKS };
}

function overlaps(node: PlacedNode, view: Box): boolean {
  return (
    node.x < view.right && node.x + node.width > view.left && node.y < view.bottom && node.y + node.height > view.top
  );
}

/** Edges with both ends, and whether they can be seen from `view`. */
export function edgesInView(layout: Layout, view: Box, byId: ReadonlyMap<string, PlacedNode>): PlacedEdge[] {
  return layout.edges.filter((edge) => {
    const source = byId.get(edge.source);
    const target = byId.get(edge.target);
    return source !== undefined && target !== undefined && edgeOverlaps(edge, source, target, view);
  });
}

function edgeOverlaps(edge: PlacedEdge, source: PlacedNode, target: PlacedNode, view: Box): boolean {
  const left = Math.min(source.x, target.x);
  const right = Math.max(source.x + source.width, target.x + target.width);
  if (left > view.right || right < view.left) return false;
  if (edge.lane.length) return true;
  const top = Math.min(source.y, target.y) - SLACK;
  const bottom = Math.max(source.y + source.height, target.y + target.height) + SLACK;
  return top <= view.bottom && bottom >= view.top;
}

/** With very many edges only a faint skeleton is drawn, plus those of what is selected or under the pointer. */
export function isCrowded(layout: Layout): boolean {
  return layout.edges.length > MANY_EDGES;
}

/** The node under a point of the world; the last drawn wins. */
export function nodeAt(nodes: readonly PlacedNode[], x: number, y: number): PlacedNode | undefined {
  return nodes.findLast((n) => x >= n.x && x <= n.x + n.width && y >= n.y && y <= n.y + n.height);
}

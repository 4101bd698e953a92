import type { Box } from "./camera";
import type { Layout, PlacedNode } from "./layout";

/** More than this many real links at once make panning slow. */
const MOST_LINKS = 220;
/** Below this zoom the text of a node cannot be read. */
const READABLE_ZOOM = 0.42;

/** What is drawn at one moment: nodes on screen, and whether they are links (text) or blocks. */
export interface Shown {
  nodes: PlacedNode[];
  asLinks: boolean;
}

export function shownNodes(layout: Layout, view: Box, zoom: number): Shown {
  const nodes = layout.nodes.filter((node) => overlaps(node, view));
  return { nodes, asLinks: zoom >= READABLE_ZOOM && nodes.length <= MOST_LINKS };
}

/** Is any of a node in view? */
export function overlaps(node: PlacedNode, view: Box): boolean {
  return (
    node.x < view.right && node.x + node.width > view.left && node.y < view.bottom && node.y + node.height > view.top
  );
}

/** The node under a point of the world; the last drawn wins. */
export function nodeAt(nodes: readonly PlacedNode[], x: number, y: number): PlacedNode | undefined {
  return nodes.findLast((n) => x >= n.x && x <= n.x + n.width && y >= n.y && y <= n.y + n.height);
}

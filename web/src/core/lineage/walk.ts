import type { Layout, PlacedNode } from "./layout";

export type Arrow = "ArrowLeft" | "ArrowRight" | "ArrowUp" | "ArrowDown";

export function isArrow(key: string): key is Arrow {
  return key === "ArrowLeft" || key === "ArrowRight" || key === "ArrowUp" || key === "ArrowDown";
}

/** The node an arrow key leads to: along edges to the sides, within the column up and down. Null at the end. */
export function stepTo(layout: Layout, from: string, arrow: Arrow): PlacedNode | null {
  const here = layout.nodes.find((node) => node.id === from);
  if (!here) return firstNode(layout);
  const candidates = arrow === "ArrowLeft" || arrow === "ArrowRight" ? along(layout, here, arrow) : beside(layout, here, arrow);
  return nearest(candidates, here);
}

/** Where the keyboard begins: the upper left. */
export function firstNode(layout: Layout): PlacedNode | null {
  return layout.nodes.reduce<PlacedNode | null>(
    (best, node) => (!best || node.x < best.x || (node.x === best.x && node.y < best.y) ? node : best),
    null,
  );
}

function along(layout: Layout, here: PlacedNode, arrow: Arrow): PlacedNode[] {
  const right = arrow === "ArrowRight";
  const ids = new Set<string>();
  for (const edge of layout.edges) {
    if (right && edge.source === here.id) ids.add(edge.target);
    if (!right && edge.target === here.id) ids.add(edge.source);
  }
  return layout.nodes.filter((node) => ids.has(node.id));
}

function beside(layout: Layout, here: PlacedNode, arrow: Arrow): PlacedNode[] {
  const down = arrow === "ArrowDown";
  return layout.nodes.filter((node) => node.x === here.x && (down ? node.y > here.y : node.y < here.y));
}

function nearest(nodes: readonly PlacedNode[], here: PlacedNode): PlacedNode | null {
  return nodes.reduce<PlacedNode | null>((best, node) => (!best || gap(node, here) < gap(best, here) ? node : best), null);
}

function gap(a: PlacedNode, b: PlacedNode): number {
  return Math.abs(a.y - b.y);
}

import { backEdges } from "./cycles";
import type { Graph, GraphEdge, GraphNode } from "./graph";
import { addLanes, laneDemand, type Points } from "./lanes";
import { at, numbered, type Links } from "./links";
import { orderLayers } from "./order";
import { placeLayers, WRAP_GAP, type Coordinates, type Spacing } from "./place";
import { rankNodes } from "./ranks";

/** A node with its box: `x`, `y` is the upper left corner, in px at zoom 1. */
export interface PlacedNode extends GraphNode {
  x: number;
  y: number;
  width: number;
  height: number;
  /** Column, from the left. */
  rank: number;
}

export interface PlacedEdge extends GraphEdge {
  /** Closes a cycle: drawn below the nodes, from right to left. */
  back: boolean;
  /** For a back edge, the height at which it runs: below all nodes of the columns it passes. */
  floor: number;
  /** Points from the source's right side to the target's left side; a back edge has none. */
  lane: readonly (readonly [number, number])[];
}

export interface Layout {
  nodes: PlacedNode[];
  edges: PlacedEdge[];
  bounds: { left: number; top: number; right: number; bottom: number };
}

export const NODE_WIDTH = 204;
export const NODE_HEIGHT = 50;
const GAP_X = 56;
const GAP_Y = 16;
const SMALLEST_CAP = 16;
const MOST_POINTS_WITH_LANES = 900;
const ASPECT = 1.7;

/** Columns from left to right along the edges. Pure and deterministic: same graph, same picture. */
export function layout(graph: Graph): Layout {
  if (!graph.nodes.length) return { nodes: [], edges: [], bounds: { left: 0, top: 0, right: 0, bottom: 0 } };
  const links = numbered(graph.nodes, graph.edges);
  const order = oldestFirst(graph.nodes);
  const back = backEdges(links, order);
  const forward: Links = { ...links, pairs: links.pairs.filter(([, , edge]) => !back.has(edge)) };
  const ranks = rankNodes(forward);
  const cap = columnCap(sizes(ranks));
  const points = addLanes(forward, ranks, lanesPay(forward, ranks, cap));
  const spacing = { width: NODE_WIDTH, height: NODE_HEIGHT, gapX: GAP_X, gapY: GAP_Y, cap: capFor(points, cap) };
  const coordinates = placeLayers(points, orderLayers(points, order), spacing);
  return assemble(graph, points, coordinates, spacing, back);
}

/** Nodes by time, and by id where that is equal, so that the picture does not depend on the order of the answer. */
function oldestFirst(nodes: readonly GraphNode[]): number[] {
  const order = nodes.map((_, i) => i);
  return order.sort((a, b) => {
    const [first, second] = [at(nodes, a), at(nodes, b)];
    return first.time - second.time || (first.id < second.id ? -1 : 1);
  });
}

function sizes(ranks: readonly number[]): number[] {
  const counts: number[] = [];
  for (const rank of ranks) counts[rank] = (counts[rank] ?? 0) + 1;
  return Array.from(counts, (count) => count ?? 0);
}

/** The column length at which the whole picture has about the shape of a screen. */
export function columnCap(layerSizes: readonly number[]): number {
  const longest = Math.max(...layerSizes);
  for (let cap = SMALLEST_CAP; cap < longest; cap = Math.ceil(cap * 1.15)) {
    const width = layerSizes.reduce((sum, size) => sum + Math.ceil(size / cap) * (NODE_WIDTH + WRAP_GAP) + GAP_X, 0);
    if (width <= cap * (NODE_HEIGHT + GAP_Y) * ASPECT) return cap;
  }
  return Math.max(SMALLEST_CAP, longest);
}

function lanesPay(links: Links, ranks: readonly number[], cap: number): boolean {
  const few = links.count + laneDemand(links, ranks) <= MOST_POINTS_WITH_LANES;
  return few && Math.max(...sizes(ranks)) <= cap;
}

/** Lanes are thin: where they are used, no column is wrapped. */
function capFor(points: Points, cap: number): number {
  return points.chains.size ? Infinity : cap;
}

function assemble(
  graph: Graph,
  points: Points,
  { x, y, width }: Coordinates,
  spacing: Spacing,
  back: ReadonlySet<number>,
): Layout {
  const nodes = graph.nodes.map((node, i) => ({
    ...node,
    x: at(x, i),
    y: at(y, i) - spacing.height / 2,
    width: spacing.width,
    height: spacing.height,
    rank: at(points.ranks, i),
  }));
  const floors = backFloors(graph, nodes, back);
  const edges = graph.edges.map((edge, i) => ({
    ...edge,
    back: back.has(i),
    floor: floors.get(i) ?? 0,
    lane: laneOf(points.chains.get(i), x, y),
  }));
  return { nodes, edges, bounds: bounds(nodes, width, edges) };
}

function laneOf(chain: readonly number[] | undefined, x: Float64Array, y: Float64Array): [number, number][] {
  return (chain ?? []).flatMap((lane): [number, number][] => [
    [at(x, lane), at(y, lane)],
    [at(x, lane) + NODE_WIDTH, at(y, lane)],
  ]);
}

function bounds(nodes: readonly PlacedNode[], width: number, edges: readonly PlacedEdge[]): Layout["bounds"] {
  let top = Infinity;
  let bottom = -Infinity;
  for (const node of nodes) {
    top = Math.min(top, node.y);
    bottom = Math.max(bottom, node.y + node.height);
  }
  for (const edge of edges) if (edge.back) bottom = Math.max(bottom, edge.floor);
  return { left: 0, top, right: width, bottom };
}

const BELOW = 30;
const BETWEEN_FLOORS = 14;

/** Each back edge runs below the nodes of its columns; short ones inside long ones, none on top of another. */
function backFloors(graph: Graph, nodes: readonly PlacedNode[], back: ReadonlySet<number>): Map<number, number> {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const spans = [...back].map((edge) => spanOf(graph.edges[edge], edge, byId)).sort((a, b) => a.right - a.left - (b.right - b.left));
  const floors = new Map<number, number>();
  spans.forEach(({ edge, left, right }, i) => {
    const passed = nodes.filter((node) => node.x < right && node.x + node.width > left);
    const lowest = passed.reduce((low, node) => Math.max(low, node.y + node.height), -Infinity);
    const inner = spans.slice(0, i).filter((other) => other.left < right && other.right > left);
    floors.set(edge, inner.reduce((low, other) => Math.max(low, (floors.get(other.edge) ?? 0) + BETWEEN_FLOORS), lowest + BELOW));
  });
  return floors;
}

function spanOf(
  ends: GraphEdge | undefined,
  edge: number,
  byId: ReadonlyMap<string, PlacedNode>,
): { edge: number; left: number; right: number } {
  const [source, target] = [byId.get(ends?.source ?? ""), byId.get(ends?.target ?? "")];
  return { edge, left: target?.x ?? 0, right: (source?.x ?? 0) + NODE_WIDTH };
}

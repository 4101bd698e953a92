import type { Box, Camera, Size } from "@/core/lineage/camera";
import { traceEdge, traceHead, traceStraight } from "@/core/lineage/curve";
import type { Layout, PlacedEdge, PlacedNode } from "@/core/lineage/layout";
import { overlaps } from "@/core/lineage/level-of-detail";
import type { Theme } from "./theme";

/** The edges of a picture, sorted by how they are drawn; made once for a layout and what is lit. */
export interface EdgeSet {
  quiet: EdgeGroup;
  lit: EdgeGroup;
  through: EdgeGroup;
  /** How strongly edges are drawn: the more there are, the fainter. */
  calm: number;
  /** So many that one is drawn near only if an end of it is in view. */
  crowded: boolean;
}

interface EdgeGroup {
  edges: DrawnEdge[];
  /** All of them as straight lines in world coordinates, for the view from afar. */
  afar: Path2D;
}

interface DrawnEdge {
  edge: PlacedEdge;
  source: PlacedNode;
  target: PlacedNode;
}

/** Everything one frame is made from. */
export interface Scene {
  camera: Camera;
  screen: Size;
  nodes: readonly PlacedNode[];
  asLinks: boolean;
  edges: EdgeSet;
  view: Box;
  /** Ids in the light; null: all are. */
  lit: ReadonlySet<string> | null;
  selected: string | null;
  theme: Theme;
}

const CURVES_FROM_ZOOM = 0.25;
const HEADS_FROM_ZOOM = 0.4;
const FADED = 0.22;
const MANY_EDGES = 800;
/** A path with thousands of curves costs far more than many with a few. */
const EDGES_PER_PATH = 16;

export function edgeSet(layout: Layout, lit: ReadonlySet<string> | null): EdgeSet {
  const byId = new Map(layout.nodes.map((node) => [node.id, node]));
  const count = layout.edges.length;
  const [quiet, bright, through] = [emptyGroup(), emptyGroup(), emptyGroup()];
  for (const edge of layout.edges) {
    const source = byId.get(edge.source);
    const target = byId.get(edge.target);
    if (!source || !target) continue;
    const isLit = lit?.has(edge.source) && lit.has(edge.target);
    addEdge(isLit ? bright : edge.through ? through : quiet, { edge, source, target });
  }
  return { quiet, lit: bright, through, calm: Math.max(0.22, 0.62 - count / 1200), crowded: count > MANY_EDGES };
}

function emptyGroup(): EdgeGroup {
  return { edges: [], afar: new Path2D() };
}

function addEdge(group: EdgeGroup, drawn: DrawnEdge): void {
  group.edges.push(drawn);
  if (drawn.edge.back) traceEdge(group.afar, drawn.edge, drawn.source, drawn.target);
  else traceStraight(group.afar, drawn.edge, drawn.source, drawn.target);
}

/** Draw a frame: edges, then (from afar) nodes as blocks. Near nodes are links above the canvas. */
export function paint(pen: CanvasRenderingContext2D, scene: Scene, density: number): void {
  const { camera, screen } = scene;
  pen.setTransform(density, 0, 0, density, 0, 0);
  pen.clearRect(0, 0, screen.width, screen.height);
  pen.setTransform(density * camera.zoom, 0, 0, density * camera.zoom, density * camera.x, density * camera.y);
  paintEdges(pen, scene);
  if (!scene.asLinks) paintBlocks(pen, scene);
}

function paintEdges(pen: CanvasRenderingContext2D, scene: Scene): void {
  const { edges, theme } = scene;
  const quiet = scene.lit ? 0.16 : edges.calm;
  strokeGroup(pen, scene, edges.quiet, { colour: theme.edge, alpha: quiet, width: 1.2 });
  pen.setLineDash([2, 5]);
  strokeGroup(pen, scene, edges.through, { colour: theme.edge, alpha: quiet, width: 1.2 });
  pen.setLineDash([]);
  strokeGroup(pen, scene, edges.lit, { colour: theme.accent, alpha: 0.85, width: 1.5 });
}

interface Stroke {
  colour: string;
  alpha: number;
  width: number;
}

function strokeGroup(pen: CanvasRenderingContext2D, scene: Scene, group: EdgeGroup, { colour, alpha, width }: Stroke): void {
  if (!group.edges.length) return;
  const { zoom } = scene.camera;
  pen.strokeStyle = colour;
  pen.globalAlpha = alpha;
  pen.lineWidth = width / Math.max(zoom, CURVES_FROM_ZOOM);
  if (zoom < CURVES_FROM_ZOOM) pen.stroke(group.afar);
  else strokeNear(pen, group.edges.filter((drawn) => isSeen(drawn, scene)), scene);
  pen.globalAlpha = 1;
}

function strokeNear(pen: CanvasRenderingContext2D, edges: readonly DrawnEdge[], { camera, edges: all }: Scene): void {
  const heads = camera.zoom >= HEADS_FROM_ZOOM;
  const straight = all.crowded && !heads;
  for (let start = 0; start < edges.length; start += EDGES_PER_PATH) {
    pen.beginPath();
    for (const { edge, source, target } of edges.slice(start, start + EDGES_PER_PATH)) {
      if (straight && !edge.back) traceStraight(pen, edge, source, target);
      else traceEdge(pen, edge, source, target);
      if (heads) traceHead(pen, target);
    }
    pen.stroke();
  }
}

function isSeen({ source, target }: DrawnEdge, { view, edges }: Scene): boolean {
  if (edges.crowded) return overlaps(source, view) || overlaps(target, view);
  const [left, right] = [Math.min(source.x, target.x), Math.max(source.x, target.x) + source.width];
  return left < view.right && right > view.left;
}

function paintBlocks(pen: CanvasRenderingContext2D, scene: Scene): void {
  const detailed = scene.camera.zoom > 0.22;
  for (const node of scene.nodes) {
    pen.globalAlpha = scene.lit && !scene.lit.has(node.id) ? FADED : 1;
    if (detailed) paintCard(pen, node, scene.theme);
    else paintDot(pen, node, scene.theme);
    if (node.id === scene.selected) paintRing(pen, node, scene);
  }
  pen.globalAlpha = 1;
}

function paintDot(pen: CanvasRenderingContext2D, node: PlacedNode, theme: Theme): void {
  pen.fillStyle = node.kind === "run" ? theme.line : theme.colourOf(node);
  pen.fillRect(node.x, node.y, node.width, node.height);
}

/** From the middle distance: a card with a coloured edge and a bar where its name would be. */
function paintCard(pen: CanvasRenderingContext2D, node: PlacedNode, theme: Theme): void {
  pen.fillStyle = theme.background;
  pen.fillRect(node.x, node.y, node.width, node.height);
  pen.strokeStyle = theme.line;
  pen.lineWidth = 2;
  pen.strokeRect(node.x, node.y, node.width, node.height);
  pen.fillStyle = theme.colourOf(node);
  pen.fillRect(node.x, node.y, 10, node.height);
  pen.fillStyle = theme.line;
  pen.fillRect(node.x + 24, node.y + 12, 60, 6);
  pen.fillStyle = theme.quiet;
  pen.fillRect(node.x + 24, node.y + 28, Math.min(node.width - 40, (node.name.length + 3) * 7), 8);
}

function paintRing(pen: CanvasRenderingContext2D, node: PlacedNode, { theme, camera }: Scene): void {
  const gap = 4 / camera.zoom;
  pen.strokeStyle = theme.accent;
  pen.lineWidth = 2.5 / camera.zoom;
  pen.strokeRect(node.x - gap, node.y - gap, node.width + 2 * gap, node.height + 2 * gap);
}

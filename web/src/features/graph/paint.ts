import type { Camera, Size } from "@/core/lineage/camera";
import { traceEdge, traceHead, traceStraight } from "@/core/lineage/curve";
import type { Layout, PlacedEdge, PlacedNode } from "@/core/lineage/layout";
import { isCrowded } from "@/core/lineage/level-of-detail";
import type { Theme } from "./theme";

/** The edges of a picture as paths in world coordinates, made once for a layout and what is lit. */
export interface EdgePaths {
  quiet: EdgePath;
  lit: EdgePath;
  through: EdgePath;
  crowded: boolean;
}

interface EdgePath {
  curves: Path2D;
  straight: Path2D;
  heads: Path2D;
  any: boolean;
}

/** Everything one frame is made from. */
export interface Scene {
  camera: Camera;
  screen: Size;
  nodes: readonly PlacedNode[];
  asLinks: boolean;
  paths: EdgePaths;
  /** Ids in the light; null: all are. */
  lit: ReadonlySet<string> | null;
  selected: string | null;
  theme: Theme;
}

const CURVES_FROM_ZOOM = 0.25;
const HEADS_FROM_ZOOM = 0.4;
const FADED = 0.22;

export function edgePaths(layout: Layout, lit: ReadonlySet<string> | null): EdgePaths {
  const byId = new Map(layout.nodes.map((node) => [node.id, node]));
  const paths: EdgePaths = { quiet: emptyPath(), lit: emptyPath(), through: emptyPath(), crowded: isCrowded(layout) };
  for (const edge of layout.edges) {
    const source = byId.get(edge.source);
    const target = byId.get(edge.target);
    if (!source || !target) continue;
    const isLit = lit?.has(edge.source) && lit.has(edge.target);
    addEdge(isLit ? paths.lit : edge.through ? paths.through : paths.quiet, edge, source, target);
  }
  return paths;
}

function emptyPath(): EdgePath {
  return { curves: new Path2D(), straight: new Path2D(), heads: new Path2D(), any: false };
}

function addEdge(path: EdgePath, edge: PlacedEdge, source: PlacedNode, target: PlacedNode): void {
  path.any = true;
  traceEdge(path.curves, edge, source, target);
  if (edge.back) traceEdge(path.straight, edge, source, target);
  else traceStraight(path.straight, edge, source, target);
  traceHead(path.heads, edge, target);
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

function paintEdges(pen: CanvasRenderingContext2D, { paths, theme, camera, lit }: Scene): void {
  const quiet = lit ? 0.16 : paths.crowded ? 0.28 : 0.55;
  strokeEdges(pen, paths.quiet, { colour: theme.edge, alpha: quiet, width: 1.2, zoom: camera.zoom });
  pen.setLineDash([2, 5]);
  strokeEdges(pen, paths.through, { colour: theme.edge, alpha: quiet, width: 1.2, zoom: camera.zoom });
  pen.setLineDash([]);
  strokeEdges(pen, paths.lit, { colour: theme.accent, alpha: 0.85, width: 1.5, zoom: camera.zoom });
}

interface Stroke {
  colour: string;
  alpha: number;
  width: number;
  zoom: number;
}

function strokeEdges(pen: CanvasRenderingContext2D, path: EdgePath, { colour, alpha, width, zoom }: Stroke): void {
  if (!path.any) return;
  pen.strokeStyle = colour;
  pen.globalAlpha = alpha;
  pen.lineWidth = width / Math.max(zoom, CURVES_FROM_ZOOM);
  pen.stroke(zoom < CURVES_FROM_ZOOM ? path.straight : path.curves);
  if (zoom >= HEADS_FROM_ZOOM) pen.stroke(path.heads);
  pen.globalAlpha = 1;
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
  pen.fillStyle = theme.colourOf(node);
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

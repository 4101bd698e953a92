import { SvgPen, traceEdge, traceHead } from "./curve";
import { shortName, type Graph, type GraphNode } from "./graph";
import type { Layout, PlacedEdge, PlacedNode } from "./layout";

/** Graphviz: artifacts are rounded, runs are boxes, back edges are left to dot. */
export function toDot(graph: Graph, title: string): string {
  const nodes = graph.nodes.map((node) => `  ${quoted(node.id)} [label=${quoted(dotLabel(node))}, style="${dotStyle(node)}"];`);
  const edges = graph.edges.map((edge) => `  ${quoted(edge.source)} -> ${quoted(edge.target)} [tooltip="${edge.role}"];`);
  const head = [`digraph ${quoted(title)} {`, "  rankdir=LR;", '  node [shape=box, fontname="sans-serif"];'];
  return [...head, ...nodes, ...edges, "}", ""].join("\n");
}

/** The graph as the API would say it, stacks with their members. */
export function toJson(graph: Graph): string {
  const { nodes, edges, truncated, total } = graph;
  return `${JSON.stringify({ nodes, edges, truncated, total }, null, 2)}\n`;
}

/** The picture with real text. `colourOf` gives a node's colour. */
export function toSvg(layout: Layout, colourOf: (node: PlacedNode) => string, theme: SvgTheme): string {
  const { left, top, right, bottom } = layout.bounds;
  const box = [left - 24, top - 24, right - left + 48, bottom - top + 48].map(Math.round).join(" ");
  const byId = new Map(layout.nodes.map((node) => [node.id, node]));
  const edges = layout.edges.map((edge) => svgEdge(edge, byId, theme));
  const nodes = layout.nodes.map((node) => svgNode(node, colourOf(node), theme));
  const open = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="${box}" font-family="system-ui, sans-serif">`;
  const ground = `<rect x="${left - 24}" y="${top - 24}" width="100%" height="100%" fill="${theme.background}"/>`;
  return [open, ground, ...edges, ...nodes, "</svg>", ""].join("\n");
}

export interface SvgTheme {
  background: string;
  text: string;
  quiet: string;
  line: string;
}

function svgEdge(edge: PlacedEdge, byId: ReadonlyMap<string, PlacedNode>, theme: SvgTheme): string {
  const source = byId.get(edge.source);
  const target = byId.get(edge.target);
  if (!source || !target) return "";
  const pen = new SvgPen();
  traceEdge(pen, edge, source, target);
  traceHead(pen, target);
  const dash = edge.through ? ' stroke-dasharray="3 4"' : "";
  return `<path d="${pen.d}" fill="none" stroke="${theme.line}" stroke-width="1.3"${dash}/>`;
}

function svgNode(node: PlacedNode, colour: string, theme: SvgTheme): string {
  const radius = node.kind === "artifact" ? 12 : 4;
  const words = [node.kind === "run" ? "▸" : "◆", node.type, ...node.aliases].filter(Boolean).join(" ");
  return [
    `<g transform="translate(${Math.round(node.x)} ${Math.round(node.y)})">`,
    `<rect width="${node.width}" height="${node.height}" rx="${radius}" fill="${theme.background}" stroke="${colour}"/>`,
    `<text x="14" y="19" font-size="11" fill="${theme.quiet}">${escaped(words)}</text>`,
    `<text x="14" y="37" font-size="13" fill="${theme.text}">${escaped(clipped(shortName(node)))}</text></g>`,
  ].join("");
}

/** Node labels have this many characters at most in a picture, where nothing clips them. */
function clipped(text: string, most = 27): string {
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}

function dotLabel(node: GraphNode): string {
  return [node.label, ...node.aliases].join("\n");
}

function dotStyle(node: GraphNode): string {
  return node.kind === "artifact" ? "rounded" : "solid";
}

function quoted(text: string): string {
  return `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n")}"`;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}

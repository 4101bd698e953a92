/* eslint-disable @typescript-eslint/no-non-null-assertion -- a test fails where a value is missing */
import { describe, expect, it } from "vitest";
import { toDot, toJson, toSvg } from "./export";
import { layout } from "./layout";
import { samplePipeline } from "./sample";

const theme = { background: "#fff", text: "#000", quiet: "#555", line: "#999" };

describe("exports", () => {
  it("writes DOT with quoted names and every edge", () => {
    const graph = samplePipeline(6);
    const first = { ...graph.nodes[0]!, label: 'a "quoted" \\ name' };
    const dot = toDot({ ...graph, nodes: [first, ...graph.nodes.slice(1)] }, "me/project");
    expect(dot.startsWith('digraph "me/project" {')).toBe(true);
    expect(dot).toContain('"a \\"quoted\\" \\\\ name"');
    expect(dot.match(/ -> /g)).toHaveLength(graph.edges.length);
    expect(dot.trimEnd().endsWith("}")).toBe(true);
  });

  it("writes JSON that reads back", () => {
    const graph = samplePipeline(9);
    expect(JSON.parse(toJson(graph))).toEqual(graph);
  });

  it("writes SVG with escaped text and a path for each edge", () => {
    const graph = samplePipeline(6);
    const named = { ...graph, nodes: graph.nodes.map((node) => ({ ...node, name: "<b>&", label: "<b>&" })) };
    const svg = toSvg(layout(named), () => "blue", theme);
    expect(svg).toContain("&lt;b&gt;&amp;");
    expect(svg).not.toContain("<b>");
    expect(svg.match(/<path /g)).toHaveLength(graph.edges.length);
  });
});

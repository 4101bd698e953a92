import { describe, expect, it } from "vitest";
import { contract } from "./contract";
import { fold, shownAs, stackId } from "./fold";
import type { Graph, GraphNode } from "./graph";
import { samplePipeline } from "./sample";

const members = (graph: Graph): string[] => graph.nodes.flatMap((node) => node.members?.map((m) => m.id) ?? [node.id]);

/** One model, `count` evaluations of it, each with one prediction. */
function sweep(count: number): Graph {
  const node = (id: string, kind: GraphNode["kind"], type: string, time: number): GraphNode => {
    return { id, kind, type, name: type, label: id, time, version: null, state: null, aliases: [], count: 1 };
  };
  const nodes = [node("artifact:m:v0", "artifact", "model", 0)];
  const edges: Graph["edges"][number][] = [];
  for (let i = 0; i < count; i++) {
    nodes.push(node(`run:e${i}`, "run", "evaluate", i + 1), node(`artifact:p:v${i}`, "artifact", "predictions", i + 1));
    edges.push({ source: "artifact:m:v0", target: `run:e${i}`, role: "used", count: 1 });
    edges.push({ source: `run:e${i}`, target: `artifact:p:v${i}`, role: "made", count: 1 });
  }
  return { nodes, edges, truncated: false, total: nodes.length };
}

describe("fold", () => {
  it.each([50, 300, 3000])("keeps every member of %i nodes, once", (size) => {
    const graph = samplePipeline(size);
    const folded = fold(graph);
    expect(members(folded).sort()).toEqual(graph.nodes.map((node) => node.id).sort());
    expect(folded.nodes.length).toBeLessThan(graph.nodes.length);
    expect(folded.nodes.reduce((sum, node) => sum + node.count, 0)).toBe(graph.nodes.length);
  });

  it("folds 12 evaluations, then their 12 predictions", () => {
    const folded = fold(sweep(12));
    expect(folded.nodes.map((node) => node.label).sort()).toEqual(["12 × evaluate", "12 × predictions", "artifact:m:v0"]);
    expect(folded.edges.map((edge) => edge.count)).toEqual([12, 12]);
  });

  it("leaves three siblings alone", () => {
    expect(fold(sweep(3)).nodes).toHaveLength(7);
  });

  it("shows the members of an opened stack, and keeps its id when more arrive", () => {
    const open = new Set(["stack:run:e0", "stack:artifact:p:v0"]);
    expect(fold(sweep(12), { open }).nodes).toHaveLength(25);
    expect(stackId(sweep(30).nodes.filter((node) => node.kind === "run"))).toBe("stack:run:e0");
  });

  it("never folds what has an alias of its own, and what is open", () => {
    const graph = sweep(12);
    const named = { ...graph, nodes: graph.nodes.map((n) => (n.id === "artifact:p:v3" ? { ...n, aliases: ["best"] } : n)) };
    const folded = fold(named, { open: new Set(["run:e7"]) });
    expect(folded.nodes.map((node) => node.id)).toEqual(expect.arrayContaining(["artifact:p:v3", "run:e7"]));
    expect(members(folded)).toHaveLength(25);
  });

  it("says where each node went", () => {
    const folded = fold(sweep(12));
    expect(shownAs(folded).get("run:e11")).toBe("stack:run:e0");
    expect(shownAs(folded).get("artifact:m:v0")).toBe("artifact:m:v0");
  });
});

describe("contract", () => {
  it("lets edges pass through what is hidden", () => {
    const hidden = contract(sweep(2), new Set(["job:evaluate"]));
    expect(hidden.nodes.map((node) => node.id)).toEqual(["artifact:m:v0", "artifact:p:v0", "artifact:p:v1"]);
    expect(hidden.edges.map((edge) => [edge.source, edge.target, edge.through])).toEqual([
      ["artifact:m:v0", "artifact:p:v1", true],
      ["artifact:m:v0", "artifact:p:v0", true],
    ]);
  });

  it("changes nothing when nothing is hidden", () => {
    const graph = sweep(2);
    expect(contract(graph, new Set())).toBe(graph);
    expect(contract(graph, new Set(["job:none"]))).toBe(graph);
  });
});

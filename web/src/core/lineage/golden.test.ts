import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import type { Direction, Graph, GraphEdge } from "./graph";
import { groupNodes } from "./group";
import { layout } from "./layout";
import { reach } from "./reach";

interface Golden {
  instances: Graph;
  types: Graph;
  collections: Graph;
  reach: { root: string; direction: Direction; depth?: number | null; ids: string[] | Record<string, number> }[];
}

const path = fileURLToPath(new URL("../../../../tests/golden/lineage.json", import.meta.url));
const golden = JSON.parse(readFileSync(path, "utf8")) as Golden;

const edges = (graph: Graph): GraphEdge[] => {
  const key = (edge: GraphEdge): string => `${edge.source} ${edge.target} ${edge.role}`;
  return [...graph.edges].sort((a, b) => (key(a) < key(b) ? -1 : 1));
};
const counts = (graph: Graph) => Object.fromEntries(graph.nodes.map((node) => [node.id, node.count]));

describe("the golden lineage, read by Python too", () => {
  it.each(golden.reach)("reaches the same from $root, $direction", ({ root, direction, depth, ids }) => {
    const found = reach(golden.instances.edges, root, direction, depth ?? Infinity);
    expect([...found.keys()].sort()).toEqual((Array.isArray(ids) ? [...ids] : Object.keys(ids)).sort());
    if (!Array.isArray(ids)) expect(Object.fromEntries(found)).toEqual(ids);
  });

  it.each(["types", "collections"] as const)("groups into the same %s", (detail) => {
    const grouped = groupNodes(golden.instances, detail);
    expect(counts(grouped)).toEqual(counts(golden[detail]));
    expect(edges(grouped).map(({ source, target, role, count }) => ({ source, target, role, count }))).toEqual(
      edges(golden[detail]).map(({ source, target, role, count }) => ({ source, target, role, count })),
    );
  });

  it("draws all of it", () => {
    expect(layout(golden.instances).nodes).toHaveLength(golden.instances.nodes.length);
  });
});

/* eslint-disable @typescript-eslint/no-non-null-assertion -- a test fails where a value is missing */
import { describe, expect, it } from "vitest";
import type { Graph } from "./graph";
import { groupNodes } from "./group";
import { layout, type Layout, type PlacedNode } from "./layout";
import { nonDecreasing } from "./place";
import { samplePipeline } from "./sample";

const crossings = (picture: Layout): [PlacedNode, PlacedNode][] => {
  const found: [PlacedNode, PlacedNode][] = [];
  const sorted = [...picture.nodes].sort((a, b) => a.x - b.x);
  sorted.forEach((a, i) => {
    for (const b of sorted.slice(i + 1)) {
      if (b.x >= a.x + a.width) break;
      if (Math.abs(a.y - b.y) < a.height - 0.001) found.push([a, b]);
    }
  });
  return found;
};

const pointingLeft = (picture: Layout): string[] => {
  const at = new Map(picture.nodes.map((node) => [node.id, node]));
  return picture.edges
    .filter((edge) => !edge.back && at.get(edge.source)!.x + at.get(edge.source)!.width >= at.get(edge.target)!.x)
    .map((edge) => `${edge.source} → ${edge.target}`);
};

describe("layout", () => {
  it.each([9, 60, 300, 3000])("draws %i instances from left to right without overlaps", (size) => {
    const picture = layout(samplePipeline(size));
    expect(picture.nodes.length).toBeGreaterThanOrEqual(size);
    expect(pointingLeft(picture)).toEqual([]);
    expect(picture.edges.filter((edge) => edge.back)).toEqual([]);
    expect(crossings(picture)).toEqual([]);
  });

  it("keeps every node inside its bounds", () => {
    const { nodes, bounds } = layout(samplePipeline(300));
    for (const node of nodes) {
      expect(node.x).toBeGreaterThanOrEqual(bounds.left);
      expect(node.x + node.width).toBeLessThanOrEqual(bounds.right + 0.001);
      expect(node.y).toBeGreaterThanOrEqual(bounds.top);
      expect(node.y + node.height).toBeLessThanOrEqual(bounds.bottom);
    }
  });

  it("draws the edge that closes a cycle as a back edge, the younger one", () => {
    const types = groupNodes(samplePipeline(200), "types");
    const picture = layout(types);
    const back = picture.edges.filter((edge) => edge.back).map((edge) => `${edge.source} → ${edge.target}`);
    expect(back).toContain("job:preprocess → type:dataset");
    expect(back).toContain("job:train → type:model".split(" → ").reverse().join(" → "));
    for (const { back: isBack, floor } of picture.edges) if (isBack) expect(hits(picture, picture.bounds.right / 2, floor)).toBe(false);
    expect(pointingLeft(picture)).toEqual([]);
    expect(crossings(picture)).toEqual([]);
  });

  it("gives edges over several columns a lane between the nodes", () => {
    const picture = layout(samplePipeline(40));
    const at = new Map(picture.nodes.map((node) => [node.id, node]));
    const long = picture.edges.filter((edge) => at.get(edge.target)!.rank - at.get(edge.source)!.rank > 1);
    expect(long.length).toBeGreaterThan(0);
    for (const edge of long) expect(edge.lane.length).toBeGreaterThan(0);
    for (const edge of long) for (const [x, y] of edge.lane) expect(hits(picture, x + 1, y)).toBe(false);
  });

  it("does not depend on the order of the answer", () => {
    const graph = samplePipeline(60);
    const turned: Graph = { ...graph, nodes: [...graph.nodes].reverse() };
    const places = (picture: Layout) => new Map(picture.nodes.map((node) => [node.id, [node.x, Math.round(node.y)]]));
    const [first, second] = [places(layout(graph)), places(layout(turned))];
    for (const [id, place] of first) expect(second.get(id)).toEqual(place);
  });

  it("leaves out edges to nodes that are not there, and draws nothing for nothing", () => {
    const graph = samplePipeline(9);
    const strange = { ...graph, edges: [...graph.edges, { source: "run:gone", target: "run:x", role: "made" as const, count: 1 }] };
    expect(layout(strange).nodes).toHaveLength(graph.nodes.length);
    expect(layout({ ...graph, nodes: [], edges: [] }).nodes).toEqual([]);
  });
});

const hits = (picture: Layout, x: number, y: number): boolean =>
  picture.nodes.some((n) => x > n.x && x < n.x + n.width && y > n.y && y < n.y + n.height);

describe("nonDecreasing", () => {
  it("is the nearest list that never goes down", () => {
    expect(nonDecreasing([1, 2, 3])).toEqual([1, 2, 3]);
    expect(nonDecreasing([3, 1])).toEqual([2, 2]);
    expect(nonDecreasing([1, 5, 3, 4, 9])).toEqual([1, 4, 4, 4, 9]);
  });
});

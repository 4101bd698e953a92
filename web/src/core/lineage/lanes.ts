import { at, emptyLists, type Links } from "./links";

/** Nodes and the points through which long edges pass: point i ≥ `nodes` is a lane, not a node. */
export interface Points {
  nodes: number;
  ranks: number[];
  up: number[][];
  down: number[][];
  /** For an edge longer than one column, the lane points it passes through, from left to right. */
  chains: Map<number, number[]>;
}

/** Give each edge that skips columns a lane of its own row; edges of one source share lanes, which bundles them. */
export function addLanes(links: Links, nodeRanks: readonly number[], wanted: boolean): Points {
  const points: Points = {
    nodes: links.count,
    ranks: [...nodeRanks],
    up: emptyLists(links.count),
    down: emptyLists(links.count),
    chains: new Map(),
  };
  const shared = new Map<string, number>();
  for (const [source, target, edge] of links.pairs) {
    const chain = wanted ? chainOf(points, source, target, shared) : [];
    if (chain.length) points.chains.set(edge, chain);
    join(points, chain.at(-1) ?? source, target);
  }
  return points;
}

/** How many lane points the edges would need without sharing. */
export function laneDemand(links: Links, ranks: readonly number[]): number {
  return links.pairs.reduce((sum, [source, target]) => sum + at(ranks, target) - at(ranks, source) - 1, 0);
}

function chainOf(points: Points, source: number, target: number, shared: Map<string, number>): number[] {
  const chain: number[] = [];
  for (let rank = at(points.ranks, source) + 1; rank < at(points.ranks, target); rank++) {
    const key = `${source} ${rank}`;
    let lane = shared.get(key);
    if (lane === undefined) {
      lane = addPoint(points, rank);
      shared.set(key, lane);
      join(points, chain.at(-1) ?? source, lane);
    }
    chain.push(lane);
  }
  return chain;
}

function addPoint(points: Points, rank: number): number {
  points.up.push([]);
  points.down.push([]);
  return points.ranks.push(rank) - 1;
}

function join(points: Points, above: number, below: number): void {
  at(points.down, above).push(below);
  at(points.up, below).push(above);
}

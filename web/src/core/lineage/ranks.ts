import { at, emptyLists, type Links } from "./links";

/**
 * A column for each node: one more than the last of its parents'. A node without parents stands directly before its
 * first child, so that a late dataset is not drawn at the far left. `links` has no cycles.
 */
export function rankNodes(links: Links): number[] {
  const out = emptyLists<number>(links.count);
  const waiting = new Int32Array(links.count);
  for (const [source, target] of links.pairs) {
    at(out, source).push(target);
    waiting[target] = at(waiting, target) + 1;
  }
  const roots = [...waiting.keys()].filter((i) => waiting[i] === 0);
  const ranks = longestPaths(out, waiting, roots);
  pullRoots(ranks, out, roots);
  return ranks;
}

function longestPaths(out: number[][], waiting: Int32Array, roots: readonly number[]): number[] {
  const ranks = new Array<number>(out.length).fill(0);
  const queue = [...roots];
  for (let head = 0; head < queue.length; head++) {
    const node = at(queue, head);
    for (const child of at(out, node)) {
      ranks[child] = Math.max(at(ranks, child), at(ranks, node) + 1);
      waiting[child] = at(waiting, child) - 1;
      if (waiting[child] === 0) queue.push(child);
    }
  }
  return ranks;
}

function pullRoots(ranks: number[], out: number[][], roots: readonly number[]): void {
  for (const root of roots) {
    const children = at(out, root);
    if (!children.length) continue;
    let first = Infinity;
    for (const child of children) first = Math.min(first, at(ranks, child));
    ranks[root] = Math.max(0, first - 1);
  }
}

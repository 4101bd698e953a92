import { at, emptyLists, type Links } from "./links";

const NEW = 0;
const ON_PATH = 1;
const DONE = 2;

/**
 * Edges that close a cycle, by their index in the graph. Depth-first from the nodes in `order` (oldest first), so that
 * what came later points back. Instances have none; types and collections may.
 */
export function backEdges(links: Links, order: readonly number[]): Set<number> {
  const out = emptyLists<[number, number]>(links.count);
  for (const [source, target, edge] of links.pairs) at(out, source).push([target, edge]);
  const back = new Set<number>();
  const state = new Uint8Array(links.count);
  for (const root of order) if (state[root] === NEW) descend(root, out, state, back);
  return back;
}

function descend(root: number, out: [number, number][][], state: Uint8Array, back: Set<number>): void {
  const path: { node: number; next: number }[] = [{ node: root, next: 0 }];
  state[root] = ON_PATH;
  for (let top = path.at(-1); top; top = path.at(-1)) {
    const step = at(out, top.node)[top.next++];
    if (!step) {
      state[top.node] = DONE;
      path.pop();
      continue;
    }
    const [target, edge] = step;
    if (state[target] === ON_PATH) back.add(edge);
    else if (state[target] === NEW) {
      state[target] = ON_PATH;
      path.push({ node: target, next: 0 });
    }
  }
}

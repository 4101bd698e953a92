import { pushTo, type Graph, type GraphNode } from "./graph";
import { mergeEdges } from "./group";
import { neighbours } from "./reach";

/** A level with fewer nodes than this is shown as it is. */
export const FOLD_ABOVE = 150;
const SMALLEST_STACK = 4;
const PASSES = 4;

export interface FoldOptions {
  /** A stack has at least so many members. */
  atLeast?: number;
  /** Ids (of nodes, or of stacks to be shown member by member) that never fold. */
  open?: ReadonlySet<string>;
}

/**
 * Fold siblings into stacks: nodes of one type with the same parents and the same children, or only leaf children.
 * Repeated, so that "12 evaluations" and then "their 12 predictions" both fold. No node is lost: each is shown, or is
 * a member of exactly one stack. A node with an alias people gave is never folded away.
 */
export function fold(graph: Graph, { atLeast = SMALLEST_STACK, open = new Set() }: FoldOptions = {}): Graph {
  let current = graph;
  for (let pass = 0; pass < PASSES; pass++) {
    const groups = siblings(current, open).filter((group) => group.length >= (pass ? 2 : atLeast));
    const next = stackUp(current, pass ? groups.filter(hasStackOrIsLarge(atLeast)) : groups, open);
    if (next.nodes.length === current.nodes.length) break;
    current = next;
  }
  return { ...current, total: graph.total };
}

/** The id under which a group of siblings is stacked: that of its oldest member, so that it stays when more arrive. */
export function stackId(members: readonly GraphNode[]): string {
  return `stack:${oldest(members).id}`;
}

/** Where each node of the unfolded graph is shown. */
export function shownAs(folded: Graph): Map<string, string> {
  const shown = new Map<string, string>();
  for (const node of folded.nodes) {
    shown.set(node.id, node.id);
    for (const member of node.members ?? []) shown.set(member.id, node.id);
  }
  return shown;
}

function hasStackOrIsLarge(atLeast: number): (group: readonly GraphNode[]) => boolean {
  return (group) => group.length >= atLeast || group.some((node) => node.members);
}

function siblings(graph: Graph, open: ReadonlySet<string>): GraphNode[][] {
  const parents = neighbours(graph.edges, "up");
  const children = neighbours(graph.edges, "down");
  const byId = new Map(graph.nodes.map((node) => [node.id, node]));
  const groups = new Map<string, GraphNode[]>();
  for (const node of graph.nodes) {
    if (!mayFold(node, open)) continue;
    const above = sorted(parents.get(node.id) ?? []);
    const below = sorted((children.get(node.id) ?? []).map((id) => leafOrId(id, children, byId)));
    const name = node.kind === "artifact" ? node.name : "";
    pushTo(groups, [node.kind, node.type, name, above, below].join("\n"), node);
  }
  return [...groups.values()];
}

function mayFold(node: GraphNode, open: ReadonlySet<string>): boolean {
  return !open.has(node.id) && !node.aliases.some((alias) => alias !== "latest");
}

function leafOrId(id: string, children: Map<string, string[]>, byId: Map<string, GraphNode>): string {
  return children.has(id) ? id : `leaf ${byId.get(id)?.type ?? ""}`;
}

function sorted(ids: string[]): string {
  return [...new Set(ids)].sort().join(" ");
}

function stackUp(graph: Graph, groups: GraphNode[][], open: ReadonlySet<string>): Graph {
  const home = new Map(graph.nodes.map((node) => [node.id, node.id]));
  const stacks = new Map<string, GraphNode>();
  for (const group of groups) {
    const stack = makeStack(group);
    if (open.has(stack.id)) continue;
    stacks.set(stack.id, stack);
    for (const node of group) home.set(node.id, stack.id);
  }
  const shown = graph.nodes.filter((node) => home.get(node.id) === node.id);
  const edges = mergeEdges(graph.edges, home).filter((edge) => edge.source !== edge.target);
  return { ...graph, nodes: [...shown, ...stacks.values()], edges };
}

function makeStack(group: readonly GraphNode[]): GraphNode {
  const members = group.flatMap((node) => node.members ?? [node]);
  const first = oldest(members);
  const name = first.kind === "artifact" ? first.name : first.type;
  return {
    ...first,
    id: stackId(members),
    name,
    label: `${members.length} × ${name || "run"}`,
    version: null,
    state: stackState(members),
    aliases: [],
    count: members.length,
    members,
  };
}

/** What needs attention wins: a stack with a failed run says so. */
function stackState(members: readonly GraphNode[]): string | null {
  const states = new Set(members.map((node) => node.state));
  const worst = ["failed", "crashed", "killed", "running"].find((state) => states.has(state));
  return worst ?? members[0]?.state ?? null;
}

function oldest(members: readonly GraphNode[]): GraphNode {
  return members.reduce((a, b) => (b.time < a.time || (b.time === a.time && b.id < a.id) ? b : a));
}

/** One line of a JSON tree. */
export interface TreeLine {
  /** JSON pointer of this value, unique in the tree. */
  pointer: string;
  depth: number;
  key: string | null;
  value: Leaf | null;
  /** For an object or a list: what it is and how many it holds. */
  branch: { kind: "object" | "list"; size: number; open: boolean } | null;
  /** Stands for members that are not shown. */
  more?: number;
}

export type Leaf = { kind: "string" | "number" | "boolean" | "null"; text: string };
export type Json = unknown;

/** A list of thousands is shown in its beginning. */
const MOST_MEMBERS = 200;

/** The visible lines of a tree: branches in `closed` show no members; without it those deeper than `openDepth` are closed. */
export function treeLines(root: Json, isOpen: (pointer: string, depth: number) => boolean): TreeLine[] {
  const lines: TreeLine[] = [];
  addLines(lines, root, null, "", 0, isOpen);
  return lines;
}

function addLines(
  lines: TreeLine[],
  value: Json,
  key: string | null,
  pointer: string,
  depth: number,
  isOpen: (pointer: string, depth: number) => boolean,
): void {
  if (typeof value !== "object" || value === null) {
    lines.push({ pointer, depth, key, value: leaf(value), branch: null });
    return;
  }
  const members: [string, Json][] = Object.entries(value);
  const open = members.length > 0 && isOpen(pointer, depth);
  const kind = Array.isArray(value) ? "list" : "object";
  lines.push({ pointer, depth, key, value: null, branch: { kind, size: members.length, open } });
  if (open) addMembers(lines, members, pointer, depth + 1, isOpen);
}

function addMembers(
  lines: TreeLine[],
  members: [string, Json][],
  pointer: string,
  depth: number,
  isOpen: (pointer: string, depth: number) => boolean,
): void {
  for (const [key, value] of members.slice(0, MOST_MEMBERS)) {
    addLines(lines, value, key, `${pointer}/${escapeKey(key)}`, depth, isOpen);
  }
  const more = members.length - MOST_MEMBERS;
  if (more > 0) lines.push({ pointer: `${pointer}/`, depth, key: null, value: null, branch: null, more });
}

function leaf(value: Json): Leaf {
  if (value === null || value === undefined) return { kind: "null", text: "null" };
  if (typeof value === "string") return { kind: "string", text: value };
  if (typeof value === "number") return { kind: "number", text: String(value) };
  return { kind: "boolean", text: String(value) };
}

function escapeKey(key: string): string {
  return key.replaceAll("~", "~0").replaceAll("/", "~1");
}

/** Leaves of nested objects under dotted keys, lists as JSON: for searching and comparing. */
export function flatten(value: Json, prefix = ""): Map<string, string> {
  const flat = new Map<string, string>();
  if (typeof value !== "object" || value === null || Array.isArray(value) || !Object.keys(value).length) {
    flat.set(prefix, leafText(value));
    return flat;
  }
  for (const [key, member] of Object.entries(value)) {
    for (const [path, text] of flatten(member, prefix ? `${prefix}.${key}` : key)) flat.set(path, text);
  }
  return flat;
}

function leafText(value: Json): string {
  return typeof value === "string" ? value : JSON.stringify(value) ?? "null";
}

export interface Change {
  key: string;
  before: string | null;
  after: string | null;
}

/** What changed between two objects, by dotted key: added has no `before`, removed no `after`. */
export function changes(before: Json, after: Json): Change[] {
  const [old, now] = [flatObject(before), flatObject(after)];
  const keys = [...new Set([...old.keys(), ...now.keys()])].sort();
  return keys
    .map((key) => ({ key, before: old.get(key) ?? null, after: now.get(key) ?? null }))
    .filter((change) => change.before !== change.after);
}

function flatObject(value: Json): Map<string, string> {
  const flat = flatten(value);
  flat.delete("");
  return flat;
}

/** The value of a JSON text; undefined if it is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

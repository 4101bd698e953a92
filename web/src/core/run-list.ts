import { readFlag, readList, readText, type Search } from "./search";

/** Which runs are listed and drawn: the same in the workspace and in the table, and in both addresses. */
export interface RunList {
  /** Words that the runs hold, or a filter in the filter language. */
  q: string | undefined;
  /** States, if only these. */
  state: string[];
  /** `-created_at`, `+config.lr`, …: what the server sorts by, the first counts most. */
  sort: string[];
  /** What runs are grouped by. */
  group: string[];
  /** Runs that are listed but not drawn. */
  hide: string[];
  /** If any: draw these runs, and no others. */
  only: string[];
  /** Runs that are always listed first, and drawn. */
  pin: string[];
  /** The archived runs instead of the others. */
  archived: boolean;
}

export const STATES = ["running", "finished", "failed", "crashed", "killed", "preempting"] as const;

export const RUN_LIST_DEFAULTS: RunList = { q: undefined, state: [], sort: ["-created_at"], group: [], hide: [], only: [], pin: [], archived: false };

const SORT = /^[+-](?:(?:name|state|created_at|updated_at|duration|number|job_type|group|user)$|(?:config|summary)\..+)/;
const GROUP = /^(?:(?:state|job_type|group|user|tags)$|(?:config|summary)\..+)/;

export function readRunList(search: Search): RunList {
  // A plus in an address is a space to those who read it.
  const sort = readList(search["sort"]).map((one) => one.replace(/^ /, "+")).filter((one) => SORT.test(one));
  return {
    q: readText(search["q"]),
    state: readList(search["state"]).filter((state) => STATES.some((one) => one === state)),
    sort: sort.length > 0 ? sort : RUN_LIST_DEFAULTS.sort,
    group: readList(search["group"]).filter((one) => GROUP.test(one)),
    hide: readList(search["hide"]),
    only: readList(search["only"]),
    pin: readList(search["pin"]),
    archived: readFlag(search["archived"]),
  };
}

const SIGNS = /[=<>~]|\b(?:in|has)\s*[("]|\bis\s+(?:not\s+)?null\b/;

/** Is the text a filter in the filter language, or words to look for? */
export function isFilter(text: string): boolean {
  return SIGNS.test(text);
}

/** What the address says as one filter: the user's own first, then the states. */
export function filterOf({ q, state }: RunList): string {
  const own = q !== undefined && isFilter(q.trim()) ? q.trim() : "";
  const states = state.length === 0 ? "" : `state in (${state.join(", ")})`;
  return own !== "" && states !== "" ? `(${own}) and ${states}` : own + states;
}

/** How many characters stand before the user's own filter in the whole one. */
export function filterShift({ state }: RunList): number {
  return state.length > 0 ? 1 : 0;
}

const PLAIN_KEY = /^[\w.:/@%$+-]+$/;

/** A field as the filter language writes it: `config."my key"`. */
export function fieldText(field: string): string {
  const dot = field.indexOf(".");
  const [part, key] = [field.slice(0, dot), field.slice(dot + 1)];
  if (dot < 0 || PLAIN_KEY.test(key)) return field;
  return `${part}."${key.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
}

/** A click on a column's head: down, up, away; `add` sorts by it after the columns before. */
export function nextSort(current: readonly string[], column: string, add: boolean): string[] {
  const others = current.filter((one) => one.slice(1) !== column);
  const before = current.find((one) => one.slice(1) === column);
  const next = before === undefined ? [`-${column}`] : before.startsWith("-") ? [`+${column}`] : [];
  const found = add ? [...others, ...next] : next;
  return found.length > 0 ? found : [...RUN_LIST_DEFAULTS.sort];
}

/** The listed runs that are drawn: pinned ones, then those that are not hidden, at most so many. */
export function drawnRuns<R extends { id: string }>(runs: readonly R[], { hide, only, pin }: RunList, most: number): R[] {
  const [hidden, chosen, pinned] = [new Set(hide), new Set(only), new Set(pin)];
  const isDrawn = ({ id }: R): boolean => (chosen.size > 0 ? chosen.has(id) : !hidden.has(id));
  const first = runs.filter((run) => pinned.has(run.id) && isDrawn(run));
  return [...first, ...runs.filter((run) => !pinned.has(run.id) && isDrawn(run))].slice(0, Math.max(most, first.length));
}

/** The change to the address that shows or hides a run. */
export function toggled({ hide, only }: RunList, run: string): Partial<RunList> {
  return only.length > 0 ? { only: flipped(only, run) } : { hide: flipped(hide, run) };
}

/** The list with the item, or without it if it was there. */
export function flipped(list: readonly string[], item: string): string[] {
  return list.includes(item) ? list.filter((one) => one !== item) : [...list, item];
}

/**
 * The query string as state. In the address everything is plain text (`log=1`, `hide=a,b`, `x=10,500`); these readers
 * turn one field of it into a value, and whatever they cannot read into its default, so that a bad link still opens.
 */

export type Search = Record<string, unknown>;

export function parseSearch(query: string): Search {
  return Object.fromEntries(new URLSearchParams(query));
}

function written(value: unknown): string | undefined {
  if (value === undefined || value === null || value === "" || value === false) return undefined;
  if (value === true) return "1";
  if (Array.isArray(value)) return value.length === 0 ? undefined : writtenList(value.map(String));
  if (typeof value === "object") return Object.keys(value).length === 0 ? undefined : JSON.stringify(value);
  return String(value as string | number);
}

/** `a,b`; as JSON where commas would not part it rightly. */
function writtenList(items: readonly string[]): string {
  return items.some((item) => item === "" || item.includes(",") || item.startsWith("[")) ? JSON.stringify(items) : items.join(",");
}

/** With the leading `?` if there is anything to say. Commas and colons stay readable. */
export function stringifySearch(search: Search): string {
  const fields = new URLSearchParams();
  for (const [name, value] of Object.entries(search)) {
    const text = written(value);
    if (text !== undefined) fields.set(name, text);
  }
  const query = fields.toString().replaceAll("%2C", ",").replaceAll("%3A", ":").replaceAll("%2F", "/");
  return query === "" ? "" : `?${query}`;
}

/** The fields as they stand in the address: text, without those that say nothing. */
export function fieldsOf(search: Search): Record<string, string> {
  return Object.fromEntries(Object.entries(search).flatMap(([name, value]) => {
    const text = written(value);
    return text === undefined ? [] : [[name, text]];
  }));
}

export function readText(value: unknown): string | undefined {
  if (typeof value === "number") return String(value);
  return typeof value === "string" && value !== "" ? value : undefined;
}

export function readFlag(value: unknown): boolean {
  return value === true || value === "1" || value === "true";
}

export function readNumber(value: unknown, fallback: number, min: number, max: number): number {
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  return typeof number === "number" && number >= min && number <= max ? number : fallback;
}

export function readOneOf<T extends string>(value: unknown, options: readonly T[], fallback: T): T {
  return options.find((option) => option === value) ?? fallback;
}

/** The value a JSON text stands for; undefined if it is none. */
export function readJson(value: unknown): unknown {
  if (typeof value !== "string") return value;
  try {
    return JSON.parse(value);
  } catch {
    return undefined;
  }
}

export function readList(value: unknown): string[] {
  const listed = typeof value === "string" && value.startsWith("[") ? readJson(value) : value;
  if (Array.isArray(listed)) return listed.filter((item): item is string => typeof item === "string" && item !== "");
  return typeof listed === "string" ? listed.split(",").filter((item) => item !== "") : [];
}

export type Range = readonly [number, number];

/** Two finite numbers in order, as `10,500`. */
export function readRange(value: unknown): Range | undefined {
  const [from, to, ...more] = Array.isArray(value) ? value.map(Number) : readList(value).map(Number);
  if (from === undefined || to === undefined || more.length > 0) return undefined;
  return Number.isFinite(from) && Number.isFinite(to) && from < to ? [from, to] : undefined;
}

/** The fields that differ from their defaults; lists and ranges are compared by what they hold. */
export function withoutDefaults<T extends object>(search: T, defaults: T): T {
  const fields = Object.entries(search).filter(
    ([name, value]) => JSON.stringify(value) !== JSON.stringify(defaults[name as keyof T]),
  );
  return Object.fromEntries(fields) as T;
}

/** The facts that an SDK writes into a run's metadata, read with care: any client may have written them. */
export interface Fact {
  readonly name: string;
  readonly text: string;
  readonly href: string | undefined;
  readonly isCode: boolean;
}

type Fields = Readonly<Record<string, unknown>>;

/** Name shown, places where the value may stand, and whether it is code. */
const KNOWN: readonly (readonly [string, readonly string[], boolean])[] = [
  ["Command", ["command"], true],
  ["Program", ["program"], true],
  ["Directory", ["cwd", "directory"], true],
  ["Git remote", ["git.remote", "git.url"], false],
  ["Git commit", ["git.commit"], true],
  ["Git branch", ["git.branch"], true],
  ["Host", ["host", "hostname"], false],
  ["System", ["os", "system", "platform"], false],
  ["Python", ["python", "python_version"], false],
  ["Processors", ["cpu", "cpu_count"], false],
  ["GPU", ["gpu", "gpus"], false],
];

function at(fields: Fields, path: string): unknown {
  return path.split(".").reduce<unknown>((value, name) => (typeof value === "object" && value !== null ? (value as Fields)[name] : undefined), fields);
}

function textOf(value: unknown): string | undefined {
  if (typeof value === "string") return value || undefined;
  if (typeof value === "number") return String(value);
  if (Array.isArray(value) && value.every((item) => typeof item === "string")) return value.join(" ") || undefined;
  return undefined;
}

/** A remote as a page one can open; nothing but http and https ever becomes a link. */
export function webAddress(remote: string): string | undefined {
  const ssh = /^(?:ssh:\/\/)?git@([\w.-]+)[:/]([\w./~-]+)$/.exec(remote);
  const address = ssh ? `https://${ssh[1] ?? ""}/${ssh[2] ?? ""}` : remote;
  return /^https?:\/\/[^\s@]+$/.test(address) ? address.replace(/\.git$/, "") : undefined;
}

function without(fields: Fields, path: string): Fields {
  const [name = "", ...inner] = path.split(".");
  const { [name]: value, ...others } = fields;
  if (inner.length === 0 || typeof value !== "object" || value === null) return others;
  const left = without(value as Fields, inner.join("."));
  return Object.keys(left).length > 0 ? { ...others, [name]: left } : others;
}

/** The known facts in a fixed order, and everything else as it is. */
export function describe(metadata: Fields): { facts: Fact[]; rest: Fields } {
  const facts: Fact[] = [];
  let rest: Fields = metadata;
  for (const [name, places, isCode] of KNOWN) {
    const place = places.find((one) => textOf(at(metadata, one)) !== undefined);
    const text = place === undefined ? undefined : textOf(at(metadata, place));
    if (place === undefined || text === undefined) continue;
    facts.push({ name, text, isCode, href: name === "Git remote" ? webAddress(text) : undefined });
    rest = without(rest, place);
  }
  return { facts, rest };
}

/** Panels stand in sections named by the first part of their key. */
export interface Section {
  readonly name: string;
  readonly keys: readonly string[];
}

export const LOOSE = "charts";

export function sectionOf(key: string): string {
  const slash = key.indexOf("/");
  return slash > 0 ? key.slice(0, slash) : LOOSE;
}

const byName = new Intl.Collator("en", { numeric: true, sensitivity: "base" }).compare;

/** Sections in order of name; keys without a prefix first, `system` last. */
export function sections(keys: Iterable<string>): Section[] {
  const found = new Map<string, string[]>();
  for (const key of keys) {
    const members = found.get(sectionOf(key));
    if (members) members.push(key);
    else found.set(sectionOf(key), [key]);
  }
  const place = (name: string): number => (name === LOOSE ? 0 : name === "system" ? 2 : 1);
  return [...found]
    .map(([name, members]) => ({ name, keys: members.sort(byName) }))
    .sort((a, b) => place(a.name) - place(b.name) || byName(a.name, b.name));
}

/** A filter that takes a regular expression, or plain text where that is not one. */
export function matcher(text: string | undefined): (key: string) => boolean {
  if (text === undefined) return () => true;
  try {
    const pattern = new RegExp(text, "i");
    return (key) => pattern.test(key);
  } catch {
    const plain = text.toLowerCase();
    return (key) => key.toLowerCase().includes(plain);
  }
}

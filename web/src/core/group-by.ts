import { formatValue } from "./format";
import { valueAt } from "./run-value";

/** Items under their names, both in the order of their first appearance. */
export function groupBy<T>(items: Iterable<T>, nameOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const name = nameOf(item);
    const held = groups.get(name);
    if (held) held.push(item);
    else groups.set(name, [item]);
  }
  return groups;
}

/** What a run's group is called: the values of the fields it is grouped by. */
export function groupName(run: object, by: readonly string[]): string {
  return by.map((field) => `${field.replace(/^(?:config|summary)\./, "")}: ${formatValue(valueAt(run, field))}`).join(" · ");
}

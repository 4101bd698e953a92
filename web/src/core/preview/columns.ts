import { flatten } from "./json-tree";

const MOST_COLUMNS = 12;

/** The dotted keys in which some objects differ, and each object's leaves: columns that tell the rows apart. */
export function differingColumns(objects: readonly Readonly<Record<string, unknown>>[]): {
  keys: string[];
  rows: Map<string, string>[];
} {
  const rows = objects.map((object) => flatten(object));
  const all = [...new Set(rows.flatMap((row) => [...row.keys()]))].filter((key) => key !== "");
  const differs = (key: string): boolean => new Set(rows.map((row) => row.get(key))).size > 1;
  return { keys: all.filter(differs).slice(0, MOST_COLUMNS), rows };
}

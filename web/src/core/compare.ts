import { flatten } from "./flatten";
import { formatNumber } from "./format";
import { isMedia } from "./media";

/** One key, and its value in each of the runs (undefined where a run has none). */
export interface CompareRow {
  readonly key: string;
  readonly values: readonly unknown[];
  readonly differs: boolean;
}

const byName = new Intl.Collator("en", { numeric: true }).compare;

/** The keys of some objects side by side, without media; lists count as one value. */
export function sideBySide(objects: readonly Readonly<Record<string, unknown>>[]): CompareRow[] {
  const flat = objects.map((object) => new Map(flatten(object, (value) => isMedia(value))));
  const keys = [...new Set(flat.flatMap((one) => [...one.keys()]))].sort(byName);
  return keys.map((key) => {
    const values = flat.map((one) => one.get(key));
    const [first, ...others] = values.map((value) => JSON.stringify(value));
    return { key, values, differs: others.some((other) => other !== first) };
  });
}

/** `+0.2 (+10 %)`: how a number differs from the base's; empty where there is nothing to say. */
export function deltaOf(value: unknown, base: unknown): string {
  if (typeof value !== "number" || typeof base !== "number" || value === base) return "";
  const difference = value - base;
  if (!Number.isFinite(difference)) return "";
  const sign = difference > 0 ? "+" : "";
  const share = base === 0 ? "" : ` (${sign}${formatNumber((100 * difference) / Math.abs(base), 2)} %)`;
  return `${sign}${formatNumber(difference, 3)}${share}`;
}

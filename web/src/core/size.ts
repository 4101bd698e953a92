const UNITS: Readonly<Record<string, number>> = { "": 1, b: 1, kb: 1e3, mb: 1e6, gb: 1e9, tb: 1e12, kib: 2 ** 10, mib: 2 ** 20, gib: 2 ** 30, tib: 2 ** 40 };
const MOST = 2 ** 53 - 1;

/** Bytes out of what a person writes (`20 GB`, `1.5GiB`); null out of nothing, undefined if it is no size. */
export function readSize(text: string): number | null | undefined {
  const words = text.trim().toLowerCase();
  if (words === "") return null;
  const [, digits, unit = ""] = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/.exec(words) ?? [];
  const each = UNITS[unit];
  if (digits === undefined || each === undefined) return undefined;
  const bytes = Math.round(Number(digits) * each);
  return bytes <= MOST ? bytes : undefined;
}

/** Bytes in words that `readSize` reads as the same number. */
export function sizeWords(bytes: number): string {
  const unit = ["tb", "gb", "mb", "kb"].find((one) => bytes >= (UNITS[one] ?? 1) && readSize(`${String(bytes / (UNITS[one] ?? 1))} ${one}`) === bytes);
  return unit ? `${String(bytes / (UNITS[unit] ?? 1))} ${unit === "kb" ? "kB" : unit.toUpperCase()}` : `${String(bytes)} B`;
}

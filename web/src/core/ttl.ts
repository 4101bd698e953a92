import { formatDuration, formatTime } from "./format";

const DAY = 86_400;

/** How long a version lives, as the server has it: null as the collection says, 0 for ever, else seconds. */
export function ttlText(ttl: number | null, expiresAt: number | null): string {
  const own = ttl === null ? "as the collection has it" : ttl === 0 ? "for ever" : formatDuration(ttl);
  return expiresAt === null ? own : `${own}; until ${formatTime(expiresAt)}`;
}

/** Days as typed: empty means as the collection has it, 0 for ever; undefined if they cannot be read. */
export function readDays(text: string): number | undefined {
  const days = text.trim() === "" ? -1 : Number(text);
  if (days === -1 || days === 0) return days;
  return days > 0 && days < 100_000 ? Math.round(days * DAY) : undefined;
}

export function daysOf(ttl: number | null): string {
  return ttl === null ? "" : String(Number((ttl / DAY).toPrecision(6)));
}

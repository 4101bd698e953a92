/** Numbers, sizes and times as people read them. Times are UTC seconds since the epoch. */

/** At most `digits` significant digits; very large and very small numbers in scientific form. */
export function formatNumber(value: number, digits = 5): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "NaN" : value > 0 ? "∞" : "−∞";
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (Number.isInteger(value) && size < 1e9) return value.toLocaleString("en-US", { useGrouping: size >= 1e5 }).replace("-", "−");
  const text = size >= 1e6 || size < 1e-4 ? trimExponent(value.toExponential(digits - 2)) : String(Number(value.toPrecision(digits)));
  return text.replace("-", "−").replace("e−", "e-");
}

function trimExponent(text: string): string {
  return text.replace(/\.?0+e/, "e").replace("e+", "e").replace("e-", "e−");
}

const UNITS = ["B", "kB", "MB", "GB", "TB", "PB"] as const;

/** Bytes in decimal units, as disks are sold: 1 kB = 1000 B. */
export function formatSize(bytes: number): string {
  if (!Number.isFinite(bytes) || bytes < 0) return "–";
  const power = bytes < 1000 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log10(bytes) / 3));
  const scaled = bytes / 1000 ** power;
  const text = power === 0 ? String(Math.round(bytes)) : scaled >= 100 ? scaled.toFixed(0) : scaled.toFixed(1);
  return `${text} ${UNITS[power] ?? "B"}`;
}

/** Seconds as `850 ms`, `12.3 s`, `4m 05s`, `2h 13m`, `3d 4h`. */
export function formatDuration(seconds: number): string {
  if (!Number.isFinite(seconds) || seconds < 0) return "–";
  if (seconds < 1) return `${String(Math.round(seconds * 1000))} ms`;
  if (seconds < 60) return `${String(Number(seconds.toFixed(1)))} s`;
  return longDuration(Math.floor(seconds));
}

function longDuration(seconds: number): string {
  const [days, hours, minutes] = [Math.floor(seconds / 86400), Math.floor(seconds / 3600) % 24, Math.floor(seconds / 60) % 60];
  if (days > 0) return `${String(days)}d ${String(hours)}h`;
  if (hours > 0) return `${String(hours)}h ${pad(minutes)}m`;
  return `${String(minutes)}m ${pad(seconds % 60)}s`;
}

const pad = (value: number): string => String(value).padStart(2, "0");

/** `2026-11-24 00:17` in the reader's time zone. */
export function formatTime(seconds: number): string {
  if (!Number.isFinite(seconds)) return "–";
  const date = new Date(seconds * 1000);
  const day = `${String(date.getFullYear())}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;
  return `${day} ${pad(date.getHours())}:${pad(date.getMinutes())}`;
}

/** How long ago, in one word and a number: `just now`, `5 min ago`, `3 h ago`, `4 days ago`, else the day. */
export function formatAgo(seconds: number, now: number): string {
  const age = now - seconds;
  if (!Number.isFinite(age)) return "–";
  if (age < 45) return "just now";
  if (age < 3600) return `${String(Math.max(1, Math.round(age / 60)))} min ago`;
  if (age < 86400) return `${String(Math.round(age / 3600))} h ago`;
  if (age < 30 * 86400) return plural(Math.round(age / 86400), "day") + " ago";
  return formatTime(seconds).slice(0, 10);
}

/** `1 run`, `2 runs`. */
export function plural(count: number, word: string, many = `${word}s`): string {
  return `${count.toLocaleString("en-US")} ${count === 1 ? word : many}`;
}

/** Any JSON value on one line. */
export function formatValue(value: unknown): string {
  if (value === null || value === undefined) return "–";
  if (typeof value === "number") return formatNumber(value);
  if (typeof value === "string") return value;
  return typeof value === "object" ? JSON.stringify(value) : String(value as boolean);
}

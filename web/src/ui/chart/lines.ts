import { nearest } from "@/core/series";
import { smooth } from "@/core/smooth";

/** One run's curve, ready to draw. */
export interface Line {
  readonly run: string;
  readonly label: string;
  readonly colour: string;
  readonly dash: readonly number[];
  readonly x: Float64Array;
  /** As logged. */
  readonly raw: Float64Array;
  /** Smoothed, or the same array as `raw`. */
  readonly y: Float64Array;
}

export type Bare = Omit<Line, "y">;

export function smoothed(line: Bare, weight: number): Line {
  return { ...line, y: smooth(line.raw, weight) };
}

export interface Extent {
  readonly x: readonly [number, number];
  readonly y: readonly [number, number];
}

function stretch(range: [number, number], values: Float64Array, from: number, to: number, positive: boolean): void {
  for (let i = from; i < to; i += 1) {
    const value = values[i] ?? NaN;
    if (!Number.isFinite(value) || (positive && value <= 0)) continue;
    if (value < range[0]) range[0] = value;
    if (value > range[1]) range[1] = value;
  }
}

function settled([low, high]: [number, number], pad: number, log: boolean): [number, number] {
  if (low > high) return log ? [0.1, 1] : [0, 1];
  if (log) return settledLog(low, high, pad);
  const room = low === high ? Math.abs(low) * 0.1 || 1 : (high - low) * pad;
  return [low - room, high + room];
}

const LEAST_POSITIVE = 1e-300;

function settledLog(low: number, high: number, pad: number): [number, number] {
  const room = low === high ? Math.LN2 : (Math.log(high) - Math.log(low)) * pad;
  return [Math.max(LEAST_POSITIVE, low * Math.exp(-room)), Math.min(1 / LEAST_POSITIVE, high * Math.exp(room))];
}

/** The part of the plane that holds all lines, or of `view` if the x axis is zoomed; with a little room above and below. */
export function extentOf(lines: readonly Line[], view: readonly [number, number] | undefined, log: boolean): Extent {
  const x: [number, number] = [Infinity, -Infinity];
  const y: [number, number] = [Infinity, -Infinity];
  for (const line of lines) {
    stretch(x, line.x, 0, line.x.length, false);
    const [from, to] = view ? [nearest(line.x, view[0]), nearest(line.x, view[1]) + 1] : [0, line.x.length];
    stretch(y, line.y, Math.max(0, from), to, log);
  }
  return { x: view ?? settled(x, 0, false), y: settled(y, 0.06, log) };
}

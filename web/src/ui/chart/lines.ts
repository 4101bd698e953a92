import { nearest, type Curve } from "@/core/series";

/** One run's curve (or the mean of a group), ready to draw. */
export interface Line extends Curve {
  /** Id of the run, or name of the group. */
  readonly run: string;
  readonly label: string;
  readonly colour: string;
  readonly dash: readonly number[];
  /** What was logged, faintly behind a smoothed line. */
  readonly back?: Curve | undefined;
  /** The band around a group's mean, at the same x. */
  readonly band?: { readonly low: Float64Array; readonly high: Float64Array } | undefined;
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

/** How the axes are: logarithmic or not, and the fixed bounds of y. */
export interface Scale {
  readonly log: boolean;
  readonly logx: boolean;
  readonly y: readonly [number, number] | undefined;
}

/** The part of the plane that holds all lines, or of `view` if the x axis is zoomed; with a little room above and below. */
export function extentOf(lines: readonly Line[], view: readonly [number, number] | undefined, scale: Scale): Extent {
  const x: [number, number] = [Infinity, -Infinity];
  const y: [number, number] = [Infinity, -Infinity];
  for (const line of lines) {
    stretch(x, line.x, 0, line.x.length, scale.logx);
    const [from, to] = view ? [Math.max(0, nearest(line.x, view[0])), nearest(line.x, view[1]) + 1] : [0, line.x.length];
    stretch(y, line.y, from, to, scale.log);
    if (line.band) for (const edge of [line.band.low, line.band.high]) stretch(y, edge, from, to, scale.log);
  }
  return { x: viewed(view, x, scale.logx), y: scale.y && !(scale.log && scale.y[0] <= 0) ? scale.y : settled(y, 0.06, scale.log) };
}

/** A zoomed part, if a logarithmic axis can show it. */
function viewed(view: readonly [number, number] | undefined, all: [number, number], log: boolean): readonly [number, number] {
  return view && !(log && view[0] <= 0) ? view : settled(all, 0, log);
}

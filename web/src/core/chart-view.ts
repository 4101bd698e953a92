import { formatDuration, formatNumber, formatTime } from "./format";
import { readFlag, readNumber, readOneOf, readRange, readText, type Range, type Search } from "./search";

/** How charts are looked at; part of the address of every page that has charts. */
export interface ChartView {
  /** Filter of panels: a regular expression over keys. */
  mq: string | undefined;
  xaxis: XAxis;
  /** The part of the x axis that is shown, for all panels. */
  x: Range | undefined;
  /** Weight of the smoothing, 0 (none) to 0.99. */
  sw: number;
  log: boolean;
}

export const X_AXES = ["step", "relative", "wall"] as const;
export type XAxis = (typeof X_AXES)[number];

/** What an x is called in front of its value. */
export const X_NAMES: Readonly<Record<XAxis, string>> = { step: "step", relative: "after", wall: "at" };

export const CHART_DEFAULTS: ChartView = { mq: undefined, xaxis: "step", x: undefined, sw: 0, log: false };

const SERVER_NAMES: Readonly<Record<XAxis, string>> = { step: "_step", relative: "_runtime", wall: "_timestamp" };

export function readChartView(search: Search): ChartView {
  return {
    mq: readText(search["mq"]),
    xaxis: readOneOf(search["xaxis"], X_AXES, "step"),
    x: readRange(search["x"]),
    sw: readNumber(search["sw"], 0, 0, 0.99),
    log: readFlag(search["log"]),
  };
}

/** What the server calls this x. */
export function serverX(axis: XAxis): string {
  return SERVER_NAMES[axis];
}

const FORMATS: Readonly<Record<XAxis, (x: number) => string>> = {
  step: (x) => formatNumber(x),
  relative: (x) => formatDuration(Math.max(0, x)),
  wall: (x) => formatTime(x).slice(5),
};

export function xFormat(axis: XAxis): (x: number) => string {
  return FORMATS[axis];
}

/** A zoomed range as it goes into the address: no more digits than can be told apart. */
export function tidyRange([from, to]: Range): Range {
  const unit = 10 ** Math.floor(Math.log10((to - from) / 1000));
  const tidy = (value: number): number => Number((Math.round(value / unit) * unit).toPrecision(12));
  return [tidy(from), tidy(to)];
}

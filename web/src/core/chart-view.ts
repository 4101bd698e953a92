import { formatDuration, formatNumber, formatTime } from "./format";
import { readFlag, readJson, readList, readNumber, readOneOf, readRange, readText, type Range, type Search } from "./search";

export const SMOOTHINGS = ["ema", "time_ema", "gaussian", "mean"] as const;
export type Smoothing = (typeof SMOOTHINGS)[number];

/** What a band around the mean of a group shows. */
export const BANDS = ["std", "stderr", "minmax", "none"] as const;
export type Band = (typeof BANDS)[number];

/** How one chart is looked at. */
export interface PanelView {
  /** `step`, `relative`, `wall`, or the key of another metric. */
  xaxis: string;
  sk: Smoothing;
  /** Strength of the smoothing: 0 is none; a weight below 1 for the averages, points for the others. */
  sw: number;
  /** Leave outliers out. */
  robust: boolean;
  log: boolean;
  logx: boolean;
  /** Fixed bounds of the y axis. */
  y: Range | undefined;
}

/** How charts are looked at; part of the address of every page that has charts. */
export interface ChartView extends PanelView {
  /** Filter of panels: a regular expression over keys. */
  mq: string | undefined;
  /** The part of the x axis that is shown, for all panels with the page's x. */
  x: Range | undefined;
  /** Panels that differ from the page, by key. */
  panels: Readonly<Record<string, Partial<PanelView>>>;
  /** Panels that stand first. */
  star: string[];
  /** The panel that fills the window. */
  full: string | undefined;
}

export const X_AXES = ["step", "relative", "wall"] as const;
export type XAxis = (typeof X_AXES)[number];

export const PANEL_DEFAULTS: PanelView = { xaxis: "step", sk: "ema", sw: 0, robust: false, log: false, logx: false, y: undefined };
export const CHART_DEFAULTS: ChartView = { ...PANEL_DEFAULTS, mq: undefined, x: undefined, panels: {}, star: [], full: undefined };

const SERVER_NAMES: Readonly<Record<XAxis, string>> = { step: "_step", relative: "_runtime", wall: "_timestamp" };
const NAMES: Readonly<Record<XAxis, string>> = { step: "step", relative: "after", wall: "at" };

function plainAxis(axis: string): XAxis | undefined {
  return X_AXES.find((one) => one === axis);
}

/** Strengths go to just below 1 for averages, to so many points for windows. */
export function mostSmoothing(kind: Smoothing): number {
  return kind === "ema" || kind === "time_ema" ? 0.999 : 500;
}

function readPanel(search: Search): PanelView {
  const sk = readOneOf(search["sk"], SMOOTHINGS, "ema");
  return {
    xaxis: readText(search["xaxis"]) ?? "step",
    sk,
    sw: readNumber(search["sw"], 0, 0, mostSmoothing(sk)),
    robust: readFlag(search["robust"]),
    log: readFlag(search["log"]),
    logx: readFlag(search["logx"]),
    y: readRange(search["y"]),
  };
}

function isObject(value: unknown): value is Search {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The fields of one panel that were set and can be read. */
function readOverride(value: unknown): Partial<PanelView> {
  if (!isObject(value)) return {};
  const read = readPanel(value);
  return Object.fromEntries(Object.entries(read).filter(([name]) => name in value)) as Partial<PanelView>;
}

function readOverrides(value: unknown): Record<string, Partial<PanelView>> {
  const found = readJson(value);
  if (!isObject(found)) return {};
  return Object.fromEntries(Object.entries(found).map(([key, one]) => [key, readOverride(one)]));
}

export function readChartView(search: Search): ChartView {
  return {
    ...readPanel(search),
    mq: readText(search["mq"]),
    x: readRange(search["x"]),
    panels: readOverrides(search["panels"]),
    star: readList(search["star"]),
    full: readText(search["full"]),
  };
}

/** How the panel of `key` is looked at: what the page says, unless the panel says otherwise. */
export function panelView(view: ChartView, key: string): PanelView & { x: Range | undefined } {
  const { xaxis, sk, sw, robust, log, logx, y, x } = view;
  const own = { xaxis, sk, sw, robust, log, logx, y, ...view.panels[key] };
  return { ...own, x: own.xaxis === xaxis ? x : undefined };
}

/** The change to the page that changes one panel; `undefined` lets it follow the page again. */
export function changePanel(view: ChartView, key: string, change: Partial<PanelView> | undefined): Pick<ChartView, "panels"> {
  const { [key]: before, ...others } = view.panels;
  return { panels: change === undefined ? others : { ...others, [key]: { ...before, ...change } } };
}

/** What the server calls this x. */
export function serverX(axis: string): string {
  const plain = plainAxis(axis);
  return plain ? SERVER_NAMES[plain] : axis;
}

/** What an x is called in front of its value. */
export function xName(axis: string): string {
  const plain = plainAxis(axis);
  return plain ? NAMES[plain] : axis;
}

const FORMATS: Readonly<Record<XAxis, (x: number) => string>> = {
  step: (x) => formatNumber(x),
  relative: (x) => formatDuration(Math.max(0, x)),
  wall: (x) => formatTime(x).slice(5),
};

export function xFormat(axis: string): (x: number) => string {
  return FORMATS[plainAxis(axis) ?? "step"];
}

/** A zoomed range as it goes into the address: no more digits than can be told apart. */
export function tidyRange([from, to]: Range): Range {
  const unit = 10 ** Math.floor(Math.log10((to - from) / 1000));
  const tidy = (value: number): number => Number((Math.round(value / unit) * unit).toPrecision(12));
  return [tidy(from), tidy(to)];
}

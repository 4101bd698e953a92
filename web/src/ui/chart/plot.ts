import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { formatNumber } from "@/core/format";
import type { Range } from "@/core/search";
import { nearest } from "@/core/series";
import styles from "./chart.module.css";
import { clearHover, onHover, readHover, setHover } from "./hover";
import { extentOf, type Line, type Scale } from "./lines";
import { paintLine } from "./painter";
import { hideTooltip, showTooltip, type TooltipRow } from "./tooltip";
import { inTurn, leaveTurn } from "./turns";

export interface PlotOptions {
  readonly scale: Scale;
  readonly height: number;
  readonly formatX: (x: number) => string;
  /** What stands above the tooltip, before the x. */
  readonly nameX: string;
  readonly onZoom: (range: Range | undefined) => void;
}

const LEAST_DRAG = 5;
const FONT = "11px system-ui, sans-serif";

/** A uPlot in mode 2 (each run has its own x) with our own lines, tooltip and highlight. */
export class LinePlot {
  private readonly plot: uPlot;
  private readonly overlay: HTMLCanvasElement;
  private readonly cursor: HTMLDivElement;
  private readonly stopListening: () => void;
  private drawn: readonly [string | undefined, number] = [undefined, 0];
  private drawings = 0;
  private frame = 0;
  private moved: MouseEvent | undefined;

  constructor(
    private readonly root: HTMLElement,
    private readonly lines: readonly Line[],
    private view: Range | undefined,
    private readonly options: PlotOptions,
  ) {
    this.plot = new uPlot(this.plotOptions(), this.data(), root);
    this.overlay = this.addOverlay();
    this.cursor = document.createElement("div");
    this.cursor.className = styles.cursor ?? "";
    this.cursor.hidden = true;
    this.plot.over.append(this.cursor);
    this.listen();
    this.stopListening = onHover(() => { this.showHover(); });
  }

  /** Look at another part of the x axis; undefined shows everything. */
  setView(view: Range | undefined): void {
    this.view = view;
    this.rescale();
  }

  resize(width: number): void {
    if (width > 0 && width !== this.plot.width) this.plot.setSize({ width, height: this.options.height });
  }

  /** The chart as it stands, without what the pointer adds. */
  get canvas(): HTMLCanvasElement {
    return this.plot.ctx.canvas;
  }

  destroy(): void {
    this.stopListening();
    leaveTurn(this);
    cancelAnimationFrame(this.frame);
    if (readHover().source === this) this.leave();
    this.plot.destroy();
  }

  private data(): uPlot.AlignedData {
    // uPlot's types know mode 1 only.
    return [null, ...this.lines.map((line) => [line.x, line.y])] as unknown as uPlot.AlignedData;
  }

  private rescale(): void {
    const { x, y } = extentOf(this.lines, this.view, this.options.scale);
    this.plot.batch(() => {
      this.plot.setScale("x", { min: x[0], max: x[1] });
      this.plot.setScale("y", { min: y[0], max: y[1] });
    });
  }

  private plotOptions(): uPlot.Options {
    const { scale, height } = this.options;
    const extent = extentOf(this.lines, this.view, scale);
    const fixed = (of: "x" | "y") => (_: uPlot, min: number | null, max: number | null): uPlot.Range.MinMax =>
      min === null || max === null || min >= max ? [extent[of][0], extent[of][1]] : [min, max];
    return {
      mode: 2,
      width: Math.max(80, this.root.clientWidth),
      height,
      padding: [8, 20, 0, 0],
      legend: { show: false },
      cursor: { y: false, points: { show: false }, drag: { x: true, y: false, setScale: false }, dataIdx: () => 0 },
      scales: {
        x: { time: false, auto: false, distr: scale.logx ? 3 : 1, min: extent.x[0], max: extent.x[1], range: fixed("x") },
        y: { auto: false, distr: scale.log ? 3 : 1, min: extent.y[0], max: extent.y[1], range: fixed("y") },
      },
      axes: this.axes(),
      series: this.series(),
      hooks: { setSelect: [() => { this.selected(); }], draw: [() => { this.redrawn(); }] },
    };
  }

  private axes(): uPlot.Axis[] {
    const look = getComputedStyle(document.documentElement);
    const shared = {
      stroke: look.getPropertyValue("--fg-3"),
      grid: { stroke: look.getPropertyValue("--line"), width: 1 },
      ticks: { show: false },
      font: FONT,
    };
    const numbers = (format: (value: number) => string) => (_: uPlot, ticks: (number | null)[]) =>
      ticks.map((tick) => (tick === null ? "" : format(tick)));
    return [
      { ...shared, size: 26, space: 64, values: numbers(this.options.formatX) },
      { ...shared, size: 52, space: 34, values: numbers((value) => formatNumber(value)) },
    ];
  }

  private series(): uPlot.Series[] {
    const paths = (plot: uPlot, index: number): null => {
      const line = this.lines[index - 1];
      if (line) paintLine(plot, plot.ctx, line, false);
      return null;
    };
    const facets = [{ scale: "x", auto: false }, { scale: "y", auto: false }];
    const one = (line: Line): uPlot.Series => ({ label: line.label, stroke: line.colour, facets, paths }) as unknown as uPlot.Series;
    return [{}, ...this.lines.map(one)];
  }

  private addOverlay(): HTMLCanvasElement {
    const overlay = document.createElement("canvas");
    overlay.className = styles.overlay ?? "";
    overlay.hidden = true;
    this.plot.ctx.canvas.after(overlay);
    return overlay;
  }

  private listen(): void {
    const { over } = this.plot;
    over.addEventListener("mousemove", (event) => { this.pointSoon(event); });
    over.addEventListener("mouseleave", () => { this.leave(); });
    over.addEventListener("dblclick", () => { this.options.onZoom(undefined); });
  }

  /** A fast mouse moves several times a frame; only the last counts. */
  private pointSoon(event: MouseEvent): void {
    if (this.frame === 0) {
      this.frame = requestAnimationFrame(() => {
        this.frame = 0;
        if (this.moved) this.point(this.moved);
      });
    }
    this.moved = event;
  }

  private leave(): void {
    cancelAnimationFrame(this.frame);
    this.frame = 0;
    hideTooltip();
    clearHover();
  }

  private point(event: MouseEvent): void {
    const box = this.plot.over.getBoundingClientRect();
    const x = this.plot.posToVal(event.clientX - box.left, "x");
    const rows = this.rowsAt(x, event.clientY - box.top);
    if (rows.length === 0) return;
    const hot = rows.find((row) => row.isHot);
    setHover({ run: hot?.run, x, source: this });
    showTooltip(`${this.options.nameX} ${this.options.formatX(hot?.x ?? x)}`, rows, { x: event.clientX, y: event.clientY });
  }

  /** Every line's value at `x`, highest first; the one nearest to the pointer is hot. */
  private rowsAt(x: number, pointerY: number): (TooltipRow & { run: string; x: number })[] {
    const rows = this.lines.flatMap((line) => {
      const at = nearest(line.x, x);
      const value = line.y[at] ?? NaN;
      if (!Number.isFinite(value)) return [];
      const distance = Math.abs(this.plot.valToPos(value, "y") - pointerY);
      return [{ run: line.run, label: line.label, colour: line.colour, x: line.x[at] ?? x, value, note: noteOf(line, at, x), distance }];
    });
    const least = Math.min(...rows.map((row) => row.distance));
    return rows.map((row) => ({ ...row, isHot: row.distance === least })).sort((a, b) => b.value - a.value);
  }

  private selected(): void {
    const { left, width } = this.plot.select;
    if (width < LEAST_DRAG) return;
    this.plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    this.options.onZoom([this.plot.posToVal(left, "x"), this.plot.posToVal(left + width, "x")]);
  }

  /** uPlot drew anew: what the overlay holds is out of date. */
  private redrawn(): void {
    this.drawings += 1;
    if (readHover().run !== undefined) queueMicrotask(() => { this.showHover(); });
  }

  private showHover(): void {
    const { run, x, source } = readHover();
    if (source === this || run === undefined) this.showHot(run);
    else inTurn(this, () => { this.showHot(readHover().run); });
    const left = x === undefined || source === this ? -1 : this.plot.valToPos(x, "x");
    this.cursor.hidden = left < 0 || left > this.plot.over.clientWidth;
    if (!this.cursor.hidden) this.cursor.style.transform = `translateX(${String(left)}px)`;
  }

  /** Fades the chart and draws the hot line above it: cheaper by far than to draw all lines anew. */
  private showHot(run: string | undefined): void {
    const line = this.lines.length > 1 ? this.lines.find((one) => one.run === run) : undefined;
    if (this.drawn[0] === line?.run && this.drawn[1] === this.drawings) return;
    this.drawn = [line?.run, this.drawings];
    const base = this.plot.ctx.canvas;
    base.style.opacity = line ? "0.45" : "";
    this.overlay.hidden = !line;
    if (line) this.drawOverlay(base, line);
  }

  private drawOverlay(base: HTMLCanvasElement, line: Line): void {
    const context = this.overlay.getContext("2d");
    if (!context) return;
    if (this.overlay.width !== base.width) this.overlay.width = base.width;
    if (this.overlay.height !== base.height) this.overlay.height = base.height;
    this.overlay.style.width = base.style.width;
    this.overlay.style.height = base.style.height;
    context.clearRect(0, 0, base.width, base.height);
    paintLine(this.plot, context, line, true);
  }
}

/** What stands behind a value: what was logged, if the line is smoothed; the band, if it is a group's. */
function noteOf({ back, band }: Line, at: number, x: number): string {
  if (band) return `${formatNumber(band.low[at] ?? NaN)} … ${formatNumber(band.high[at] ?? NaN)}`;
  return back ? formatNumber(back.y[nearest(back.x, x)] ?? NaN) : "";
}

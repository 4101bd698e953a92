import type uPlot from "uplot";
import { nearest, type Curve } from "@/core/series";
import type { Line } from "./lines";

interface Pen {
  readonly alpha: number;
  /** CSS pixels. */
  readonly width: number;
}

const LINE: Pen = { alpha: 1, width: 1.4 };
const FAINT: Pen = { alpha: 0.22, width: 1 };
const HOT: Pen = { alpha: 1, width: 2.6 };
const FEW_POINTS = 3;
const BAND_ALPHA = 0.16;

type Place = (x: number) => number;

/** From an x to device pixels: uPlot's own way is slow for thousands of points. */
function placeX(plot: uPlot): Place {
  const { min = 0, max = 1, distr } = plot.scales["x"] as { min?: number; max?: number; distr?: number };
  if (distr === 3) return (x) => (x > 0 ? plot.valToPos(x, "x", true) : NaN);
  const { left, width } = plot.bbox;
  const perUnit = width / (max - min || 1);
  return (x) => left + (x - min) * perUnit;
}

function placeY(plot: uPlot): Place {
  const { min = 0, max = 1, distr } = plot.scales["y"] as { min?: number; max?: number; distr?: number };
  if (distr === 3) return (y) => (y > 0 && Number.isFinite(y) ? plot.valToPos(y, "y", true) : NaN);
  const { top, height } = plot.bbox;
  const perUnit = height / (max - min || 1);
  return (y) => (Number.isFinite(y) ? top + height - (y - min) * perUnit : NaN);
}

/** First and last index of what is in view, and one beyond each edge. */
function inView(plot: uPlot, xs: Float64Array): readonly [number, number] {
  const { min = 0, max = 1 } = plot.scales["x"] as { min?: number; max?: number };
  return [Math.max(0, nearest(xs, min) - 1), Math.min(xs.length - 1, nearest(xs, max) + 1)];
}

function drawPath(plot: uPlot, context: CanvasRenderingContext2D, { x, y }: Curve): void {
  const [first, last] = inView(plot, x);
  const [toX, toY] = [placeX(plot), placeY(plot)];
  let isDown = false;
  context.beginPath();
  for (let i = first; i <= last; i += 1) {
    const [px, py] = [toX(x[i] ?? NaN), toY(y[i] ?? NaN)];
    const isPoint = Number.isFinite(px) && Number.isFinite(py);
    if (isPoint && isDown) context.lineTo(px, py);
    else if (isPoint) context.moveTo(px, py);
    isDown = isPoint;
  }
  context.stroke();
}

/** A curve of one to three points would be nothing or next to it: give it dots. */
function drawDots(plot: uPlot, context: CanvasRenderingContext2D, { x, y }: Curve): void {
  const [first, last] = inView(plot, x);
  const [toX, toY] = [placeX(plot), placeY(plot)];
  for (let i = first; i <= last; i += 1) {
    const [px, py] = [toX(x[i] ?? NaN), toY(y[i] ?? NaN)];
    if (!Number.isFinite(px) || !Number.isFinite(py)) continue;
    context.beginPath();
    context.arc(px, py, 3 * devicePixelRatio, 0, 2 * Math.PI);
    context.fill();
  }
}

/** The area between the band's edges: there along the upper one, back along the lower. */
function fillBand(plot: uPlot, context: CanvasRenderingContext2D, x: Float64Array, low: Float64Array, high: Float64Array): void {
  const [first, last] = inView(plot, x);
  const [toX, toY] = [placeX(plot), placeY(plot)];
  const along = (edge: Float64Array, i: number): void => {
    const [px, py] = [toX(x[i] ?? NaN), toY(edge[i] ?? NaN)];
    if (Number.isFinite(px) && Number.isFinite(py)) context.lineTo(px, py);
  };
  context.beginPath();
  for (let i = first; i <= last; i += 1) along(high, i);
  for (let i = last; i >= first; i -= 1) along(low, i);
  context.globalAlpha = BAND_ALPHA;
  context.fill();
  context.globalAlpha = 1;
}

function stroke(plot: uPlot, context: CanvasRenderingContext2D, curve: Curve, pen: Pen): void {
  context.globalAlpha = pen.alpha;
  context.lineWidth = pen.width * devicePixelRatio;
  drawPath(plot, context, curve);
}

/** Draws one line; when `hot`, thick and alone, as the overlay shows it. */
export function paintLine(plot: uPlot, context: CanvasRenderingContext2D, line: Line, hot: boolean): void {
  const { left, top, width, height } = plot.bbox;
  context.save();
  context.beginPath();
  context.rect(left, top, width, height);
  context.clip();
  context.lineJoin = "round";
  context.strokeStyle = line.colour;
  context.fillStyle = line.colour;
  context.setLineDash(line.dash.map((length) => length * devicePixelRatio));
  if (line.band) fillBand(plot, context, line.x, line.band.low, line.band.high);
  if (line.back && !hot) stroke(plot, context, line.back, FAINT);
  stroke(plot, context, line, hot ? HOT : LINE);
  if (line.x.length <= FEW_POINTS) drawDots(plot, context, line);
  context.restore();
}

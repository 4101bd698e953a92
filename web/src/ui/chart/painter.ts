import type uPlot from "uplot";
import { nearest } from "@/core/series";
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

/** Calls `visit` for the points in view and one beyond each edge, in device pixels; NaN where there is a gap. */
function eachPoint(plot: uPlot, { x }: Line, ys: Float64Array, visit: (px: number, py: number) => void): void {
  const { min = 0, max = 1 } = plot.scales["x"] as { min?: number; max?: number };
  const { left, width } = plot.bbox;
  const perUnit = width / (max - min || 1);
  const first = Math.max(0, nearest(x, min) - 1);
  const last = Math.min(x.length - 1, nearest(x, max) + 1);
  for (let i = first; i <= last; i += 1) {
    const value = ys[i] ?? NaN;
    const py = Number.isFinite(value) ? plot.valToPos(value, "y", true) : NaN;
    visit(left + ((x[i] ?? NaN) - min) * perUnit, py);
  }
}

function drawPath(plot: uPlot, context: CanvasRenderingContext2D, line: Line, ys: Float64Array): void {
  let isDown = false;
  context.beginPath();
  eachPoint(plot, line, ys, (px, py) => {
    const isPoint = Number.isFinite(px) && Number.isFinite(py);
    if (isPoint && isDown) context.lineTo(px, py);
    else if (isPoint) context.moveTo(px, py);
    isDown = isPoint;
  });
  context.stroke();
}

/** A curve of one to three points would be nothing or next to it: give it dots. */
function drawDots(plot: uPlot, context: CanvasRenderingContext2D, line: Line): void {
  eachPoint(plot, line, line.y, (px, py) => {
    if (!Number.isFinite(py)) return;
    context.beginPath();
    context.arc(px, py, 3 * devicePixelRatio, 0, 2 * Math.PI);
    context.fill();
  });
}

function stroke(plot: uPlot, context: CanvasRenderingContext2D, line: Line, ys: Float64Array, pen: Pen): void {
  context.globalAlpha = pen.alpha;
  context.lineWidth = pen.width * devicePixelRatio;
  drawPath(plot, context, line, ys);
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
  if (line.y !== line.raw && !hot) stroke(plot, context, line, line.raw, FAINT);
  stroke(plot, context, line, line.y, hot ? HOT : LINE);
  if (line.x.length <= FEW_POINTS) drawDots(plot, context, line);
  context.restore();
}

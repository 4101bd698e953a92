import type { PlacedEdge, PlacedNode } from "./layout";

/** What a canvas context, a Path2D and the SVG writer have in common. */
export interface Pen {
  moveTo(x: number, y: number): void;
  lineTo(x: number, y: number): void;
  bezierCurveTo(x1: number, y1: number, x2: number, y2: number, x: number, y: number): void;
}

/** The tip stops short of the box, so that the arrow head is seen. */
const HEAD = 7;
/** How far a back edge swings out into the gap between columns. */
const SWING = 30;

/** Draw an edge: a soft curve from right side to left side through its lane, or below all for a back edge. */
export function traceEdge(pen: Pen, edge: PlacedEdge, source: PlacedNode, target: PlacedNode): void {
  if (edge.back) traceBack(pen, edge, source, target);
  else traceForward(pen, edge, source, target);
}

/** Draw the same edge as few straight pieces, for when it is too small for its curve to be seen. */
export function traceStraight(pen: Pen, edge: PlacedEdge, source: PlacedNode, target: PlacedNode): void {
  pen.moveTo(source.x + source.width, source.y + source.height / 2);
  for (const [x, y] of edge.lane) pen.lineTo(x, y);
  pen.lineTo(target.x, target.y + target.height / 2);
}

/** Draw the arrow head of an edge. */
export function traceHead(pen: Pen, target: PlacedNode): void {
  const y = target.y + target.height / 2;
  pen.moveTo(target.x - HEAD, y - 4);
  pen.lineTo(target.x - 1, y);
  pen.lineTo(target.x - HEAD, y + 4);
}

function traceForward(pen: Pen, edge: PlacedEdge, source: PlacedNode, target: PlacedNode): void {
  let [x, y] = [source.x + source.width, source.y + source.height / 2];
  pen.moveTo(x, y);
  for (const [nextX, nextY] of [...edge.lane, [target.x - 1, target.y + target.height / 2] as const]) {
    const bend = Math.max(24, (nextX - x) / 2);
    if (nextY === y) pen.lineTo(nextX, nextY);
    else pen.bezierCurveTo(x + bend, y, nextX - bend, nextY, nextX, nextY);
    [x, y] = [nextX, nextY];
  }
}

/** Out at the right, down between the columns, back along the floor, up between the columns, in at the left. */
function traceBack(pen: Pen, { floor }: PlacedEdge, source: PlacedNode, target: PlacedNode): void {
  const [right, left] = [source.x + source.width, target.x];
  const [from, to] = [source.y + source.height / 2, target.y + target.height / 2];
  pen.moveTo(right, from);
  pen.bezierCurveTo(right + SWING, from, right + SWING, floor, right - SWING, floor);
  pen.lineTo(left + SWING, floor);
  pen.bezierCurveTo(left - SWING, floor, left - SWING, to, left - 1, to);
}

/** A pen that writes the `d` of an SVG path. */
export class SvgPen implements Pen {
  private readonly parts: string[] = [];

  moveTo(x: number, y: number): void {
    this.parts.push(`M${short(x)} ${short(y)}`);
  }

  lineTo(x: number, y: number): void {
    this.parts.push(`L${short(x)} ${short(y)}`);
  }

  bezierCurveTo(...numbers: [number, number, number, number, number, number]): void {
    this.parts.push(`C${numbers.map(short).join(" ")}`);
  }

  get d(): string {
    return this.parts.join("");
  }
}

function short(value: number): string {
  return String(Math.round(value * 10) / 10);
}

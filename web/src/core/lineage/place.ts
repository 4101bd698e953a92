import type { Points } from "./lanes";
import { at } from "./links";
import { mean } from "./order";

/** Sizes in px at zoom 1. `cap` is the most nodes in one column; a longer one is wrapped into several. */
export interface Spacing {
  width: number;
  height: number;
  gapX: number;
  gapY: number;
  cap: number;
}

/** Between the columns of one wrapped layer. */
export const WRAP_GAP = 24;
const LANE_HEIGHT = 6;
const RELAXATIONS = 24;

export interface Coordinates {
  /** Left edge. */
  x: Float64Array;
  /** Middle. */
  y: Float64Array;
  width: number;
}

/** Put the ordered layers into columns, then move each node towards its neighbours without changing the order. */
export function placeLayers(points: Points, layers: readonly number[][], spacing: Spacing): Coordinates {
  const coordinates = inColumns(points, layers, spacing);
  const free = layers.filter((layer) => layer.length <= spacing.cap);
  for (let round = 0; round < RELAXATIONS; round++) {
    for (const layer of round % 2 ? [...free].reverse() : free) relax(layer, points, coordinates.y, spacing);
  }
  return coordinates;
}

function inColumns(points: Points, layers: readonly number[][], spacing: Spacing): Coordinates {
  const x = new Float64Array(points.ranks.length);
  const y = new Float64Array(points.ranks.length);
  let left = 0;
  for (const layer of layers) {
    const columns = Math.max(1, Math.ceil(layer.length / spacing.cap));
    const per = Math.ceil(layer.length / columns);
    for (let c = 0; c < columns; c++) {
      stackColumn(layer.slice(c * per, (c + 1) * per), left + c * (spacing.width + WRAP_GAP), points, { x, y }, spacing);
    }
    left += columns * (spacing.width + WRAP_GAP) - WRAP_GAP + spacing.gapX;
  }
  return { x, y, width: left - spacing.gapX };
}

function stackColumn(
  column: readonly number[],
  left: number,
  points: Points,
  { x, y }: Pick<Coordinates, "x" | "y">,
  spacing: Spacing,
): void {
  const offsets = columnOffsets(column, points.nodes, spacing);
  const middle = ((offsets[0] ?? 0) + (offsets.at(-1) ?? 0)) / 2;
  column.forEach((point, i) => {
    x[point] = left;
    y[point] = at(offsets, i) - middle;
  });
}

/** The middles of a column packed as tightly as allowed, from its first. */
function columnOffsets(column: readonly number[], nodes: number, spacing: Spacing): number[] {
  const height = (point: number): number => (point < nodes ? spacing.height : LANE_HEIGHT);
  const offsets: number[] = [];
  column.forEach((point, i) => {
    const above = column[i - 1];
    const step = above === undefined ? 0 : (height(above) + height(point)) / 2 + spacing.gapY;
    offsets.push((offsets[i - 1] ?? 0) + step);
  });
  return offsets;
}

function relax(layer: readonly number[], points: Points, y: Float64Array, spacing: Spacing): void {
  const offsets = columnOffsets(layer, points.nodes, spacing);
  const wanted = layer.map((point, i) => wantedMiddle(point, points, y) - at(offsets, i));
  nonDecreasing(wanted).forEach((value, i) => {
    y[at(layer, i)] = value + at(offsets, i);
  });
}

function wantedMiddle(point: number, points: Points, y: Float64Array): number {
  const above = mean(at(points.up, point), y);
  const below = mean(at(points.down, point), y);
  if (above === undefined || below === undefined) return above ?? below ?? at(y, point);
  return (above + below) / 2;
}

/** The nearest list, by squares, that never goes down (pool adjacent violators). */
export function nonDecreasing(values: readonly number[]): number[] {
  const pools: { value: number; size: number }[] = [];
  for (const value of values) {
    let pool = { value, size: 1 };
    for (let last = pools.at(-1); last && last.value > pool.value; last = pools.at(-1)) {
      pools.pop();
      const size = last.size + pool.size;
      pool = { value: (last.value * last.size + pool.value * pool.size) / size, size };
    }
    pools.push(pool);
  }
  return pools.flatMap(({ value, size }) => new Array<number>(size).fill(value));
}

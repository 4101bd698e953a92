import type { Points } from "./lanes";
import { at, emptyLists } from "./links";

const SWEEPS = 10;

/** The points of each column from top to bottom, sorted by where their neighbours are (barycentre), to cross less. */
export function orderLayers(points: Points, oldestFirst: readonly number[]): number[][] {
  const layers = emptyLists<number>(Math.max(...points.ranks) + 1);
  for (const node of oldestFirst) at(layers, at(points.ranks, node)).push(node);
  for (let lane = points.nodes; lane < points.ranks.length; lane++) at(layers, at(points.ranks, lane)).push(lane);
  const place = new Float64Array(points.ranks.length);
  for (const layer of layers) spread(layer, place);
  for (let sweep = 0; sweep < SWEEPS; sweep++) sweepOnce(layers, sweep % 2 ? points.down : points.up, place, sweep % 2 > 0);
  return layers;
}

function sweepOnce(layers: number[][], near: number[][], place: Float64Array, backwards: boolean): void {
  for (const layer of backwards ? [...layers].reverse() : layers) {
    const middle = new Map(layer.map((point) => [point, mean(at(near, point), place) ?? at(place, point)]));
    layer.sort((a, b) => (middle.get(a) ?? 0) - (middle.get(b) ?? 0));
    spread(layer, place);
  }
}

function spread(layer: readonly number[], place: Float64Array): void {
  layer.forEach((point, i) => {
    place[point] = (i + 0.5) / layer.length;
  });
}

/** The mean of `values` at some points; undefined if there are none. */
export function mean(points: readonly number[], values: Float64Array): number | undefined {
  if (!points.length) return undefined;
  let sum = 0;
  for (const point of points) sum += at(values, point);
  return sum / points.length;
}

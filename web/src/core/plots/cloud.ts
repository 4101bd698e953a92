/** Points, boxes and arrows in space, and how they look from a side. */

export type Vector = readonly [number, number, number];

export interface Cloud {
  readonly points: readonly Vector[];
  /** A place in a palette for each point, or its colour as `rgb(…)`. */
  readonly colours: readonly (string | number)[];
  readonly lines: readonly { readonly from: Vector; readonly to: Vector; readonly colour: string }[];
  readonly centre: Vector;
  /** Distance of the farthest point from the centre. */
  readonly radius: number;
}

const MOST = 60_000;
const ACCENT = "rgb(230, 120, 40)";

/** The scene in a `.pts.json`; null if it is none. At most 60,000 points are taken, evenly. */
export function readCloud(value: unknown): Cloud | null {
  const scene = Array.isArray(value) ? { points: value as unknown[] } : ((value ?? {}) as { points?: unknown; boxes?: unknown; vectors?: unknown });
  if (!Array.isArray(scene.points)) return null;
  const rows = (scene.points as unknown[]).filter(isRow);
  const step = Math.max(1, Math.ceil(rows.length / MOST));
  const shown = rows.filter((_, i) => i % step === 0);
  const points = shown.map(([x = 0, y = 0, z = 0]): Vector => [x, y, z]);
  const lines = [...boxLines(list(scene, "boxes")), ...arrows(list(scene, "vectors"))];
  const all = [...points, ...lines.flatMap((line) => [line.from, line.to])];
  return { points, colours: shown.map(colourOf), lines, ...extent(all) };
}

const isRow = (row: unknown): row is number[] => Array.isArray(row) && row.length >= 3 && row.every((cell) => typeof cell === "number");
const list = (scene: object, name: string): Record<string, unknown>[] => {
  const found = (scene as Record<string, unknown>)[name];
  return Array.isArray(found) ? (found as Record<string, unknown>[]) : [];
};

function colourOf(row: readonly number[]): string | number {
  if (row.length >= 6) return `rgb(${row.slice(3, 6).map((part) => String(Math.round(part))).join(" ")})`;
  return row.length === 4 ? Math.round(row[3] ?? 0) : -1;
}

function extent(points: readonly Vector[]): { centre: Vector; radius: number } {
  const low = [Infinity, Infinity, Infinity];
  const high = [-Infinity, -Infinity, -Infinity];
  for (const point of points) {
    point.forEach((part, i) => {
      low[i] = Math.min(low[i] ?? 0, part);
      high[i] = Math.max(high[i] ?? 0, part);
    });
  }
  if (!points.length) return { centre: [0, 0, 0], radius: 1 };
  const centre = low.map((part, i) => (part + (high[i] ?? 0)) / 2) as unknown as Vector;
  return { centre, radius: Math.hypot(...centre.map((part, i) => (high[i] ?? 0) - part)) || 1 };
}

function boxLines(boxes: readonly Record<string, unknown>[]): Cloud["lines"] {
  return boxes.flatMap((box) => {
    const corners = Array.isArray(box["corners"]) ? (box["corners"] as unknown[]).filter(isRow).map(([x = 0, y = 0, z = 0]): Vector => [x, y, z]) : [];
    const colour = Array.isArray(box["color"]) ? `rgb(${(box["color"] as number[]).join(" ")})` : ACCENT;
    return edges(corners).map(([from, to]) => ({ from, to, colour }));
  });
}

function arrows(vectors: readonly Record<string, unknown>[]): Cloud["lines"] {
  return vectors.flatMap(({ start, end }) => (isRow(start) && isRow(end) ? [{ from: start as unknown as Vector, to: end as unknown as Vector, colour: ACCENT }] : []));
}

const minus = (a: Vector, b: Vector): Vector => [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
const dot = (a: Vector, b: Vector): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
const isRight = (a: Vector, b: Vector): boolean => Math.abs(dot(a, b)) <= 1e-6 * Math.sqrt(dot(a, a) * dot(b, b)) + 1e-12;

/** The 12 edges of a cuboid whose 8 corners come in any order: those along three axes at right angles. */
export function edges(corners: readonly Vector[]): [Vector, Vector][] {
  const [first, ...others] = corners;
  if (!first || corners.length !== 8) return [];
  const axes = threeAxes(others.map((corner) => minus(corner, first)));
  const along = (a: Vector, b: Vector): boolean => axes.some((axis) => near(minus(b, a), axis) || near(minus(a, b), axis));
  return corners.flatMap((a, i) => corners.slice(i + 1).filter((b) => along(a, b)).map((b): [Vector, Vector] => [a, b]));
}

function threeAxes(candidates: readonly Vector[]): Vector[] {
  for (const a of candidates) {
    for (const b of candidates) {
      for (const c of candidates) {
        if (a !== b && b !== c && a !== c && isRight(a, b) && isRight(b, c) && isRight(a, c)) return [a, b, c];
      }
    }
  }
  return [];
}

function near(a: Vector, b: Vector): boolean {
  const off = minus(a, b);
  return dot(off, off) <= 1e-10 * (dot(b, b) + 1e-12);
}

/** Where a point is seen after turning by `yaw` around the upright axis and `pitch` towards the eye: x right, y up. */
export function seen(point: Vector, cloud: Pick<Cloud, "centre" | "radius">, yaw: number, pitch: number): [x: number, y: number, depth: number] {
  const [x, y, z] = minus(point, cloud.centre).map((part) => part / cloud.radius) as unknown as Vector;
  const across = x * Math.cos(yaw) - y * Math.sin(yaw);
  const away = x * Math.sin(yaw) + y * Math.cos(yaw);
  return [across, z * Math.cos(pitch) + away * Math.sin(pitch), away * Math.cos(pitch) - z * Math.sin(pitch)];
}

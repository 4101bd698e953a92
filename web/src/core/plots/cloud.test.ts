import { describe, expect, it } from "vitest";
import { edges, readCloud, seen, type Vector } from "./cloud";

const CORNERS: Vector[] = [[0, 0, 0], [0, 9, 0], [0, 0, 1], [2, 0, 0], [2, 9, 0], [0, 9, 1], [2, 0, 1], [2, 9, 1]];

describe("a cloud", () => {
  it("is read from points alone, with categories or colours", () => {
    expect(readCloud([[0, 0, 0], [2, 0, 0]])).toMatchObject({ centre: [1, 0, 0], radius: 1, colours: [-1, -1] });
    expect(readCloud([[0, 0, 0, 3]])?.colours).toEqual([3]);
    expect(readCloud([[0, 0, 0, 255, 0, 10]])?.colours).toEqual(["rgb(255 0 10)"]);
    expect(readCloud({ nothing: 1 })).toBeNull();
  });

  it("has boxes and arrows as lines", () => {
    const cloud = readCloud({ points: [], boxes: [{ corners: CORNERS, color: [1, 2, 3] }], vectors: [{ start: [0, 0, 0], end: [1, 1, 1] }] });
    expect(cloud?.lines).toHaveLength(13);
    expect(cloud?.lines[0]?.colour).toBe("rgb(1 2 3)");
  });

  it("draws the same twelve edges whatever the order of corners", () => {
    const lengths = (corners: Vector[]) => edges(corners).map(([a, b]) => Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2])).sort((a, b) => a - b);
    expect(lengths(CORNERS)).toEqual([1, 1, 1, 1, 2, 2, 2, 2, 9, 9, 9, 9]);
    expect(lengths([...CORNERS].reverse())).toEqual(lengths(CORNERS));
    expect(edges(CORNERS.slice(1))).toEqual([]);
  });

  it("keeps every distance from the centre when it is turned", () => {
    const turned = seen([1, 2, 3], { centre: [0, 0, 0], radius: 1 }, 0.7, -0.4);
    expect(Math.hypot(...turned)).toBeCloseTo(Math.hypot(1, 2, 3));
    expect(seen([0, 0, 1], { centre: [0, 0, 0], radius: 1 }, 1.2, 0)[1]).toBeCloseTo(1);
  });
});

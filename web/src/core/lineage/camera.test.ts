/* eslint-disable @typescript-eslint/no-non-null-assertion -- a test fails where a value is missing */
import { describe, expect, it } from "vitest";
import { fit, isInView, worldView, zoomAt } from "./camera";
import { nodeAt, shownNodes } from "./level-of-detail";
import { layout } from "./layout";
import { samplePipeline } from "./sample";
import { firstNode, stepTo } from "./walk";

const screen = { width: 1200, height: 800 };

describe("camera", () => {
  it("fits everything beside the panel", () => {
    const { bounds } = layout(samplePipeline(300));
    const camera = fit(bounds, screen, 340);
    expect(isInView(bounds, camera, screen, 340)).toBe(true);
  });

  it("does not blow up a small graph", () => {
    expect(fit({ left: 0, top: 0, right: 10, bottom: 10 }, screen).zoom).toBeLessThanOrEqual(1.1);
  });

  it("keeps the point under the pointer when zooming", () => {
    const before = { zoom: 1, x: 30, y: 40 };
    const after = zoomAt(before, 1.7, { x: 600, y: 200 });
    expect((600 - after.x) / after.zoom).toBeCloseTo(570);
    expect((200 - after.y) / after.zoom).toBeCloseTo(160);
    expect(zoomAt(before, 1e9, { x: 0, y: 0 }).zoom).toBe(2.5);
  });
});

describe("level of detail", () => {
  const picture = layout(samplePipeline(3000));

  it("draws blocks from afar and links from near", () => {
    const far = fit(picture.bounds, screen);
    expect(shownNodes(picture, worldView(far, screen), far.zoom)).toMatchObject({ asLinks: false });
    const near = { zoom: 1, x: 0, y: 0 };
    const shown = shownNodes(picture, worldView(near, screen), near.zoom);
    expect(shown.asLinks).toBe(true);
    expect(shown.nodes.length).toBeGreaterThan(0);
    expect(shown.nodes.length).toBeLessThan(220);
  });

  it("finds the node under a point", () => {
    const node = picture.nodes[7]!;
    expect(nodeAt(picture.nodes, node.x + 3, node.y + 3)?.id).toBe(node.id);
    expect(nodeAt(picture.nodes, -50, 0)).toBeUndefined();
  });
});

describe("arrow keys", () => {
  const picture = layout(samplePipeline(6));

  it("go along the edges and back", () => {
    const start = firstNode(picture)!;
    expect(start.type).toBe("ingest");
    const next = stepTo(picture, start.id, "ArrowRight")!;
    expect(next.label).toBe("dataset:raw:v0");
    expect(stepTo(picture, next.id, "ArrowLeft")?.id).toBe(start.id);
    expect(stepTo(picture, start.id, "ArrowLeft")).toBeNull();
  });

  it("go up and down in a column", () => {
    const large = layout(samplePipeline(60));
    const column = large.nodes.filter((node) => node.x === large.nodes[5]!.x).sort((a, b) => a.y - b.y);
    expect(column.length).toBeGreaterThan(1);
    expect(stepTo(large, column[0]!.id, "ArrowDown")?.id).toBe(column[1]!.id);
    expect(stepTo(large, column[1]!.id, "ArrowUp")?.id).toBe(column[0]!.id);
    expect(stepTo(large, column[0]!.id, "ArrowUp")).toBeNull();
  });
});

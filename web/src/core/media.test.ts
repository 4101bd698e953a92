import { expect, it } from "vitest";
import { isMedia, mediaOf } from "./media";

const image = { _type: "image-file", path: "media/images/a_0_12345678.png", width: 28, height: 28, caption: "a 7" };

it("reads one picture and a list of them", () => {
  expect(mediaOf(image)).toEqual([{ kind: "image", path: image.path, caption: "a 7", width: 28, height: 28 }]);
  expect(mediaOf([image, image])).toHaveLength(2);
  expect(isMedia([image])).toBe(true);
});

it("reads histograms, and keeps an unknown kind as a file", () => {
  expect(mediaOf({ _type: "histogram", bins: [0, 1, 2], values: [3, 4] })).toEqual([{ kind: "histogram", bins: [0, 1, 2], values: [3, 4] }]);
  expect(mediaOf({ _type: "object3D-file", path: "a.glb" })[0]?.kind).toBe("file");
});

it("finds nothing in what is no media", () => {
  for (const value of [null, undefined, 1, "text", {}, [], { _type: "image-file" }, { _type: 3, path: "x" }, [1, 2]]) {
    expect(mediaOf(value)).toEqual([]);
    expect(isMedia(value)).toBe(false);
  }
});

it("reads two tables and the columns by which they belong together", () => {
  const table = (path: string) => ({ _type: "table-file", path });
  const join = { kind: "join", paths: ["a.table.json", "b.table.json"], keys: ["id", "id"] };
  expect(mediaOf({ _type: "joined-table", table1: table("a.table.json"), table2: table("b.table.json"), join_key: "id" })).toEqual([join]);
  expect(mediaOf({ _type: "joined-table", table1: "a.table.json", table2: "b.table.json", join_key: ["id", "id"] })).toEqual([join]);
  expect(mediaOf({ _type: "joined-table", table1: "a.table.json", join_key: "id" })).toEqual([]);
});

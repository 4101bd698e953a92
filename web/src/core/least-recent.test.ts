import { expect, it } from "vitest";
import { LeastRecent } from "./least-recent";

it("forgets what was not looked at for longest once there is no room", () => {
  const memory = new LeastRecent<string>(6, (text) => text.length);
  memory.set("a", "11");
  memory.set("b", "22");
  memory.set("c", "33");
  expect(memory.get("a")).toBe("11");
  memory.set("d", "44");
  expect(["a", "b", "c", "d"].filter((name) => memory.has(name))).toEqual(["a", "c", "d"]);
  memory.set("a", "1");
  memory.set("e", "5");
  expect(memory.has("c")).toBe(true);
});

it("keeps one that is larger than all room, alone, and drops by name", () => {
  const memory = new LeastRecent<string>(3, (text) => text.length);
  memory.set("a", "1");
  memory.set("large", "12345");
  expect([memory.has("a"), memory.has("large")]).toEqual([false, true]);
  memory.drop((name) => name.startsWith("l"));
  expect(memory.has("large")).toBe(false);
});

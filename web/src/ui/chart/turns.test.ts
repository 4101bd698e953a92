import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { inTurn, leaveTurn } from "./turns";

let frames: (() => void)[] = [];
const frame = (): void => { frames.shift()?.(); };

beforeEach(() => {
  frames = [];
  vi.stubGlobal("requestAnimationFrame", (act: () => void) => frames.push(act));
});
afterEach(() => { vi.unstubAllGlobals(); });

it("does one piece a frame, each once, in the order in which they were asked for", () => {
  const done: string[] = [];
  const [a, b, c] = [{}, {}, {}];
  inTurn(a, () => done.push("a, early"));
  inTurn(b, () => done.push("b"));
  inTurn(c, () => done.push("c"));
  inTurn(a, () => done.push("a"));
  leaveTurn(c);
  frame();
  expect(done).toEqual(["a"]);
  frame();
  frame();
  expect(done).toEqual(["a", "b"]);
  expect(frames).toEqual([]);
  inTurn(b, () => done.push("b again"));
  frame();
  expect(done).toEqual(["a", "b", "b again"]);
});

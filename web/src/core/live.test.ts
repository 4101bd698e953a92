import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { backoff, Batcher } from "./live";

beforeEach(() => { vi.useFakeTimers(); });
afterEach(() => { vi.useRealTimers(); });

it("waits longer after each failure, never more than half a minute", () => {
  expect([0, 1, 2, 3, 5, 6, 50].map(backoff)).toEqual([1, 1, 2, 4, 16, 30, 30]);
});

it("hands over what came within an interval as one, without doubles", () => {
  const seen: (readonly string[])[] = [];
  const batcher = new Batcher<string>(1, (items) => seen.push(items));
  batcher.add(["a", "b"]);
  batcher.add(["a"]);
  vi.advanceTimersByTime(999);
  expect(seen).toEqual([]);
  vi.advanceTimersByTime(1);
  batcher.add(["c"]);
  vi.advanceTimersByTime(1000);
  expect(seen).toEqual([["a", "b"], ["c"]]);
});

it("is silent after a stop, and when there is nothing", () => {
  const deliver = vi.fn();
  const batcher = new Batcher<string>(1, deliver);
  batcher.add([]);
  batcher.add(["a"]);
  batcher.stop();
  vi.advanceTimersByTime(5000);
  expect(deliver).not.toHaveBeenCalled();
});

import { describe, expect, it } from "vitest";
import { formatAgo, formatDuration, formatNumber, formatSize, formatValue, plural } from "./format";

describe("formatNumber", () => {
  it.each([
    [0, "0"], [1, "1"], [-1, "−1"], [0.1, "0.1"], [0.123456789, "0.12346"], [1234.5678, "1234.6"], [99999, "99999"],
    [123456, "123,456"], [1e9, "1e9"], [1.5e12, "1.5e12"], [0.00001234, "1.234e-5"], [1e-7, "1e-7"], [-0.00002, "−2e-5"],
    [NaN, "NaN"], [Infinity, "∞"], [-Infinity, "−∞"],
  ])("writes %d as %s", (value, text) => {
    expect(formatNumber(value)).toBe(text);
  });
});

describe("formatSize", () => {
  it.each([
    [0, "0 B"], [999, "999 B"], [1000, "1.0 kB"], [12_345, "12.3 kB"], [150e6, "150 MB"], [1e15, "1.0 PB"], [-1, "–"], [NaN, "–"],
  ])("writes %d as %s", (bytes, text) => {
    expect(formatSize(bytes)).toBe(text);
  });
});

describe("formatDuration", () => {
  it.each([
    [0.25, "250 ms"], [12.34, "12.3 s"], [60, "1m 00s"], [245, "4m 05s"], [7980, "2h 13m"], [273_600, "3d 4h"], [-1, "–"],
  ])("writes %d s as %s", (seconds, text) => {
    expect(formatDuration(seconds)).toBe(text);
  });
});

describe("formatAgo", () => {
  it.each([
    [10, "just now"], [90, "2 min ago"], [7200, "2 h ago"], [86400, "1 day ago"], [5 * 86400, "5 days ago"],
  ])("%d s before now is %s", (age, text) => {
    expect(formatAgo(1000_000 - age, 1000_000)).toBe(text);
  });
});

it("writes any value on one line", () => {
  expect([null, undefined, true, "a", 1.5, { a: [1] }].map(formatValue)).toEqual(["–", "–", "true", "a", "1.5", '{"a":[1]}']);
  expect(plural(1, "run")).toBe("1 run");
  expect(plural(1200, "run")).toBe("1,200 runs");
});

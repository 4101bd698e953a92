import { describe, expect, it } from "vitest";
import { fieldsOf, parseSearch, readFlag, readList, readNumber, readOneOf, readRange, readText, stringifySearch, withoutDefaults } from "./search";

describe("the query string", () => {
  it("comes back as it went", () => {
    const query = stringifySearch({ q: "a b&c=d/é", hide: ["r1", "r2"], log: true, x: [10, 500.5], n: 20, none: undefined, no: [], off: false });
    expect(query).toContain("hide=r1,r2");
    const back = parseSearch(query);
    expect(readText(back["q"])).toBe("a b&c=d/é");
    expect(readList(back["hide"])).toEqual(["r1", "r2"]);
    expect(readFlag(back["log"])).toBe(true);
    expect(readRange(back["x"])).toEqual([10, 500.5]);
    expect(readNumber(back["n"], 0, 1, 100)).toBe(20);
    expect(Object.keys(back).sort()).toEqual(["hide", "log", "n", "q", "x"]);
  });

  it("is empty when there is nothing to say", () => {
    expect(stringifySearch({ a: undefined, b: "", c: [], d: false })).toBe("");
  });
});

describe("garbage becomes the default", () => {
  const garbage = [undefined, null, "", " ", "abc", "1,2,3", "5,1", "NaN,2", "∞", {}, [], [{}], NaN, -1, 1e99, true, "__proto__"];

  it.each(garbage.map((g) => [g]))("for %o", (value) => {
    expect(readOneOf(value, ["none", "ema"], "none")).toBe("none");
    expect(readRange(value)).toBeUndefined();
    const number = readNumber(value, 7, 0, 100);
    expect(number).toBe(7);
    expect(Array.isArray(readList(value))).toBe(true);
    expect(["string", "undefined"]).toContain(typeof readText(value));
    expect(typeof readFlag(value)).toBe("boolean");
  });

  it("keeps numbers inside their bounds", () => {
    expect(readNumber("0.5", 0, 0, 0.99)).toBe(0.5);
    expect(readNumber("2", 0.1, 0, 0.99)).toBe(0.1);
  });
});

it("leaves out what is at its default", () => {
  const defaults = { q: undefined as string | undefined, hide: [] as string[], n: 20 };
  expect(withoutDefaults({ q: undefined, hide: [], n: 20 }, defaults)).toEqual({});
  expect(withoutDefaults({ q: "a", hide: ["b"], n: 21 }, defaults)).toEqual({ q: "a", hide: ["b"], n: 21 });
});

it("keeps lists whole whose items hold commas, and writes fields as text", () => {
  const search = { star: ["a,b", "[c]"], hide: ["x", "y"], panels: {}, log: true, q: undefined };
  expect(fieldsOf(search)).toEqual({ star: '["a,b","[c]"]', hide: "x,y", log: "1" });
  const back = parseSearch(stringifySearch(search));
  expect(readList(back["star"])).toEqual(["a,b", "[c]"]);
  expect(readList("[broken")).toEqual([]);
});

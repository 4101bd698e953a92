import { describe, expect, it } from "vitest";
import { drawnRuns, fieldText, filterOf, isFilter, nextSort, readRunList, RUN_LIST_DEFAULTS, toggled } from "./run-list";
import { parseSearch, stringifySearch } from "./search";

const runs = ["a", "b", "c"].map((id) => ({ id }));
const ids = (found: { id: string }[]): string => found.map(({ id }) => id).join("");

describe("the list's address", () => {
  it("comes back as it went", () => {
    const list = {
      q: 'config.lr < 1e-3 and name ~ "fox"', state: ["running", "failed"], sort: ["+config.a,b", "-created_at"], group: ["config.lr", "state"],
      hide: ["a", "b"], only: ["c"], pin: ["d"], archived: true,
    };
    expect(readRunList(parseSearch(stringifySearch(list)))).toEqual(list);
  });

  it("opens with the defaults whatever stands in it", () => {
    expect(readRunList({ sort: "drop table", state: "asleep", group: "metadata.x", hide: 7 })).toEqual(RUN_LIST_DEFAULTS);
    expect(readRunList({ sort: " config.lr,-name" }).sort).toEqual(["+config.lr", "-name"]);
  });
});

it("tells a filter from words", () => {
  for (const text of ["lr = 1", "config.lr<1e-3", 'name ~ "x"', "tags has \"a\"", "state in (running)", "notes is not null"]) expect(isFilter(text), text).toBe(true);
  for (const text of ["fox", "has been", "sunny smoke 1", "in the end"]) expect(isFilter(text), text).toBe(false);
});

it("sorts by a column down, up, and no more; or by several", () => {
  expect(nextSort(["-created_at"], "name", false)).toEqual(["-name"]);
  expect(nextSort(["-name"], "name", false)).toEqual(["+name"]);
  expect(nextSort(["+name"], "name", false)).toEqual(["-created_at"]);
  expect(nextSort(["-name"], "config.lr", true)).toEqual(["-name", "-config.lr"]);
  expect(nextSort(["-name", "+config.lr"], "config.lr", true)).toEqual(["-name"]);
});

describe("drawn runs", () => {
  it("are the first that are not hidden", () => {
    expect(ids(drawnRuns(runs, { ...RUN_LIST_DEFAULTS, hide: ["a"] }, 1))).toBe("b");
    expect(ids(drawnRuns(runs, RUN_LIST_DEFAULTS, 9))).toBe("abc");
  });

  it("are the chosen ones if some are chosen, and pinned ones come first and always", () => {
    expect(ids(drawnRuns(runs, { ...RUN_LIST_DEFAULTS, only: ["c"], hide: ["c"] }, 9))).toBe("c");
    expect(ids(drawnRuns(runs, { ...RUN_LIST_DEFAULTS, pin: ["c", "b"] }, 1))).toBe("bc");
  });

  it("change by a click, there and back", () => {
    const hidden = { ...RUN_LIST_DEFAULTS, ...toggled(RUN_LIST_DEFAULTS, "b") };
    expect(ids(drawnRuns(runs, hidden, 9))).toBe("ac");
    expect(toggled(hidden, "b")).toEqual({ hide: [] });
    expect(toggled({ ...RUN_LIST_DEFAULTS, only: ["a"] }, "b")).toEqual({ only: ["a", "b"] });
  });
});

it("joins the user's filter and the states into one", () => {
  const list = { ...RUN_LIST_DEFAULTS, q: " lr < 1 or lr > 2", state: ["running", "failed"] };
  expect(filterOf(list)).toBe("(lr < 1 or lr > 2) and state in (running, failed)");
  expect(filterOf({ ...list, q: "fox" })).toBe("state in (running, failed)");
  expect(filterOf({ ...list, state: [] })).toBe("lr < 1 or lr > 2");
  expect(filterOf(RUN_LIST_DEFAULTS)).toBe("");
});

it("writes fields as the filter language reads them", () => {
  expect(["state", "config.net.depth", "summary.val/acc", "config.my key", 'config.a"b,c'].map(fieldText)).toEqual(
    ["state", "config.net.depth", "summary.val/acc", 'config."my key"', 'config."a\\"b,c"'],
  );
});

import { describe, expect, it } from "vitest";
import { parseSearch, stringifySearch } from "@/core/search";
import { drawnRuns, readWorkspaceSearch, toggled, WORKSPACE_DEFAULTS } from "./search";

const runs = ["a", "b", "c"].map((id) => ({ id }));
const ids = (found: { id: string }[]): string => found.map(({ id }) => id).join("");

describe("the workspace's address", () => {
  it("comes back as it went", () => {
    const search = { ...WORKSPACE_DEFAULTS, q: "fox", state: "running", max: 50, hide: ["a", "b"], mq: "^train/", log: true, x: [1, 2] as const };
    expect(readWorkspaceSearch(parseSearch(stringifySearch({ ...search })))).toEqual(search);
  });

  it("opens with the defaults whatever stands in it", () => {
    expect(readWorkspaceSearch({ max: "-4", hide: 7, x: "a,b", sw: {}, xaxis: [] })).toEqual(WORKSPACE_DEFAULTS);
  });
});

describe("drawn runs", () => {
  it("are the first that are not hidden", () => {
    expect(ids(drawnRuns(runs, { ...WORKSPACE_DEFAULTS, hide: ["a"], max: 1 }))).toBe("b");
    expect(ids(drawnRuns(runs, WORKSPACE_DEFAULTS))).toBe("abc");
  });

  it("are the chosen ones if some are chosen", () => {
    expect(ids(drawnRuns(runs, { ...WORKSPACE_DEFAULTS, only: ["c"], hide: ["c"] }))).toBe("c");
  });

  it("change by a click, there and back", () => {
    const hidden = { ...WORKSPACE_DEFAULTS, ...toggled(WORKSPACE_DEFAULTS, "b") };
    expect(ids(drawnRuns(runs, hidden))).toBe("ac");
    expect(toggled(hidden, "b")).toEqual({ hide: [] });
    expect(toggled({ ...WORKSPACE_DEFAULTS, only: ["a"] }, "b")).toEqual({ only: ["a", "b"] });
  });
});

import { describe, expect, it } from "vitest";
import { parseSearch, stringifySearch } from "@/core/search";
import { readWorkspaceSearch, WORKSPACE_DEFAULTS } from "./search";

describe("the workspace's address", () => {
  it("comes back as it went", () => {
    const search = {
      ...WORKSPACE_DEFAULTS, q: "fox", state: ["running"], max: 50, hide: ["a", "b"], mq: "^train/", log: true, x: [1, 2] as const,
      group: ["config.lr"], band: "minmax" as const, panels: { loss: { log: false } },
    };
    expect(readWorkspaceSearch(parseSearch(stringifySearch({ ...search })))).toEqual(search);
  });

  it("opens with the defaults whatever stands in it", () => {
    expect(readWorkspaceSearch({ max: "-4", hide: 7, x: "a,b", sw: {}, band: "rubber" })).toEqual(WORKSPACE_DEFAULTS);
  });
});

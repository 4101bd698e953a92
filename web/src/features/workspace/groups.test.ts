import { expect, it } from "vitest";
import type { Run } from "@/api/runs";
import { groupRuns, styled } from "./groups";

const run = (id: string, color_index: number, config: object): Run => ({ id, color_index, config, summary: {}, state: "finished" }) as unknown as Run;

it("puts runs together that share the values, in the order in which they come", () => {
  const runs = [run("a", 4, { lr: 0.1, seed: 1 }), run("b", 3, { lr: 0.01 }), run("c", 2, { lr: 0.1, seed: 2 }), run("d", 1, {})];
  const groups = groupRuns(runs, ["config.lr", "state"]);
  expect(groups.map(({ name, runs: held }) => [name, held.join("")])).toEqual([
    ["lr: 0.1 · state: finished", "ac"], ["lr: 0.01 · state: finished", "b"], ["lr: – · state: finished", "d"],
  ]);
  expect(groups[0]?.index).toBe(2);
  expect(styled(groups).map(({ index }) => index)).toEqual([0, 1, 2]);
});

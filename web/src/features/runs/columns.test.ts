import { expect, it } from "vitest";
import type { Run } from "@/api/runs";
import { columnsOf, rowOf } from "./columns";
import { nextSort, readRunsSearch, RUNS_DEFAULTS } from "./search";

const run = (id: string, config: object, summary: object = {}): Run => ({ id, config, summary }) as unknown as Run;
const titles = (runs: Run[], all: boolean): string[] => columnsOf(runs.map(rowOf), all).slice(4).map((column) => column.title);

it("shows the config in which the runs differ, then the summary without media", () => {
  const image = { _type: "image-file", path: "a.png" };
  const runs = [
    run("a", { lr: 0.1, net: { depth: 2, width: 8 } }, { loss: 1, picture: image }),
    run("b", { lr: 0.1, net: { depth: 3, width: 8 } }, { loss: 2, "acc@1": 0.5 }),
  ];
  expect(titles(runs, false)).toEqual(["net.depth", "acc@1", "loss"]);
  expect(titles(runs, true)).toEqual(["lr", "net.depth", "net.width", "acc@1", "loss"]);
  expect(titles(runs.slice(0, 1), false)).toEqual(["lr", "net.depth", "net.width", "loss"]);
});

it("sorts down, then up", () => {
  expect(nextSort("-created_at", "config.lr")).toBe("-config.lr");
  expect(nextSort("-config.lr", "config.lr")).toBe("+config.lr");
});

it("drops a sort the server does not know", () => {
  expect(readRunsSearch({ sort: "drop table", state: "asleep" })).toEqual(RUNS_DEFAULTS);
  expect(readRunsSearch({ sort: " config.lr" }).sort).toBe("+config.lr");
});

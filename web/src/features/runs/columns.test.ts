import { expect, it } from "vitest";
import type { Run } from "@/api/runs";
import { parseSearch, stringifySearch } from "@/core/search";
import { allColumns, rowOf, shownColumns } from "./columns";
import { readRunsSearch, RUNS_DEFAULTS } from "./search";

const run = (id: string, config: object, summary: object = {}): Run => ({ id, config, summary, tags: [], state: "finished" }) as unknown as Run;
const image = { _type: "image-file", path: "a.png" };
const runs = [
  run("a", { lr: 0.1, net: { depth: 2, width: 8 } }, { loss: 1, picture: image }),
  run("b", { lr: 0.1, net: { depth: 3, width: 8 } }, { loss: 2, "acc@1": 0.5 }),
];
const fields = (some: Run[], search: { cols?: string[]; all?: boolean } = {}): string[] => {
  const rows = some.map(rowOf);
  return shownColumns(allColumns(rows), rows, { cols: [], all: false, ...search }).map((column) => column.field);
};
const FACTS = ["state", "created_at", "duration"];

it("shows the config in which the runs differ, then the summary without media", () => {
  expect(fields(runs)).toEqual([...FACTS, "config.net.depth", "summary.acc@1", "summary.loss"]);
  expect(fields(runs, { all: true })).toEqual([...FACTS, "config.lr", "config.net.depth", "config.net.width", "summary.acc@1", "summary.loss"]);
  expect(fields(runs.slice(0, 1))).toEqual([...FACTS, "config.lr", "config.net.depth", "config.net.width", "summary.loss"]);
});

it("shows the chosen columns in their order, also those that no loaded run has", () => {
  expect(fields(runs, { cols: ["summary.loss", "notes", "config.later", "config.lr", "nonsense"] })).toEqual(["summary.loss", "notes", "config.later", "config.lr"]);
});

it("keeps the columns in the address", () => {
  const search = { ...RUNS_DEFAULTS, cols: ["config.a,b", "state"], all: true, open: ["lr: 0.1"] };
  expect(readRunsSearch(parseSearch(stringifySearch({ ...search })))).toEqual(search);
});

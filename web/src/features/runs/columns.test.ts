import { expect, it } from "vitest";
import type { RunColumn } from "@/api/run-table";
import type { Run } from "@/api/runs";
import { parseSearch, stringifySearch } from "@/core/search";
import { allColumns, rowOf, shownColumns } from "./columns";
import { readRunsSearch, RUNS_DEFAULTS } from "./search";

const column = (part: RunColumn["part"], name: string, differs = true, kind = "number"): RunColumn => (
  { part, name, differs, count: 2, kinds: { [kind]: 2 }, min: null, max: null, values: [] }
);
const known = [
  column("run", "job_type"), column("config", "net.width", false), column("config", "net.depth"), column("config", "lr", false),
  column("config", '"a \\"b\\""', false),
  column("summary", "loss"), column("summary", "acc@1"), column("summary", "pictures", true, "list"), column("summary", "picture._type"), column("summary", "picture.path"),
];
const fields = (some: RunColumn[], search: { cols?: string[]; all?: boolean } = {}): string[] =>
  shownColumns(allColumns(some), { cols: [], all: false, ...search }).map(({ field }) => field);

it("shows the facts there are, the config in which the runs differ, then the summary without media", () => {
  expect(fields(known)).toEqual(["state", "job_type", "created_at", "duration", "config.net.depth", "summary.acc@1", "summary.loss"]);
  expect(fields(known, { all: true }).filter((field) => field.startsWith("config"))).toEqual(['config.a "b"', "config.lr", "config.net.depth", "config.net.width"]);
});

it("shows all config of runs that do not differ", () => {
  expect(fields([column("config", "lr", false)])).toContain("config.lr");
});

it("shows the chosen columns in their order, also those that no run has yet", () => {
  expect(fields(known, { cols: ["summary.loss", "notes", "config.later", "config.lr", "nonsense"] })).toEqual(["summary.loss", "notes", "config.later", "config.lr"]);
});

it("reads a value whether it came nested or flat", () => {
  const run = (config: object): Run => ({ id: "a", config, summary: {}, tags: [] }) as unknown as Run;
  const depth = allColumns(known).find(({ field }) => field === "config.net.depth");
  expect([{ net: { depth: 3 } }, { "net.depth": 3 }, {}].map((config) => depth?.text(rowOf(run(config))))).toEqual(["3", "3", ""]);
});

it("keeps the columns in the address", () => {
  const search = { ...RUNS_DEFAULTS, cols: ["config.a,b", "state"], all: true, open: ["lr: 0.1"] };
  expect(readRunsSearch(parseSearch(stringifySearch({ ...search })))).toEqual(search);
});

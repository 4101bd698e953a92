import { expect, it } from "vitest";
import type { RunColumn } from "@/api/run-table";
import type { Run } from "@/api/runs";
import { allColumns, rowOf } from "./columns";
import { csvOf, markdownOf } from "./export";

const run = { id: "abc", name: "=a|b", config: { lr: 1e-7, note: 'x,"y"' }, summary: { loss: -0.123456789 }, tags: ["t"], state: "finished" } as unknown as Run;
const rows = [rowOf(run)];
const known = (part: RunColumn["part"], name: string, kind: string): RunColumn => ({ part, name: `${part}.${name}`, differs: true, count: 1, kinds: { [kind]: 1 }, min: null, max: null, values: [] });
const columns = allColumns([known("config", "lr", "number"), known("config", "note", "text"), known("summary", "loss", "number")]).filter(({ part }) => part !== "run");

it("writes all digits and no formula", () => {
  expect(csvOf(rows, columns)).toBe('id,name,config.lr,config.note,summary.loss\nabc,\'=a|b,1e-7,"x,""y""",-0.123456789\n');
});

it("writes a table for a text", () => {
  expect(markdownOf(rows, columns).split("\n").slice(1)).toEqual(["| --- | ---: | --- | ---: |", '| =a\\|b | 1e-7 | x,"y" | −0.12346 |']);
});

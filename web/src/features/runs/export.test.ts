import { expect, it } from "vitest";
import type { Run } from "@/api/runs";
import { allColumns, rowOf } from "./columns";
import { csvOf, markdownOf } from "./export";

const run = { id: "abc", name: "=a|b", config: { lr: 1e-7, note: 'x,"y"' }, summary: { loss: -0.123456789 }, tags: ["t"], state: "finished" } as unknown as Run;
const rows = [rowOf(run)];
const columns = allColumns(rows).filter(({ part }) => part !== "run");

it("writes all digits and no formula", () => {
  expect(csvOf(rows, columns)).toBe('id,name,config.lr,config.note,summary.loss\nabc,\'=a|b,1e-7,"x,""y""",-0.123456789\n');
});

it("writes a table for a text", () => {
  expect(markdownOf(rows, columns).split("\n").slice(1)).toEqual(["| --- | ---: | --- | ---: |", '| =a\\|b | 1e-7 | x,"y" | −0.12346 |']);
});

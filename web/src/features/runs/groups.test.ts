import { expect, it } from "vitest";
import type { RunColumn } from "@/api/run-table";
import type { Run } from "@/api/runs";
import { allColumns, rowOf } from "./columns";
import { aggregatesOf, aggregateText, groupLines, groupOrder, namedGroup } from "./groups";

const known = (part: RunColumn["part"], name: string, kind: string): RunColumn => ({ part, name: `${part}.${name}`, differs: true, count: 2, kinds: { [kind]: 2 }, min: null, max: null, values: [] });
const columns = allColumns([known("config", "opt", "text"), known("summary", "my loss", "number")]);
const group = namedGroup({ values: [0.1, null], count: 5, running: 0, newest: 0, aggregates: { 'mean:summary."my loss"': 2, 'std:summary."my loss"': 0.5 }, filter: "config.lr = 0.1" }, ["config.lr", "state"]);

it("asks for mean and deviation of the numbers, and sorts by a mean where it can", () => {
  expect(aggregatesOf(columns)).toBe('mean:summary."my loss",std:summary."my loss"');
  expect(groupOrder(["+summary.my loss", "-name"], columns)).toBe('+mean:summary."my loss"');
  expect(groupOrder(["-created_at"], columns)).toBe("-count");
});

it("names a group by its values and says what its numbers come to", () => {
  const text = columns.map((column) => aggregateText(group, column)).filter(Boolean);
  expect([group.name, text]).toEqual(["lr: 0.1 · state: –", ["2 ± 0.5"]]);
});

it("lists the runs of open groups, and how many more there are", () => {
  const row = rowOf({ id: "a", config: {}, summary: {} } as unknown as Run);
  expect(groupLines([group], new Map()).map(({ kind }) => kind)).toEqual(["group"]);
  expect(groupLines([group], new Map([[group.name, [row]]])).map(({ kind }) => kind)).toEqual(["group", "run", "rest"]);
});

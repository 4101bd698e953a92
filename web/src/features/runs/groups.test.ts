import { expect, it } from "vitest";
import type { Run } from "@/api/runs";
import { allColumns, rowOf } from "./columns";
import { aggregate, groupRows, linesOf } from "./groups";

const run = (id: string, lr: number, loss: number | string): Run => ({ id, config: { lr }, summary: { loss }, tags: [], state: "finished" }) as unknown as Run;
const rows = [run("a", 0.1, 1), run("b", 0.2, 5), run("c", 0.1, 3)].map(rowOf);

it("lists groups with the runs of those that are open", () => {
  const names = linesOf(rows, ["config.lr"], ["lr: 0.1"]).map((line) => (line.kind === "group" ? line.group.name : line.row.run.id));
  expect(names).toEqual(["lr: 0.1", "a", "c", "lr: 0.2"]);
  expect(linesOf(rows, [], []).map(({ kind }) => kind)).toEqual(["run", "run", "run"]);
});

it("says of a group what its numbers come to, or what its runs share", () => {
  const column = (field: string) => {
    const found = allColumns(rows).find((one) => one.field === field);
    if (!found) throw new Error(field);
    return found;
  };
  const held = groupRows(rows, ["config.lr"])[0]?.rows ?? [];
  expect(aggregate(held, column("summary.loss"))).toEqual({ text: "2 ± 1.4", detail: "mean of 2; 1 to 3", isNumber: true });
  expect(aggregate(held, column("state")).text).toBe("finished");
  expect(aggregate([...held, rowOf(run("d", 0.1, "none"))], column("summary.loss")).text).toBe("3 values");
  expect(aggregate(held, column("tags")).text).toBe("");
});

import { expect, it } from "vitest";
import { csvOf, svgOf, type ExportLine } from "./chart-export";

const line = (label: string, x: number[], y: number[]): ExportLine => ({ label, colour: "#123456", dash: [], x: Float64Array.from(x), y: Float64Array.from(y) });

it("writes every point, and no formula", () => {
  expect(csvOf([line('a "b", c', [1, 2], [0.5, NaN]), line("=cmd()", [3], [4])])).toBe(
    'run,x,y\n"a ""b"", c",1,0.5\n"a ""b"", c",2,NaN\n\'=cmd(),3,4\n',
  );
});

it("draws a line with its gaps and keeps names as text", () => {
  const svg = svgOf("loss <x>", [line("run & co", [0, 1, 2, 3], [1, 2, NaN, 4])]);
  expect(svg).toContain("loss &lt;x>");
  expect(svg).toContain("run &amp; co");
  const path = /d="([^"]*)"/.exec(svg)?.[1] ?? "";
  expect(path.match(/M/g)).toHaveLength(2);
  expect(path.match(/L/g)).toHaveLength(1);
});

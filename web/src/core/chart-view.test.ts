import { describe, expect, it } from "vitest";
import { changePanel, CHART_DEFAULTS, panelView, readChartView, tidyRange, type ChartView } from "./chart-view";
import { parseSearch, stringifySearch } from "./search";

describe("the chart view", () => {
  it("is the same after a round through the address", () => {
    const view: ChartView = {
      mq: "loss$|a+b", xaxis: "train/examples", x: [10, 99.5], sk: "gaussian", sw: 12, robust: true, log: true, logx: true, y: [-1, 2.5],
      panels: { "a,b": { log: false, sw: 3, sk: "mean" } }, star: ["a,b", "loss"], full: "loss",
    };
    expect(readChartView(parseSearch(stringifySearch({ ...view })))).toEqual(view);
  });

  it("drops what it cannot read, field by field", () => {
    const garbage = { mq: "", x: "9,1", sk: "wave", sw: "7", log: "perhaps", y: "1", panels: "{", star: "[1", full: "" };
    expect(readChartView(garbage)).toEqual(CHART_DEFAULTS);
    expect(readChartView({ ...garbage, sw: "0.5", panels: '{"a":{"log":1,"sw":99,"moon":3}}' })).toMatchObject({ sw: 0.5, panels: { a: { sw: 0 } } });
  });

  it("lets one panel differ, and follow the page again", () => {
    const view = { ...CHART_DEFAULTS, x: [1, 2] as const, sw: 0.5 };
    const changed = { ...view, ...changePanel(view, "a", { log: true }) };
    expect(panelView(changed, "a")).toMatchObject({ log: true, sw: 0.5, x: [1, 2] });
    expect(panelView(changed, "b").log).toBe(false);
    const other = { ...changed, ...changePanel(changed, "a", { xaxis: "wall" }) };
    expect(panelView(other, "a").x, "a zoom of steps says nothing about hours").toBeUndefined();
    expect(changePanel(other, "a", undefined)).toEqual({ panels: {} });
  });
});

it("writes a zoomed range with few digits", () => {
  expect(tidyRange([10.123456789, 1010.987654321])).toEqual([10, 1011]);
  expect(tidyRange([0.2000000001, 0.2200000004])).toEqual([0.2, 0.22]);
});

import { describe, expect, it } from "vitest";
import { CHART_DEFAULTS, readChartView, tidyRange } from "./chart-view";
import { parseSearch, stringifySearch } from "./search";

describe("the chart view", () => {
  it("is the same after a round through the address", () => {
    const view = { mq: "loss$|a+b", xaxis: "relative", x: [10, 99.5], sw: 0.6, log: true } as const;
    expect(readChartView(parseSearch(stringifySearch(view)))).toEqual(view);
  });

  it("drops what it cannot read, field by field", () => {
    const garbage = { mq: "", xaxis: "moon", x: "9,1", sw: "7", log: "perhaps" };
    expect(readChartView(garbage)).toEqual(CHART_DEFAULTS);
    expect(readChartView({ ...garbage, sw: "0.5" })).toEqual({ ...CHART_DEFAULTS, sw: 0.5 });
  });
});

it("writes a zoomed range with few digits", () => {
  expect(tidyRange([10.123456789, 1010.987654321])).toEqual([10, 1011]);
  expect(tidyRange([0.2000000001, 0.2200000004])).toEqual([0.2, 0.22]);
});

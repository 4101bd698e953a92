import { describe, expect, it } from "vitest";
import { parseSearch, stringifySearch } from "@/core/search";
import { readGraphSearch, writeGraphSearch } from "./graph-search";

const through = (query: string): string => stringifySearch(writeGraphSearch(readGraphSearch(parseSearch(query))));

describe("the graph's address", () => {
  it("comes back as it was", () => {
    const query = "?detail=instances&root=artifact:mnist-raw:v0&depth=2&sel=run:abc12345&hide=job:train,type:model&fold=0&dir=up";
    expect(readGraphSearch(parseSearch(through(query)))).toEqual(readGraphSearch(parseSearch(query)));
    expect(through(query)).toContain("fold=0");
  });

  it("is short when nothing is special", () => {
    expect(through("")).toBe("");
    expect(through("?detail=types&dir=both&list=0")).toBe("");
  });

  it("drops what it cannot read, field by field", () => {
    expect(readGraphSearch(parseSearch("?detail=worlds&dir=sideways&depth=-3&sel=run:a"))).toMatchObject({
      detail: "types",
      dir: "both",
      depth: undefined,
      sel: "run:a",
    });
  });
});

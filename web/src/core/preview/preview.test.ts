import { describe, expect, it } from "vitest";
import { differingColumns } from "./columns";
import { parseCsv, separatorOf } from "./csv";
import { fileTree, foldersAbove } from "./file-tree";
import { hexLines } from "./hex";
import { changes, flatten, treeLines } from "./json-tree";
import { fileKind, looksLikeText } from "./kind";
import { parseMarkdown } from "./markdown";
import { numericColumns } from "./table";
import { usageSnippets } from "./usage";

describe("fileKind", () => {
  it.each([
    ["a/b.PNG", "", "image"],
    ["model.pt", "application/octet-stream", "looked"],
    ["weights.safetensors", "", "looked"],
    ["core.dump", "application/octet-stream", "binary"],
    ["drawing.svg", "image/svg+xml", "text"],
    ["page.html", "text/html", "text"],
    ["hardest.table.json", "application/json", "table"],
    ["config.json", "", "json"],
    ["Dockerfile", "", "text"],
    ["unknown", "image/png", "image"],
    ["unknown", "image/svg+xml", "binary"],
    ["log.1", "text/plain", "text"],
    ["train.csv", "", "csv"],
  ])("%s (%s) is %s", (path, type, kind) => {
    expect(fileKind(path, type)).toBe(kind);
  });

  it("knows text when it sees it", () => {
    expect(looksLikeText(new TextEncoder().encode("naïve\n"))).toBe(true);
    expect(looksLikeText(new TextEncoder().encode("naï").slice(0, 3))).toBe(true);
    expect(looksLikeText(new Uint8Array([0x93, 0x4e, 0x55]))).toBe(false);
    expect(looksLikeText(new Uint8Array([65, 0, 66]))).toBe(false);
    expect(looksLikeText(new Uint8Array())).toBe(false);
  });
});

describe("parseCsv", () => {
  it("reads quotes, line ends in cells and both line endings", () => {
    const table = parseCsv('\uFEFFa,b\r\n1,"x, ""y""\nz"\r\n\r\n2,\n');
    expect(table).toEqual({ columns: ["a", "b"], rows: [["1", 'x, "y"\nz'], ["2", ""]], truncated: false });
  });

  it("finds the separator", () => {
    expect(separatorOf("a\tb\tc,d\n1,2,3")).toBe("\t");
    expect(parseCsv("a;b\n1;2").rows).toEqual([["1", "2"]]);
  });

  it("says that there is more", () => {
    expect(parseCsv("a\n1\n2\n3", { most: 2 })).toEqual({ columns: ["a"], rows: [["1"], ["2"]], truncated: true });
    expect(parseCsv('a,b\n1,2\n3,"hal', { cut: true })).toEqual({ columns: ["a", "b"], rows: [["1", "2"]], truncated: true });
    expect(parseCsv("a\n1\n2", { most: 2 }).truncated).toBe(false);
  });

  it("is not confused by nothing", () => {
    expect(parseCsv("")).toEqual({ columns: [], rows: [], truncated: false });
    expect(parseCsv('"open')).toEqual({ columns: ["open"], rows: [], truncated: false });
  });

  it("knows columns of numbers", () => {
    expect(numericColumns(parseCsv("a,b,c\n1,x,\n2.5e3,2,"))).toEqual([true, false, false]);
  });
});

describe("JSON tree", () => {
  const value = { a: 1, b: { c: [true, null, "x"] }, "d/e": {} };

  it("has a line for each visible value", () => {
    const lines = treeLines(value, () => true);
    expect(lines.map((line) => [line.depth, line.key, line.value?.text ?? line.branch?.kind])).toEqual([
      [0, null, "object"],
      [1, "a", "1"],
      [1, "b", "object"],
      [2, "c", "list"],
      [3, "0", "true"],
      [3, "1", "null"],
      [3, "2", "x"],
      [1, "d/e", "object"],
    ]);
    expect(new Set(lines.map((line) => line.pointer)).size).toBe(lines.length);
    expect(lines.at(-1)?.pointer).toBe("/d~1e");
  });

  it("hides what is closed and says how much a long list holds", () => {
    expect(treeLines(value, (_, depth) => depth < 1)).toHaveLength(4);
    const long = treeLines(Array.from({ length: 1000 }, (_, i) => i), () => true);
    expect(long).toHaveLength(202);
    expect(long.at(-1)?.more).toBe(800);
  });

  it("flattens and compares", () => {
    expect([...flatten(value)]).toEqual([
      ["a", "1"],
      ["b.c", '[true,null,"x"]'],
      ["d/e", "{}"],
    ]);
    expect(changes({ a: 1, same: 2, gone: "x" }, { a: "1", same: 2, n: { m: 3 } })).toEqual([
      { key: "gone", before: "x", after: null },
      { key: "n.m", before: null, after: "3" },
    ]);
    expect(changes({}, {})).toEqual([]);
  });
});

describe("fileTree", () => {
  it("counts and sorts as people do", () => {
    const files = ["b/step-10.txt", "b/step-2.txt", "a/x/y.txt", "top.txt"].map((path, i) => ({ path, size: i + 1 }));
    const root = fileTree(files);
    expect(root).toMatchObject({ count: 4, size: 10 });
    expect(root.folders.map((folder) => folder.name)).toEqual(["a", "b"]);
    expect(root.folders[1]?.files.map((file) => file.path)).toEqual(["b/step-2.txt", "b/step-10.txt"]);
    expect(root.folders[0]?.folders[0]).toMatchObject({ path: "a/x", size: 3, count: 1 });
    expect(foldersAbove("a/x/y.txt")).toEqual(["a", "a/x"]);
  });
});

describe("hexLines", () => {
  it("shows offset, bytes and letters", () => {
    const bytes = new Uint8Array([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, ...new Array<number>(12).fill(0)]);
    expect(hexLines(bytes)[0]).toEqual({
      offset: "00000000",
      hex: "93 4e 55 4d 50 59 00 00 00 00 00 00 00 00 00 00",
      text: "·NUMPY··········",
    });
    expect(hexLines(bytes)).toHaveLength(2);
  });
});

describe("parseMarkdown", () => {
  it("reads blocks and inline parts", () => {
    const blocks = parseMarkdown("# Title\n\nSome **bold** `code`\nand [a link](https://x.org).\n\n- one\n- two\n\n```\nx < y\n```\n> said");
    expect(blocks.map((block) => block.kind)).toEqual(["heading", "paragraph", "list", "code", "quote"]);
    expect(blocks[1]).toMatchObject({ inline: [{}, { kind: "strong", text: "bold" }, {}, { kind: "code" }, {}, { kind: "link" }, {}] });
  });

  it("never makes a link of a script, nor markup of markup", () => {
    const [block] = parseMarkdown("[x](javascript:alert(1)) <img src=x onerror=alert(1)>");
    expect(block).toEqual({
      kind: "paragraph",
      inline: [{ kind: "text", text: "[x](javascript:alert(1)) <img src=x onerror=alert(1)>" }],
    });
  });
});

describe("differingColumns", () => {
  it("shows only what tells versions apart", () => {
    const { keys, rows } = differingColumns([{ sizes: [1, 2], norm: { on: true }, a: 1 }, { sizes: [1, 2], norm: { on: false } }]);
    expect(keys).toEqual(["norm.on", "a"]);
    expect(rows[0]?.get("norm.on")).toBe("true");
  });
});

describe("usageSnippets", () => {
  const version = { entity: "me", project: "my digits", name: "mnist-raw", version: "v3", type: "dataset" };
  it("names the version, or follows the alias", () => {
    expect(usageSnippets(version, "http://x").cli).toBe("museion artifact get 'me/my digits/mnist-raw:v3' --root mnist-raw");
    expect(usageSnippets(version, "http://x", "best").python).toContain('use_artifact("mnist-raw:best")');
    expect(usageSnippets(version, "http://x").curl).toContain("http://x/api/v1/projects/me/my%20digits/artifacts/mnist-raw/v3/files");
    expect(usageSnippets(version, "http://x").wandb).toContain("import wandb");
  });
});

import { readFlag, readList, readNumber, readOneOf, readText, type Search } from "@/core/search";
import type { Detail, Direction } from "@/core/lineage/graph";

/** Everything that is visible in the graph view is in its address. */
export interface GraphSearch {
  detail: Detail;
  /** Only what leads to or from this node. */
  root: string | undefined;
  dir: Direction;
  depth: number | undefined;
  /** The selected node. */
  sel: string | undefined;
  q: string | undefined;
  /** Hidden types, `type:dataset` or `job:train`. */
  hide: string[];
  /** Stacks that are unfolded. */
  open: string[];
  /** Every instance, folded or not as the reader wants; undefined lets the size decide. */
  fold: boolean | undefined;
  /** As a table in place of a picture. */
  list: boolean;
}

const DETAILS = ["types", "collections", "instances"] as const;
const DIRECTIONS = ["both", "up", "down"] as const;
const DEEPEST = 1000;

/** Whatever cannot be read is its default, so that a bad link still opens. */
export function readGraphSearch(search: Search): GraphSearch {
  const depth = readNumber(search["depth"], 0, 1, DEEPEST);
  const fold = readText(search["fold"]);
  return {
    detail: readOneOf(search["detail"], DETAILS, "types"),
    root: readText(search["root"]),
    dir: readOneOf(search["dir"], DIRECTIONS, "both"),
    depth: depth || undefined,
    sel: readText(search["sel"]),
    q: readText(search["q"]),
    hide: readList(search["hide"]),
    open: readList(search["open"]),
    fold: fold === undefined ? undefined : readFlag(fold),
    list: readFlag(search["list"]),
  };
}

/** Defaults are left out: a plain address is the first view. */
export function writeGraphSearch(search: GraphSearch): Search {
  const { detail, dir, fold, ...rest } = search;
  return {
    detail: detail === "types" ? undefined : detail,
    ...rest,
    dir: dir === "both" ? undefined : dir,
    fold: fold === undefined ? undefined : fold ? "1" : "0",
  };
}

import { useMemo } from "react";
import { contract } from "@/core/lineage/contract";
import { fold, FOLD_ABOVE } from "@/core/lineage/fold";
import { EMPTY_GRAPH, type Graph } from "@/core/lineage/graph";
import { layout, type Layout } from "@/core/lineage/layout";
import type { GraphSearch } from "./graph-search";

export interface Picture {
  /** What is drawn, after hiding and folding. */
  graph: Graph;
  layout: Layout;
  folded: boolean;
}

/** From the server's graph to boxes on the screen. */
export function usePicture(graph: Graph = EMPTY_GRAPH, search: Pick<GraphSearch, "hide" | "open" | "fold" | "sel">): Picture {
  const { hide, open, fold: wanted, sel } = search;
  const hidden = hide.join();
  const opened = open.join();
  return useMemo(() => {
    const shown = contract(graph, new Set(hidden.split(",")));
    const folded = wanted ?? shown.nodes.length > FOLD_ABOVE;
    const keep = new Set([...opened.split(","), ...(sel ? [sel] : [])].filter((id) => !isSelectedStack(id, sel, opened)));
    const drawn = folded ? fold(shown, { open: keep }) : shown;
    return { graph: drawn, layout: layout(drawn), folded };
  }, [graph, hidden, opened, wanted, sel]);
}

/** Selecting a stack does not unfold it; selecting an instance takes it out of its stack. */
function isSelectedStack(id: string, sel: string | undefined, opened: string): boolean {
  return id === sel && id.startsWith("stack:") && !opened.split(",").includes(id);
}

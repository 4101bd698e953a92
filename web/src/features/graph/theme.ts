import { hueOf, hueToken, HUES } from "@/core/lineage/colour";
import type { GraphNode } from "@/core/lineage/graph";

/** The tokens a canvas needs as plain colours. */
export interface Theme {
  background: string;
  raised: string;
  line: string;
  edge: string;
  text: string;
  quiet: string;
  accent: string;
  colourOf: (node: Pick<GraphNode, "kind" | "type">) => string;
}

export function readTheme(): Theme {
  const style = getComputedStyle(document.documentElement);
  const token = (name: string): string => style.getPropertyValue(name).trim();
  const hues = new Map(HUES.map((hue) => [hue, token(hueToken(hue))]));
  return {
    background: token("--bg"),
    raised: token("--bg-2"),
    line: token("--line-2"),
    edge: token("--fg-3"),
    text: token("--fg"),
    quiet: token("--fg-2"),
    accent: token("--accent"),
    colourOf: (node) => hues.get(hueOf(node)) ?? token("--fg-3"),
  };
}

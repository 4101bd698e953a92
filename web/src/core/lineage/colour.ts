import type { GraphNode } from "./graph";

/** The hues of the tokens `--type-1` to `--type-7`; the words on the node say the same, so colour is never the only sign. */
export const HUES = ["blue", "violet", "teal", "orange", "red", "green", "grey"] as const;
export type Hue = (typeof HUES)[number];

const USUAL: Record<string, Hue> = {
  dataset: "blue",
  model: "violet",
  predictions: "teal",
  table: "teal",
  run_table: "teal",
  code: "grey",
  job: "grey",
};
const CHOICE: readonly Hue[] = ["teal", "orange", "green", "red", "violet", "blue"];

/** Artifacts have the hue of their type, for ever the same; runs are neutral, so that the eye finds what was made. */
export function hueOf(node: Pick<GraphNode, "kind" | "type">): Hue {
  if (node.kind === "run" || !node.type) return "grey";
  return USUAL[node.type] ?? CHOICE[hash(node.type) % CHOICE.length] ?? "grey";
}

function hash(text: string): number {
  let value = 7;
  for (let i = 0; i < text.length; i++) value = (value * 31 + text.charCodeAt(i)) >>> 0;
  return value;
}

/** The CSS custom property that holds a hue. */
export function hueToken(hue: Hue): string {
  return `--type-${HUES.indexOf(hue) + 1}`;
}

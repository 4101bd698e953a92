import { useMemo, useRef, type ReactNode } from "react";
import { hueOf, hueToken } from "@/core/lineage/colour";
import { typeKey, type Graph, type GraphNode } from "@/core/lineage/graph";
import styles from "./graph.module.css";
import type { GraphSearch } from "./graph-search";
import type { ChangeSearch } from "./use-graph-search";

interface ToolbarProps {
  search: GraphSearch;
  /** As the server gave it, with what is hidden. */
  graph: Graph;
  folded: boolean;
  onChange: ChangeSearch;
  children: ReactNode;
}

/** Levels, Explode, what is hidden, search; what else there is comes as children. */
export function Toolbar({ search, graph, folded, onChange, children }: ToolbarProps) {
  const exploded = search.detail === "instances";
  return (
    <div className={styles.toolbar} role="toolbar" aria-label="graph">
      <Levels search={search} onChange={onChange} />
      <button
        type="button"
        className={exploded ? styles.button : styles.primary}
        aria-pressed={exploded}
        onClick={() => onChange(levelChange(exploded ? "types" : "instances"))}
      >
        {exploded ? "Collapse" : "Explode"}
      </button>
      {exploded && (
        <button
          type="button"
          className={styles.button}
          aria-pressed={folded}
          title="show alike nodes as one stack"
          onClick={() => onChange({ fold: !folded, open: [] })}
        >
          Fold alike
        </button>
      )}
      <Chips graph={graph} hide={search.hide} onChange={(hide) => onChange({ hide })} />
      <span className="grow" />
      <Find query={search.q} onChange={(q) => onChange({ q }, { replace: true })} />
      {children}
    </div>
  );
}

const LEVELS = [
  ["types", "Types"],
  ["collections", "Collections"],
  ["instances", "Instances"],
] as const;

/** Another level is another picture: what was selected or unfolded in the old one is not in it. */
export function levelChange(detail: GraphSearch["detail"]): Partial<GraphSearch> {
  const focus = detail === "instances" ? {} : { root: undefined, dir: "both" as const, depth: undefined };
  return { detail, sel: undefined, open: [], fold: undefined, ...focus };
}

function Levels({ search, onChange }: Pick<ToolbarProps, "search" | "onChange">) {
  return (
    <div className={styles.levels} role="group" aria-label="level of detail">
      {LEVELS.map(([detail, word]) => (
        <button key={detail} type="button" aria-pressed={search.detail === detail} onClick={() => onChange(levelChange(detail))}>
          {word}
        </button>
      ))}
    </div>
  );
}

function Find({ query, onChange }: { query: string | undefined; onChange: (query: string | undefined) => void }) {
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const later = (text: string): void => {
    clearTimeout(timer.current);
    timer.current = setTimeout(() => onChange(text || undefined), 200);
  };
  return (
    <input
      key={query === undefined ? "empty" : "filled"}
      type="search"
      className={styles.find}
      placeholder="Find a node"
      aria-label="find a node"
      defaultValue={query}
      onChange={(event) => later(event.target.value)}
    />
  );
}

interface ChipsProps {
  graph: Graph;
  hide: readonly string[];
  onChange: (hide: string[]) => void;
}

const MOST_CHIPS = 10;

/** A chip for each type: what is switched off is passed through. */
function Chips({ graph, hide, onChange }: ChipsProps) {
  const types = useMemo(() => typesOf(graph.nodes), [graph]);
  const toggle = (key: string): void => onChange(hide.includes(key) ? hide.filter((one) => one !== key) : [...hide, key]);
  if (types.length < 2) return null;
  return (
    <div className={styles.chips} role="group" aria-label="types shown">
      {types.slice(0, MOST_CHIPS).map((node) => {
        const key = typeKey(node);
        return (
          <button
            key={key}
            type="button"
            aria-pressed={!hide.includes(key)}
            style={{ ["--hue" as string]: `var(${hueToken(hueOf(node))})` }}
            onClick={() => toggle(key)}
          >
            <span className={styles.sign} aria-hidden>{node.kind === "run" ? "▸" : "◆"}</span>
            {node.type || "run"}
          </button>
        );
      })}
    </div>
  );
}

function typesOf(nodes: readonly GraphNode[]): GraphNode[] {
  const first = new Map<string, GraphNode>();
  for (const node of nodes) if (!first.has(typeKey(node))) first.set(typeKey(node), node);
  return [...first.values()].sort((a, b) => a.kind.localeCompare(b.kind) || a.type.localeCompare(b.type));
}

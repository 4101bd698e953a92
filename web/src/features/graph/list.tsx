import { useMemo } from "react";
import { formatTime } from "@/core/format";
import { shortName, type Graph, type GraphNode } from "@/core/lineage/graph";
import { neighbours } from "@/core/lineage/reach";
import { AppLink } from "@/ui/app-link";
import { State } from "./facts";
import styles from "./graph.module.css";
import { kindWord } from "./node-link";

interface GraphListProps {
  graph: Graph;
  lit: ReadonlySet<string> | null;
  selected: string | null;
  hrefOfNode: (id: string) => string;
}

const MOST_NAMES = 6;
const MOST_ROWS = 1000;

/** The same nodes as a table, in order of time: for reading aloud, printing and searching in the page. */
export function GraphList({ graph, lit, selected, hrefOfNode }: GraphListProps) {
  const rows = useMemo(() => [...graph.nodes].sort((a, b) => a.time - b.time), [graph]);
  const byId = useMemo(() => new Map(graph.nodes.map((node) => [node.id, node])), [graph]);
  const [from, to] = useMemo(() => [neighbours(graph.edges, "up"), neighbours(graph.edges, "down")], [graph]);
  const shown = lit ? rows.filter((node) => lit.has(node.id)) : rows;
  const names = (ids: readonly string[] = []): React.ReactNode => <Names ids={ids} byId={byId} hrefOfNode={hrefOfNode} />;
  return (
    <div className={styles.list}>
      <table>
        <caption>
          {shown.length.toLocaleString("en-US")} nodes{shown.length > MOST_ROWS ? `, the first ${String(MOST_ROWS)} listed` : ""}
        </caption>
        <thead>
          <tr>
            <th scope="col">Node</th>
            <th scope="col">Type</th>
            <th scope="col">State, aliases</th>
            <th scope="col">Comes from</th>
            <th scope="col">Leads to</th>
            <th scope="col">Since</th>
          </tr>
        </thead>
        <tbody>
          {shown.slice(0, MOST_ROWS).map((node) => (
            <tr key={node.id} aria-current={node.id === selected || undefined}>
              <th scope="row">
                <AppLink href={hrefOfNode(node.id)} title={node.label}>
                  <span className={styles.sign} aria-hidden>{node.kind === "run" ? "▸" : "◆"}</span> {shortName(node)}
                </AppLink>
              </th>
              <td>{kindWord(node)}{node.count > 1 ? ` · ${node.count.toLocaleString("en-US")}` : ""}</td>
              <td>{node.state ? <State state={node.state} /> : node.aliases.join(", ")}</td>
              <td>{names(from.get(node.id))}</td>
              <td>{names(to.get(node.id))}</td>
              <td className="num">{formatTime(node.time)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface NamesProps {
  ids: readonly string[];
  byId: ReadonlyMap<string, GraphNode>;
  hrefOfNode: (id: string) => string;
}

function Names({ ids, byId, hrefOfNode }: NamesProps) {
  const all = [...new Set(ids)];
  const nameOf = (id: string): string => {
    const node = byId.get(id);
    return node ? shortName(node) : id;
  };
  return (
    <>
      {all.slice(0, MOST_NAMES).map((id, i) => (
        <span key={id}>
          {i > 0 && ", "}
          <AppLink href={hrefOfNode(id)}>{nameOf(id)}</AppLink>
        </span>
      ))}
      {all.length > MOST_NAMES && ` and ${(all.length - MOST_NAMES).toLocaleString("en-US")} more`}
    </>
  );
}

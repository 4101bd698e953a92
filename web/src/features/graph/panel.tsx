import type { ReactNode } from "react";
import { isStack, shortName, type Direction, type Graph, type GraphNode } from "@/core/lineage/graph";
import { hueOf, hueToken } from "@/core/lineage/colour";
import { nodeHref, runOfNode } from "@/core/lineage/hrefs";
import { reach } from "@/core/lineage/reach";
import type { ProjectRef } from "@/core/project";
import { AppLink } from "@/ui/app-link";
import styles from "./graph.module.css";
import { kindWord } from "./node-link";
import { CollectionDetails, JobDetails, StackDetails, TypeDetails } from "./panel-groups";
import { RunDetails } from "./panel-run";
import { VersionDetails } from "./panel-version";

export interface PanelProps {
  project: ProjectRef;
  graph: Graph;
  node: GraphNode;
  focus: { root: string | undefined; dir: Direction };
  onFocus: (root: string | undefined, dir: Direction) => void;
  onUnfold: (stack: string) => void;
  onSelect: (id: string | null) => void;
  hrefOfNode: (id: string) => string;
}

/** Everything about the selected node, beside the picture. */
export function Panel(props: PanelProps) {
  const { node, project, onSelect } = props;
  return (
    <aside className={styles.panel} aria-label={`details of ${node.label}`}>
      <header>
        <p className={styles.eyebrow} style={{ ["--hue" as string]: `var(${hueToken(hueOf(node))})` }}>
          <span className={styles.sign}>{node.kind === "run" ? "▸" : "◆"}</span> {kindWord(node)}
        </p>
        <button type="button" className={styles.close} aria-label="close the details" onClick={() => onSelect(null)}>
          ✕
        </button>
        <h2>{shortName(node)}</h2>
      </header>
      {!isStack(node) && (
        <AppLink className={styles.open} href={nodeHref(project, node)}>
          {openWords(node)}
        </AppLink>
      )}
      <Focus {...props} />
      <Details {...props} />
    </aside>
  );
}

function openWords(node: GraphNode): string {
  if (node.id.startsWith("job:")) return "Open the runs";
  if (node.id.startsWith("type:")) return "Browse artifacts";
  if (node.id.startsWith("collection:")) return "Open the collection";
  return node.kind === "run" ? "Open the run" : "Open the version";
}

function Details(props: PanelProps): ReactNode {
  const { node, project, hrefOfNode } = props;
  const run = runOfNode(node.id);
  if (isStack(node)) return <StackDetails node={node} hrefOfNode={hrefOfNode} onUnfold={props.onUnfold} />;
  if (run !== null) return <RunDetails project={project} run={run} hrefOfNode={hrefOfNode} />;
  if (node.id.startsWith("artifact:")) return <VersionDetails project={project} node={node} hrefOfNode={hrefOfNode} />;
  if (node.id.startsWith("collection:")) return <CollectionDetails project={project} name={node.name} hrefOfNode={hrefOfNode} />;
  if (node.id.startsWith("type:")) return <TypeDetails project={project} type={node.type} hrefOfNode={hrefOfNode} />;
  return <JobDetails project={project} jobType={node.type} hrefOfNode={hrefOfNode} />;
}

/** How much lies before and after, and buttons that keep only that. */
function Focus({ graph, node, focus, onFocus }: PanelProps) {
  const count = (dir: "up" | "down"): number => reach(graph.edges, node.id, dir).size - 1;
  const grouped = !node.id.startsWith("run:") && !node.id.startsWith("artifact:");
  const [up, down] = [count("up"), count("down")];
  const isOn = (dir: Direction): boolean => focus.root === node.id && focus.dir === dir;
  return (
    <div className={styles.focus} role="group" aria-label="show only">
      <button type="button" aria-pressed={isOn("up")} disabled={grouped || !up} onClick={() => onFocus(node.id, "up")}>
        Ancestors <span className="num">{up}</span>
      </button>
      <button type="button" aria-pressed={isOn("down")} disabled={grouped || !down} onClick={() => onFocus(node.id, "down")}>
        Descendants <span className="num">{down}</span>
      </button>
      <button type="button" aria-pressed={isOn("both")} disabled={grouped || !(up + down)} onClick={() => onFocus(node.id, "both")}>
        Both
      </button>
      <button type="button" disabled={!focus.root} onClick={() => onFocus(undefined, "both")}>
        Show all
      </button>
    </div>
  );
}

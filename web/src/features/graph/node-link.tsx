import { memo } from "react";
import { hueOf, hueToken } from "@/core/lineage/colour";
import { isStack, shortName, type GraphNode } from "@/core/lineage/graph";
import type { PlacedNode } from "@/core/lineage/layout";
import styles from "./graph.module.css";

interface NodeLinkProps {
  node: PlacedNode;
  href: string;
  selected: boolean;
  faded: boolean;
}

const QUIET_STATES = new Set(["finished", "", null]);

/** A node near enough to be read: a real link. Shape and words say what it is; colour only repeats it. */
export const NodeLink = memo(function NodeLink({ node, href, selected, faded }: NodeLinkProps) {
  return (
    <a
      href={href}
      className={styles.node}
      data-node={node.id}
      data-kind={node.kind}
      data-stack={isStack(node) || undefined}
      data-faded={faded || undefined}
      aria-current={selected || undefined}
      tabIndex={-1}
      draggable={false}
      title={node.label}
      aria-label={[node.label, node.state, ...node.aliases].filter(Boolean).join(" ")}
      style={{
        left: node.x,
        top: node.y,
        width: node.width,
        height: node.height,
        ["--hue" as string]: `var(${hueToken(hueOf(node))})`,
      }}
    >
      <span className={styles.sign} aria-hidden>
        {node.kind === "run" ? "▸" : "◆"}
      </span>
      <span className={styles.words}>
        <small>
          <span className={styles.type}>{kindWord(node)}</span>
          {!QUIET_STATES.has(node.state) && <span data-state={node.state}>{node.state}</span>}
          {node.aliases.map((alias) => (
            <em key={alias}>{alias}</em>
          ))}
        </small>
        <b>
          <span className={styles.name}>{node.version ? node.name : shortName(node)}</span>
          {node.version && <span>:{node.version}</span>}
        </b>
      </span>
      {node.count > 1 && <span className={styles.count}>{node.count.toLocaleString("en-US")}</span>}
    </a>
  );
});

/** The small word above the name: the type of an instance; for a group, what kind of group it is. */
export function kindWord(node: GraphNode): string {
  if (node.id.startsWith("type:")) return "artifact type";
  if (node.id.startsWith("job:")) return "job type";
  return node.type || "run";
}

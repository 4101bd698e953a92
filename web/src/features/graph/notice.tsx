import type { Graph } from "@/core/lineage/graph";
import styles from "./graph.module.css";

/** Never silently cut: how much of how much is shown. */
export function TruncatedNotice({ graph }: { graph: Pick<Graph, "nodes" | "truncated" | "total"> }) {
  if (!graph.truncated) return null;
  const [shown, total] = [graph.nodes.length.toLocaleString("en-US"), graph.total.toLocaleString("en-US")];
  return (
    <p className={styles.notice} role="status">
      Showing {shown} of {total} nodes. Choose a node and its ancestors or descendants to see all of them.
    </p>
  );
}

import { useMemo } from "react";
import { useQuery } from "@tanstack/react-query";
import { useRouter } from "@tanstack/react-router";
import { graphHref, nodeHref } from "@/core/lineage/hrefs";
import type { ProjectRef } from "@/core/project";
import { AppLink } from "@/ui/app-link";
import { GraphView } from "./graph-view";
import styles from "./graph.module.css";
import { graphQuery } from "@/api/queries";
import { TruncatedNotice } from "./notice";
import { usePicture } from "./use-picture";

interface EgoGraphProps {
  project: ProjectRef;
  /** Node id: `run:<id>` or `artifact:<name>:v<n>`. */
  root: string;
  /** How many steps from the root; all of them if left out. */
  depth?: number;
}

/** What one run or version came from and what came of it. A click opens the node's page. */
export function EgoGraph({ project, root, depth }: EgoGraphProps) {
  const router = useRouter();
  const query = { detail: "instances" as const, root, dir: "both" as const, ...(depth ? { depth } : {}) };
  const { data, error } = useQuery(graphQuery(project, query));
  const options = useMemo(() => ({ hide: [], open: [], fold: undefined, sel: root }), [root]);
  const { layout } = usePicture(data, options);
  if (error) return <p role="alert">{error.message}</p>;
  if (data && data.edges.length === 0) {
    return <p className={styles.empty}>Nothing is joined to this yet: use_artifact and log_artifact draw the lines.</p>;
  }
  const follow = (href: string): void => router.history.push(href);
  return (
    <div className={styles.ego}>
      <GraphView
        layout={layout}
        view={root}
        selected={root}
        lit={null}
        hrefOf={(node) => nodeHref(project, node)}
        onSelect={(node) => node && node.id !== root && follow(nodeHref(project, node))}
        onOpen={(node) => follow(nodeHref(project, node))}
      />
      <div className={styles.corner}>
        {data && <TruncatedNotice graph={data} />}
        <AppLink href={graphHref(project, root)}>Open in the graph view</AppLink>
      </div>
    </div>
  );
}

import { useQuery } from "@tanstack/react-query";
import type { Version } from "@/api/artifacts";
import { formatSize, formatTime, plural } from "@/core/format";
import type { GraphNode } from "@/core/lineage/graph";
import { versionHref } from "@/core/lineage/hrefs";
import { shortDigest } from "@/core/preview/digest";
import { usageSnippets } from "@/core/preview/usage";
import type { ProjectRef } from "@/core/project";
import { AppLink } from "@/ui/app-link";
import { Snippet } from "@/ui/files/snippet";
import { Values } from "@/ui/files/values";
import { Facts, Items, runItem, Waiting } from "./facts";
import styles from "./graph.module.css";
import { versionQuery, versionRunsQuery } from "@/api/queries";

interface VersionDetailsProps {
  project: ProjectRef;
  node: GraphNode;
  hrefOfNode: (id: string) => string;
}

/** An artifact version: what it is, who made and used it, and how to get it. */
export function VersionDetails({ project, node, hrefOfNode }: VersionDetailsProps) {
  const pointer = node.version ?? "latest";
  const { data, error } = useQuery(versionQuery(project, node.name, pointer));
  const runs = useQuery(versionRunsQuery(project, node.name, pointer));
  if (!data) return <Waiting error={error} />;
  const made = runs.data?.made_by;
  return (
    <>
      {data.description && <p>{data.description}</p>}
      <Facts facts={versionFacts(data, versionHref(project, data.type, data.name, data.version))} />
      <Items title="Made by" items={made ? [runItem(made)] : []} hrefOfNode={hrefOfNode} />
      <Items title="Used by" items={(runs.data?.used_by ?? []).map(runItem)} hrefOfNode={hrefOfNode} empty="No run has used it yet." />
      <Values title="Metadata" values={data.metadata} />
      <section>
        <h3>Use it</h3>
        <Snippet code={usageSnippets(data, location.origin).python} label="Python" />
      </section>
    </>
  );
}

function versionFacts(version: Version, href: string): [string, React.ReactNode][] {
  return [
    ["Type", version.type],
    ["Version", version.version],
    ["Aliases", <Pills key="aliases" words={version.aliases} />],
    ["Tags", version.tags.length ? <Pills key="tags" words={version.tags} /> : null],
    ["Size", formatSize(version.size)],
    ["Files", <AppLink key="files" href={`${href}/files`}>{plural(version.files, "file")}</AppLink>],
    ["Created", formatTime(version.created_at)],
    ["At step", version.step],
    ["Digest", <code key="digest" title={version.digest}>{shortDigest(version.digest)}</code>],
  ];
}

function Pills({ words }: { words: readonly string[] }) {
  return (
    <span className={styles.pills}>
      {words.length ? words.map((word) => <em key={word}>{word}</em>) : <span className="muted">none</span>}
    </span>
  );
}

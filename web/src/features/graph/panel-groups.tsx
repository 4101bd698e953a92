import { useState } from "react";
import { useQuery } from "@tanstack/react-query";
import { formatSize, plural } from "@/core/format";
import { shortName, type GraphNode } from "@/core/lineage/graph";
import type { ProjectRef } from "@/core/project";
import { Facts, Items, runItem, State, versionItem, Waiting, type Item } from "./facts";
import styles from "./graph.module.css";
import { collectionQuery, collectionsQuery, jobRunsQuery } from "@/api/queries";

interface GroupProps {
  project: ProjectRef;
  hrefOfNode: (id: string) => string;
}

/** An artifact type: its collections. */
export function TypeDetails({ project, type, hrefOfNode }: GroupProps & { type: string }) {
  const { data, error } = useQuery(collectionsQuery(project, type));
  if (!data) return <Waiting error={error} />;
  const { collections } = data;
  const items = collections.map((one): Item => {
    return { id: `collection:${one.name}`, kind: "artifact", label: one.name, note: plural(one.versions, "version") };
  });
  return (
    <>
      <Facts
        facts={[
          ["Collections", String(data.total)],
          ["Versions", String(collections.reduce((sum, one) => sum + one.versions, 0))],
          ["Size", formatSize(collections.reduce((sum, one) => sum + one.size, 0))],
        ]}
      />
      <Items title="Collections" items={items} hrefOfNode={hrefOfNode} />
    </>
  );
}

/** A collection: its versions. */
export function CollectionDetails({ project, name, hrefOfNode }: GroupProps & { name: string }) {
  const { data, error } = useQuery(collectionQuery(project, name));
  if (!data) return <Waiting error={error} />;
  const { collection } = data;
  return (
    <>
      {collection.description && <p>{collection.description}</p>}
      <Facts
        facts={[
          ["Type", collection.type],
          ["Versions", String(data.total)],
          ["Latest", collection.latest],
          ["Size", formatSize(collection.size)],
        ]}
      />
      <Items title="Versions" items={data.versions.map(versionItem)} hrefOfNode={hrefOfNode} />
    </>
  );
}

/** A job type: its runs. */
export function JobDetails({ project, jobType, hrefOfNode }: GroupProps & { jobType: string }) {
  const { data, error } = useQuery(jobRunsQuery(project, jobType));
  if (!data) return <Waiting error={error} />;
  const failed = data.runs.filter((run) => run.state === "failed" || run.state === "crashed").length;
  return (
    <>
      <Facts
        facts={[
          ["Runs", String(data.total)],
          ["Failed", failed || null],
        ]}
      />
      <Items title={data.runs.length < data.total ? "Newest runs" : "Runs"} items={data.runs.map(runItem)} hrefOfNode={hrefOfNode} />
    </>
  );
}

const LISTED = 200;

interface StackProps {
  node: GraphNode;
  hrefOfNode: (id: string) => string;
  onUnfold: (stack: string) => void;
}

/** A stack: its members, to search, to take one out, or to unfold all. */
export function StackDetails({ node, hrefOfNode, onUnfold }: StackProps) {
  const [query, setQuery] = useState("");
  const members = (node.members ?? []).filter((one) => one.label.toLowerCase().includes(query.toLowerCase()));
  const items = members.slice(0, LISTED).map((one): Item => {
    const odd = one.state && one.state !== "finished" ? <State state={one.state} /> : one.aliases.join(", ");
    return { id: one.id, kind: one.kind, label: shortName(one), note: odd };
  });
  return (
    <>
      <p className="muted">Alike in where they come from and where they go, so they are shown as one.</p>
      <button type="button" className={styles.primary} onClick={() => onUnfold(node.id)}>
        Unfold all {node.count.toLocaleString("en-US")}
      </button>
      <input type="search" className={styles.find} placeholder="Find a member" aria-label="find a member" value={query} onChange={(event) => setQuery(event.target.value)} />
      <Items title={members.length > LISTED ? `First ${String(LISTED)} of ${String(members.length)}` : "Members"} items={items} hrefOfNode={hrefOfNode} empty="None has that name." />
    </>
  );
}

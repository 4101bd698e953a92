import { useState } from "react";
import { useQuery } from "@tanstack/react-query";
import type { Version } from "@/api/artifacts";
import { versionQuery } from "@/api/queries";
import { changes, type Change } from "@/core/preview/json-tree";
import type { ProjectRef } from "@/core/project";
import { JsonTree } from "@/ui/files/json-tree";
import { Snippet } from "@/ui/files/snippet";
import styles from "./artifacts.module.css";

/** A version's metadata as a tree or as JSON, and how it differs from the version before. */
export function MetadataTab({ project, version }: { project: ProjectRef; version: Version }) {
  const [raw, setRaw] = useState(false);
  if (!Object.keys(version.metadata).length) {
    return <p className="muted">This version has no metadata. Give it some with Artifact(…, metadata={"{…}"}).</p>;
  }
  return (
    <div className={styles.metadata}>
      <section>
        <div className={styles.row}>
          <h2>Metadata</h2>
          <button type="button" className={styles.button} aria-pressed={raw} onClick={() => setRaw(!raw)}>
            Raw JSON
          </button>
        </div>
        {raw ? <Snippet label="JSON" code={JSON.stringify(version.metadata, null, 2)} /> : <div className={styles.json}><JsonTree value={version.metadata} openDepth={3} /></div>}
      </section>
      {version.number > 0 && <Difference project={project} version={version} />}
    </div>
  );
}

function Difference({ project, version }: { project: ProjectRef; version: Version }) {
  const before = `v${String(version.number - 1)}`;
  const { data, error } = useQuery({ ...versionQuery(project, version.name, before), retry: false });
  return (
    <section>
      <h2>Difference to {before}</h2>
      {error && <p className="muted">{before} cannot be read: {error.message}</p>}
      {data && <Changes list={changes(data.metadata, version.metadata)} />}
    </section>
  );
}

function Changes({ list }: { list: readonly Change[] }) {
  if (!list.length) return <p className="muted">The metadata is the same.</p>;
  return (
    <table className={styles.table}>
      <thead>
        <tr>
          <th scope="col">Key</th>
          <th scope="col">Before</th>
          <th scope="col">Now</th>
        </tr>
      </thead>
      <tbody>
        {list.map((change) => (
          <tr key={change.key}>
            <th scope="row">{change.key}</th>
            <td className={styles.before}>{change.before ?? <span className="muted">absent</span>}</td>
            <td className={styles.after}>{change.after ?? <span className="muted">removed</span>}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

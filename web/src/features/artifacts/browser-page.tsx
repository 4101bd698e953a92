import { useQuery } from "@tanstack/react-query";
import type { Collection } from "@/api/artifacts";
import { allCollectionsQuery } from "@/api/queries";
import { formatAgo, formatSize, formatTime, plural } from "@/core/format";
import { collectionHref, versionHref } from "@/core/lineage/hrefs";
import type { ProjectRef } from "@/core/project";
import { AppLink } from "@/ui/app-link";
import styles from "./artifacts.module.css";
import { Frame } from "./frame";

/** Every collection of a project, or those of one type. */
export function ArtifactsPage({ project, type }: { project: ProjectRef; type?: string | undefined }) {
  const { data, error } = useQuery(allCollectionsQuery(project));
  const shown = (data?.collections ?? []).filter((one) => !type || one.type === type);
  return (
    <Frame project={project} type={type}>
      <header className={styles.head}>
        <h1>{type ?? "Artifacts"}</h1>
        {data && <p className="muted num">{summary(shown)}</p>}
      </header>
      {error && <p role="alert">{error.message}</p>}
      {data && !shown.length && <Empty type={type} />}
      {shown.length > 0 && <CollectionTable project={project} collections={shown} />}
      {data && data.collections.length < data.total && (
        <p className="muted">Showing {plural(data.collections.length, "collection")} of {data.total.toLocaleString("en-US")}.</p>
      )}
    </Frame>
  );
}

function summary(collections: readonly Collection[]): string {
  const versions = collections.reduce((sum, one) => sum + one.versions, 0);
  const size = collections.reduce((sum, one) => sum + one.size, 0);
  return `${plural(collections.length, "collection")} · ${plural(versions, "version")} · ${formatSize(size)}`;
}

function CollectionTable({ project, collections }: { project: ProjectRef; collections: readonly Collection[] }) {
  const now = Date.now() / 1000;
  return (
    <table className={styles.table}>
      <thead>
        <tr>
          <th scope="col">Name</th>
          <th scope="col">Type</th>
          <th scope="col">Latest</th>
          <th scope="col" className={styles.number}>Versions</th>
          <th scope="col" className={styles.number}>Size</th>
          <th scope="col">Updated</th>
        </tr>
      </thead>
      <tbody>
        {collections.map((one) => (
          <tr key={one.name}>
            <th scope="row">
              <AppLink href={collectionHref(project, one.type, one.name)}>{one.name}</AppLink>
              {one.description && <p className="muted cut">{one.description}</p>}
            </th>
            <td>{one.type}</td>
            <td>{one.latest && <AppLink href={versionHref(project, one.type, one.name, one.latest)}>{one.latest}</AppLink>}</td>
            <td className={styles.number}>{one.versions}</td>
            <td className={styles.number}>{formatSize(one.size)}</td>
            <td title={formatTime(one.updated_at)}>{formatAgo(one.updated_at, now)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Empty({ type }: { type: string | undefined }) {
  if (type) return <p className="muted">There is no artifact of the type “{type}”.</p>;
  return (
    <div className={styles.empty}>
      <p>Artifacts are files with versions: datasets, models, results. The first one appears here when a run logs it:</p>
      <pre>{'run.log_artifact("model.pt", name="trained-model", type="model")'}</pre>
    </div>
  );
}

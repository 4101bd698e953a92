import { useQuery } from "@tanstack/react-query";
import { runArtifactsQuery } from "@/api/queries";
import type { Version } from "@/api/runs";
import { formatSize, formatTime } from "@/core/format";
import { versionHref } from "@/core/lineage/hrefs";
import type { ProjectRef } from "@/core/project";
import { AppLink } from "@/ui/app-link";
import panels from "@/ui/panels/panels.module.css";
import { Failure, Loading } from "@/ui/parts";
import styles from "./run.module.css";

/** What the run used and what it made. */
export function ArtifactsTab({ project, run }: { project: ProjectRef; run: string }) {
  const { data, error, refetch } = useQuery(runArtifactsQuery(project, run));
  if (error && !data) return <Failure error={error} onRetry={() => { void refetch(); }} />;
  if (!data) return <Loading />;
  return (
    <div className={styles.padded}>
      <VersionTable title="Inputs" versions={data.inputs} nothing="It used none: run.use_artifact() names them." />
      <VersionTable title="Outputs" versions={data.outputs} nothing="It made none: run.log_artifact() keeps them." />
    </div>
  );
}

function VersionTable({ title, versions, nothing }: { title: string; versions: readonly Version[]; nothing: string }) {
  return (
    <section className={styles.versions} aria-label={title}>
      <h2>{title} <span className="muted num">{versions.length}</span></h2>
      {versions.length === 0 ? <p className={panels.message}>{nothing}</p> : (
        <table className="table">
          <thead>
            <tr>
              <th scope="col">Artifact</th>
              <th scope="col">Type</th>
              <th scope="col">Aliases</th>
              <th scope="col" className="right">Files</th>
              <th scope="col" className="right">Size</th>
              <th scope="col">Created</th>
            </tr>
          </thead>
          <tbody>{versions.map((version) => <VersionRow key={`${version.entity}/${version.project}/${version.name}:${version.version}`} version={version} />)}</tbody>
        </table>
      )}
    </section>
  );
}

function VersionRow({ version }: { version: Version }) {
  const { entity, project, type, name, version: number, aliases, files, size, created_at } = version;
  return (
    <tr>
      <th scope="row"><AppLink href={versionHref({ entity, project }, type, name, number)}>{name}:{number}</AppLink></th>
      <td>{type}</td>
      <td>{aliases.map((alias) => <span key={alias} className="pill">{alias}</span>)}</td>
      <td className="right">{files.toLocaleString("en-US")}</td>
      <td className="right">{formatSize(size)}</td>
      <td className="num">{formatTime(created_at)}</td>
    </tr>
  );
}

import { useMemo, useState } from "react";
import { useQuery } from "@tanstack/react-query";
import type { Version } from "@/api/artifacts";
import { collectionQuery } from "@/api/queries";
import { formatAgo, formatSize, formatTime, plural } from "@/core/format";
import { runHref, versionHref } from "@/core/lineage/hrefs";
import { differingColumns } from "@/core/preview/columns";
import type { ProjectRef } from "@/core/project";
import { ttlText } from "@/core/ttl";
import { AppLink } from "@/ui/app-link";
import styles from "./artifacts.module.css";
import { CollectionActions } from "./collection-actions";
import { Frame } from "./frame";
import { Pills } from "./pills";
import { SourceLink } from "./source-link";

interface CollectionPageProps {
  project: ProjectRef;
  type: string;
  name: string;
}

/** All versions of one artifact, newest first, with the metadata in which they differ. */
export function CollectionPage({ project, type, name }: CollectionPageProps) {
  const { data, error } = useQuery(collectionQuery(project, name));
  return (
    <Frame project={project} type={type} name={name}>
      <header className={styles.head}>
        <p className="muted">{data?.collection.type ?? type}{data?.collection.kind === "portfolio" && " · a place of a registry: its versions are links"}</p>
        <h1>{name}</h1>
        {data && <p className="muted num">{plural(data.total, "version")} · {formatSize(data.collection.size)}{data.collection.ttl ? ` · versions live ${ttlText(data.collection.ttl, null)}` : ""}</p>}
        <span className="grow" />
        {data && <CollectionActions project={project} collection={data.collection} />}
      </header>
      {data && data.collection.tags.length > 0 && <Pills words={data.collection.tags} />}
      {data?.collection.description && <p className={styles.text}>{data.collection.description}</p>}
      {error && <p role="alert">{error.message}</p>}
      {data && <VersionTable project={project} versions={data.versions} isPortfolio={data.collection.kind === "portfolio"} />}
      {data && data.versions.length < data.total && (
        <p className="muted">Showing {plural(data.versions.length, "version")} of {data.total.toLocaleString("en-US")}.</p>
      )}
    </Frame>
  );
}

interface VersionTableProps {
  project: ProjectRef;
  versions: readonly Version[];
  /** Its versions are links to versions elsewhere. */
  isPortfolio: boolean;
}

function VersionTable({ project, versions, isPortfolio }: VersionTableProps) {
  const newestFirst = useMemo(() => [...versions].sort((a, b) => b.number - a.number), [versions]);
  const columns = useMemo(() => differingColumns(newestFirst.map((one) => one.metadata)), [newestFirst]);
  const now = Date.now() / 1000;
  const isComparable = newestFirst.length > 1;
  const [marked, setMarked] = useState<readonly string[]>([]);
  const mark = (version: string): void => { setMarked(marked.includes(version) ? marked.filter((one) => one !== version) : [...marked, version].slice(-2)); };
  const [older, newer] = newestFirst.filter((one) => marked.includes(one.version)).reverse();
  return (
    <div className={styles.wide}>
      {isComparable && (
        <p className={styles.actions}>
          {older && newer
            ? <AppLink className="button" href={`${versionHref(project, newer.type, newer.name, newer.version)}/diff?against=${older.version}`}>Compare {older.version} with {newer.version}</AppLink>
            : <span className="muted">Mark two versions to compare them.</span>}
        </p>
      )}
      <table className={styles.table}>
        <thead>
          <tr>
            {isComparable && <th scope="col"><span className="visually-hidden">mark</span></th>}
            <th scope="col">Version</th>
            <th scope="col">Aliases</th>
            <th scope="col" className={styles.number}>Size</th>
            <th scope="col" className={styles.number}>Files</th>
            <th scope="col">{isPortfolio ? "Links to" : "Made by"}</th>
            <th scope="col">Created</th>
            {columns.keys.map((key) => <th key={key} scope="col">{key}</th>)}
          </tr>
        </thead>
        <tbody>
          {newestFirst.map((one, i) => (
            <tr key={one.version}>
              {isComparable && <td><input type="checkbox" aria-label={`mark ${one.version}`} checked={marked.includes(one.version)} onChange={() => { mark(one.version); }} /></td>}
              <th scope="row"><AppLink href={versionHref(project, one.type, one.name, one.version)}>{one.version}</AppLink></th>
              <td><Pills words={one.aliases} /></td>
              <td className={styles.number}>{formatSize(one.size)}</td>
              <td className={styles.number}>{one.files.toLocaleString("en-US")}</td>
              <td>{isPortfolio ? one.source && <SourceLink type={one.type} source={one.source} /> : one.made_by && <AppLink href={runHref(project, one.made_by)}>{one.made_by}</AppLink>}</td>
              <td title={formatTime(one.created_at)}>{formatAgo(one.created_at, now)}</td>
              {columns.keys.map((key) => <td key={key}>{columns.rows[i]?.get(key) ?? ""}</td>)}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

import { useState } from "react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { deleteOld, restoreVersion, type Collection, type Thrown } from "@/api/artifacts";
import { restoreRuns } from "@/api/bulk";
import { allCollectionsQuery, projectUsageQuery, trashQuery } from "@/api/queries";
import { runTrashQuery } from "@/api/run-queries";
import type { Run } from "@/api/runs";
import { formatAgo, formatSize, plural } from "@/core/format";
import { collectionHref } from "@/core/lineage/hrefs";
import type { ProjectRef } from "@/core/project";
import { AppLink } from "@/ui/app-link";
import { DeleteDialog } from "@/ui/delete-dialog";
import { notify, notifyError } from "@/ui/notices";
import { Failure, Loading } from "@/ui/parts";
import styles from "./artifacts.module.css";
import { useRefresh } from "./change";
import { Frame } from "./frame";
import { ProjectSettings } from "./project-settings";

/** What of a project takes room, what could go, and what can still come back. */
export function StoragePage({ project }: { project: ProjectRef }) {
  const { data, error, refetch } = useQuery(allCollectionsQuery(project));
  if (error && !data) return <Failure error={error} onRetry={() => { void refetch(); }} />;
  if (!data) return <Loading />;
  const largest = [...data.collections].filter(({ kind }) => kind !== "portfolio").sort((a, b) => b.size - a.size);
  return (
    <Frame project={project}>
      <header className={styles.head}><h1>Storage</h1></header>
      <Whole project={project} />
      <Collections project={project} collections={largest} />
      <Trash project={project} />
      <ProjectSettings project={project} />
    </Frame>
  );
}

/** What the project takes in all, and what of it is its own. */
function Whole({ project }: { project: ProjectRef }) {
  const usage = useQuery(projectUsageQuery(project)).data;
  if (!usage) return null;
  const facts: readonly (readonly [string, string, string])[] = [
    ["Content", formatSize(usage.size), plural(usage.files, "different file")],
    ["Stored", formatSize(usage.stored), "after what is the same was stored once"],
    ["Its own", formatSize(usage.unique), "would be freed with the project"],
    ["Shared", formatSize(usage.shared), "other projects need it, too"],
  ];
  return (
    <dl className={styles.whole} aria-label="the whole project">
      {facts.map(([name, value, detail]) => <div key={name}><dt>{name}</dt><dd><strong className="num">{value}</strong><span className="muted">{detail}</span></dd></div>)}
    </dl>
  );
}

function Collections({ project, collections }: { project: ProjectRef; collections: readonly Collection[] }) {
  const most = Math.max(1, ...collections.map(({ size }) => size));
  return (
    <section>
      <h2>By artifact</h2>
      <p className="muted">Sizes count each version for itself; content that versions share is stored once. Versions with an alias of their own, and linked ones, stay.</p>
      <table className={styles.table}>
        <thead><tr><th scope="col">Artifact</th><th scope="col">Type</th><th scope="col" className={styles.number}>Versions</th><th scope="col" className={styles.number}>Size</th><th scope="col"><span className="visually-hidden">share</span></th><th scope="col" /></tr></thead>
        <tbody>
          {collections.map((one) => (
            <tr key={one.name}>
              <th scope="row"><AppLink href={collectionHref(project, one.type, one.name)}>{one.name}</AppLink></th>
              <td>{one.type}</td>
              <td className={styles.number}>{one.versions.toLocaleString("en-US")}</td>
              <td className={styles.number}>{formatSize(one.size)}</td>
              <td className={styles.share}><i style={{ width: `${String((100 * one.size) / most)}%` }} aria-hidden="true" /></td>
              <td>{one.versions > 1 && <CleanButton project={project} collection={one} />}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {collections.length === 0 && <p className="muted">The project has no artifacts.</p>}
    </section>
  );
}

const KEPT = 1;

/** Deletes all versions of a collection but the newest, and those that have a name of their own. */
export function CleanButton({ project, collection }: { project: ProjectRef; collection: Collection }) {
  const [isAsking, setAsking] = useState(false);
  const [keep, setKeep] = useState(KEPT);
  const refresh = useRefresh(project);
  const { name } = collection;
  return (
    <>
      <button type="button" className="button" onClick={() => { setAsking(true); }}>Clean up…</button>
      {isAsking && (
        <DeleteDialog what={`old versions of ${name}`} count={1} of={String(keep)} onClose={() => { setAsking(false); }}
          ask={async () => (await deleteOld(project, name, keep, true)).freed} act={async () => (await deleteOld(project, name, keep, false)).freed}
          onDone={async (freed) => { await refresh(); notify(`Cleaned up ${name}; ${formatSize(freed)} freed.`); }}>
          <label>
            Keep so many of the newest versions
            <input type="number" className="field" min={0} max={10_000} value={keep} onChange={(event) => { setKeep(Math.max(0, Math.trunc(Number(event.target.value)))); }} />
          </label>
          <p className="muted">Versions with an alias other than “latest”, and linked ones, stay in any case.</p>
        </DeleteDialog>
      )}
    </>
  );
}

function Trash({ project }: { project: ProjectRef }) {
  const versions = useQuery(trashQuery(project)).data ?? [];
  const runs = useQuery(runTrashQuery(project)).data ?? [];
  const queries = useQueryClient();
  const refresh = useRefresh(project);
  const back = useMutation({
    mutationFn: (undo: () => Promise<unknown>) => undo(),
    onSuccess: async () => {
      await Promise.all([refresh(), queries.invalidateQueries({ queryKey: ["runs", project.entity, project.project] })]);
      notify("It is back.");
    },
    onError: notifyError,
  });
  const now = Date.now() / 1000;
  return (
    <section>
      <h2>Deleted, and still to be had back <span className="muted num">{versions.length + runs.length}</span></h2>
      {versions.length + runs.length === 0 ? <p className="muted">Nothing.</p> : (
        <table className={styles.table}>
          <thead><tr><th scope="col">What</th><th scope="col">Kind</th><th scope="col">Deleted</th><th scope="col" /></tr></thead>
          <tbody>
            {versions.map((one: Thrown) => <ThrownRow key={`${one.name}:${one.version}`} what={`${one.name}:${one.version}`} kind={one.type} at={formatAgo(one.deleted_at, now)} onBack={() => { back.mutate(() => restoreVersion(project, one.name, one.version)); }} />)}
            {runs.map((run: Run) => <ThrownRow key={run.id} what={run.name} kind="run" at={run.deleted_at === null ? "" : formatAgo(run.deleted_at, now)} onBack={() => { back.mutate(() => restoreRuns(project, { runs: [run.id] })); }} />)}
          </tbody>
        </table>
      )}
      {versions.length + runs.length > 0 && <p className="muted">{plural(versions.length + runs.length, "thing")}; what is not brought back in time goes for good.</p>}
    </section>
  );
}

function ThrownRow({ what, kind, at, onBack }: { what: string; kind: string; at: string; onBack: () => void }) {
  return (
    <tr>
      <th scope="row">{what}</th>
      <td>{kind}</td>
      <td>{at}</td>
      <td><button type="button" className="button" onClick={onBack}>Bring back</button></td>
    </tr>
  );
}

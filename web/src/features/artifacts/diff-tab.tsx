import { useQuery } from "@tanstack/react-query";
import type { Difference, Version } from "@/api/artifacts";
import { differenceQuery } from "@/api/queries";
import { formatSize, formatValue, plural } from "@/core/format";
import { fileHref, versionHref } from "@/core/lineage/hrefs";
import type { ProjectRef } from "@/core/project";
import { AppLink } from "@/ui/app-link";
import { Failure, Loading } from "@/ui/parts";
import styles from "./artifacts.module.css";

interface DiffTabProps {
  project: ProjectRef;
  version: Version;
  /** The version it is told from; the one before if none. */
  against: string | undefined;
}

/** What changed from another version to this one: files, metadata, what is inside tables and models, and the bytes. */
export function DiffTab({ project, version, against }: DiffTabProps) {
  const other = against ?? (version.number > 0 ? `v${String(version.number - 1)}` : undefined);
  if (other === undefined) return <p className="muted">This is the first version: there is nothing before it. Two versions are compared from the list of all versions.</p>;
  return <Between project={project} version={version} other={other} />;
}

function Between({ project, version, other }: { project: ProjectRef; version: Version; other: string }) {
  const { data, error, refetch } = useQuery(differenceQuery(project, version.name, version.version, other));
  if (error) return <Failure error={error} onRetry={() => { void refetch(); }} />;
  if (!data) return <Loading />;
  return (
    <div className={styles.diff}>
      <p>
        From <AppLink href={versionHref(project, data.before.type, data.before.name, data.before.version)}>{data.before.version}</AppLink> to <strong>{data.after.version}</strong>:{" "}
        <span className="num">{summary(data)}</span>
      </p>
      <Bytes difference={data} />
      <Metadata difference={data} />
      <Inside difference={data} />
      <Files project={project} difference={data} />
    </div>
  );
}

function summary({ counts, same }: Difference): string {
  const { added = 0, removed = 0, changed = 0 } = counts;
  if (added + removed + changed === 0) return `all ${plural(same, "file")} are the same.`;
  return `${plural(added, "file")} added, ${String(removed)} removed, ${String(changed)} changed, ${String(same)} the same.`;
}

/** How much of the content both share: nothing of that is stored twice. */
function Bytes({ difference: { shared_bytes: shared, new_bytes: fresh, gone_bytes: gone } }: { difference: Difference }) {
  const all = Math.max(1, shared + fresh + gone);
  const parts = [["shared", shared, "var(--fg-3)"], ["new", fresh, "var(--ok)"], ["gone", gone, "var(--bad)"]] as const;
  return (
    <figure className={styles.bytes} aria-label="bytes">
      <div className={styles.bar} aria-hidden="true">{parts.map(([name, bytes, colour]) => <i key={name} style={{ width: `${String((100 * bytes) / all)}%`, background: colour }} />)}</div>
      <figcaption>{parts.map(([name, bytes, colour]) => <span key={name}><i style={{ background: colour }} /> <strong className="num">{formatSize(bytes)}</strong> {name}</span>)}</figcaption>
    </figure>
  );
}

function Metadata({ difference: { metadata } }: { difference: Difference }) {
  const rows = Object.entries(metadata);
  if (rows.length === 0) return <p className="muted">The metadata is the same.</p>;
  return (
    <section>
      <h2>Metadata</h2>
      <table className={styles.table}>
        <thead><tr><th scope="col">Key</th><th scope="col">Before</th><th scope="col">Now</th></tr></thead>
        <tbody>
          {rows.map(([key, pair]) => {
            const [before, after] = Array.isArray(pair) ? (pair as unknown[]) : [undefined, pair];
            return <tr key={key}><th scope="row">{key}</th><td className={styles.before}>{formatValue(before)}</td><td className={styles.after}>{formatValue(after)}</td></tr>;
          })}
        </tbody>
      </table>
    </section>
  );
}

const MOST_NAMES = 200;

/** Rows of tables, tensors of models. */
function Inside({ difference: { inside } }: { difference: Difference }) {
  return Object.entries(inside).map(([path, { kind, added, removed, changed, same }]) => (
    <details key={path} className={styles.inside}>
      <summary><code>{path}</code>: {kind}, {plural(added.length, "added", "added")}, {removed.length} removed, {changed.length} changed, {same} the same</summary>
      <ul>
        {([["+", added, styles.after], ["−", removed, styles.before], ["~", changed, ""]] as const).flatMap(([sign, names, look]) =>
          names.slice(0, MOST_NAMES).map((name) => <li key={sign + name} className={look}><code>{sign} {name}</code></li>))}
      </ul>
    </details>
  ));
}

const MOST_FILES = 1000;

function Files({ project, difference }: { project: ProjectRef; difference: Difference }) {
  const { before, after } = difference;
  const [old, now] = [before, after].map((one) => versionHref(project, one.type, one.name, one.version)) as [string, string];
  const all = [
    ...difference.changed.map((path) => ({ path, sign: "~", what: "changed", href: fileHref(now, path), look: "" })),
    ...difference.added.map((path) => ({ path, sign: "+", what: "added", href: fileHref(now, path), look: styles.after })),
    ...difference.removed.map((path) => ({ path, sign: "−", what: "removed", href: fileHref(old, path), look: styles.before })),
  ];
  if (all.length === 0) return null;
  return (
    <section>
      <h2>Files</h2>
      <ul className={styles.files}>
        {all.slice(0, MOST_FILES).map(({ path, sign, what, href, look }) => (
          <li key={sign + path}><span className={look} title={what}>{sign}</span> <AppLink href={href}><code>{path}</code></AppLink>{what === "changed" && <> <AppLink className="muted" href={fileHref(old, path)}>before</AppLink></>}</li>
        ))}
      </ul>
      {(all.length > MOST_FILES || difference.truncated) && <p className="muted">Not all of them are listed.</p>}
    </section>
  );
}

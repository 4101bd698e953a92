import { useState, type FormEvent } from "react";
import { useQuery } from "@tanstack/react-query";
import type { Version } from "@/api/artifacts";
import { editsQuery, linksQuery, reachQuery, signaturesQuery, versionRunsQuery, versionUsageQuery } from "@/api/queries";
import type { Run } from "@/api/runs";
import { formatSize, formatTime, plural } from "@/core/format";
import { projectHref, runHref, versionHref } from "@/core/lineage/hrefs";
import type { ProjectRef } from "@/core/project";
import { ttlText } from "@/core/ttl";
import { AppLink } from "@/ui/app-link";
import styles from "./artifacts.module.css";
import { useChange } from "./change";
import { Pills } from "./pills";
import { SourceLink } from "./source-link";

/** What a version is, what it is called, who made it and who used it. */
export function OverviewTab({ project, version }: { project: ProjectRef; version: Version }) {
  const runs = useQuery(versionRunsQuery(project, version.name, version.version));
  const made = runs.data?.made_by;
  return (
    <div className={styles.overview}>
      {version.description && <p className={styles.text}>{version.description}</p>}
      <dl className={styles.facts}>
        <Fact name="Full name"><code>{`${version.entity}/${version.project}/${version.name}:${version.version}`}</code></Fact>
        <Fact name="Aliases"><Aliases project={project} version={version} /></Fact>
        {version.tags.length > 0 && <Fact name="Tags"><Pills words={version.tags} /></Fact>}
        {(version.ttl !== null || version.expires_at !== null) && <Fact name="Lives">{ttlText(version.ttl, version.expires_at)}</Fact>}
        {version.source !== null && <Fact name="Links to"><SourceLink type={version.type} source={version.source} /></Fact>}
        <Fact name="Size"><Size project={project} version={version} /></Fact>
        <Fact name="Files"><AppLink href={`${versionHref(project, version.type, version.name, version.version)}/files`}>{plural(version.files, "file")}</AppLink></Fact>
        <Fact name="Created">{formatTime(version.created_at)}</Fact>
        <Fact name="Made by">{made ? <RunLink project={project} run={made} step={version.step} /> : <span className="muted">not by a run</span>}</Fact>
        <Reach project={project} version={version} />
        <Links project={project} version={version} />
        <Signatures project={project} version={version} />
        <Fact name="Digest"><code className={styles.digest}>{version.digest}</code></Fact>
      </dl>
      <UsedBy project={project} runs={runs.data?.used_by ?? []} />
      <Edits project={project} version={version} />
    </div>
  );
}

/** Its content, and how much room that takes which no other version shares. */
function Size({ project, version }: { project: ProjectRef; version: Version }) {
  const { data } = useQuery(versionUsageQuery(project, version.name, version.version));
  return <>{formatSize(version.size)}{data && <span className="muted"> · {formatSize(data.unique)} its own, {formatSize(data.shared)} shared with others, as stored</span>}</>;
}

function counted(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts).map(([type, count]) => `${String(count)} ${type}`).join(", ");
}

/** What it was made from, and what was made from it, over all generations. */
function Reach({ project, version }: { project: ProjectRef; version: Version }) {
  const up = useQuery(reachQuery(project, version.name, version.version, "upstream")).data;
  const down = useQuery(reachQuery(project, version.name, version.version, "downstream")).data;
  const node = encodeURIComponent(`artifact:${version.name}:${version.version}`);
  return ([["Comes from", up, "up"], ["Went into", down, "down"]] as const).map(([name, reach, dir]) => {
    const text = reach ? [counted(reach.versions_by_type), counted(reach.runs_by_type)].filter(Boolean).join(" · ") : "";
    return text === "" ? null : <Fact key={name} name={name}><AppLink href={`${projectHref(project)}/graph?detail=instances&root=${node}&dir=${dir}`}>{text}</AppLink></Fact>;
  });
}

/** Who signed exactly this content; `museion verify` checks it. */
function Signatures({ project, version }: { project: ProjectRef; version: Version }) {
  const { data } = useQuery(signaturesQuery(project, version.name, version.version));
  if (!data || data.length === 0) return null;
  return (
    <Fact name="Signed by">
      {data.map((one) => (
        <div key={one.fingerprint}>
          {one.signer} <span className="muted num">{formatTime(one.created_at)}</span> <code className={`${styles.digest ?? ""} muted`} title={one.body}>{one.fingerprint}</code>
        </div>
      ))}
    </Fact>
  );
}

/** The places of registries that link here. */
function Links({ project, version }: { project: ProjectRef; version: Version }) {
  const { data } = useQuery(linksQuery(project, version.name, version.version));
  if (!data || data.length === 0) return null;
  return (
    <Fact name="Linked as">
      {data.map((link) => (
        <div key={`${link.entity}/${link.project}/${link.name}:${link.version}`}>
          <AppLink href={versionHref({ entity: link.entity, project: link.project }, version.type, link.name, link.version)}>{link.entity}/{link.project}/{link.name}:{link.version}</AppLink> <Pills words={link.aliases} />
        </div>
      ))}
    </Fact>
  );
}

/** Who changed the papers of the version, and how. */
function Edits({ project, version }: { project: ProjectRef; version: Version }) {
  const { data } = useQuery(editsQuery(project, version.name, version.version));
  if (!data || data.length === 0) return null;
  return (
    <details>
      <summary>{plural(data.length, "edit")}</summary>
      <ul>
        {data.map((edit, i) => (
          <li key={i}><span className="muted num">{formatTime(edit.at)}</span> {edit.by} changed {Object.keys(edit.changes).join(", ")}</li>
        ))}
      </ul>
    </details>
  );
}

function Fact({ name, children }: { name: string; children: React.ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function RunLink({ project, run, step }: { project: ProjectRef; run: Run; step: number | null }) {
  return (
    <>
      <AppLink href={runHref(project, run.id)}>{run.name}</AppLink>
      <span className="muted"> {run.job_type}{step === null ? "" : ` at step ${String(step)}`}</span>
    </>
  );
}

/** The runs that used a version. */
export function UsedBy({ project, runs }: { project: ProjectRef; runs: readonly Run[] }) {
  return (
    <section className={styles.usedby}>
      <h2>Used by {runs.length > 0 && <span className="muted num">{runs.length}</span>}</h2>
      {!runs.length && <p className="muted">No run has used this version yet.</p>}
      <ul>
        {runs.map((run) => (
          <li key={run.id}>
            <AppLink href={runHref(project, run.id)}>{run.name}</AppLink>
            <span className="muted">{run.job_type}</span>
            <span className="muted">{run.state}</span>
            <span className="muted num">{formatTime(run.created_at)}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Aliases({ project, version }: { project: ProjectRef; version: Version }) {
  const change = useChange(project, version);
  const [text, setText] = useState("");
  const add = (event: FormEvent): void => {
    event.preventDefault();
    const alias = text.trim();
    if (alias) change.mutate({ add_aliases: [alias] }, { onSuccess: () => setText("") });
  };
  return (
    <>
      <span className={styles.pills}>
        {version.aliases.map((alias) => (
          <em key={alias}>
            {alias}
            <button type="button" aria-label={`remove the alias ${alias}`} onClick={() => change.mutate({ remove_aliases: [alias] })}>
              ✕
            </button>
          </em>
        ))}
        <form onSubmit={add}>
          <input value={text} placeholder="add an alias" aria-label="add an alias" onChange={(event) => setText(event.target.value)} />
        </form>
      </span>
      {change.error && <p className={styles.error} role="alert">{change.error.message}</p>}
    </>
  );
}


import { useState, type FormEvent } from "react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { changeVersion, type Version, type VersionChange } from "@/api/artifacts";
import { versionRunsQuery } from "@/api/queries";
import type { Run } from "@/api/runs";
import { formatSize, formatTime, plural } from "@/core/format";
import { runHref, versionHref } from "@/core/lineage/hrefs";
import type { ProjectRef } from "@/core/project";
import { AppLink } from "@/ui/app-link";
import styles from "./artifacts.module.css";
import { Pills } from "./pills";

/** What a version is, what it is called, who made it and who used it. */
export function OverviewTab({ project, version }: { project: ProjectRef; version: Version }) {
  const runs = useQuery(versionRunsQuery(project, version.name, version.version));
  const made = runs.data?.made_by;
  return (
    <div className={styles.overview}>
      <Description version={version} project={project} />
      <dl className={styles.facts}>
        <Fact name="Full name"><code>{`${version.entity}/${version.project}/${version.name}:${version.version}`}</code></Fact>
        <Fact name="Aliases"><Aliases project={project} version={version} /></Fact>
        {version.tags.length > 0 && <Fact name="Tags"><Pills words={version.tags} /></Fact>}
        <Fact name="Size">{formatSize(version.size)}</Fact>
        <Fact name="Files"><AppLink href={`${versionHref(project, version.type, version.name, version.version)}/files`}>{plural(version.files, "file")}</AppLink></Fact>
        <Fact name="Created">{formatTime(version.created_at)}</Fact>
        <Fact name="Made by">{made ? <RunLink project={project} run={made} step={version.step} /> : <span className="muted">not by a run</span>}</Fact>
        <Fact name="Digest"><code className={styles.digest}>{version.digest}</code></Fact>
      </dl>
      <UsedBy project={project} runs={runs.data?.used_by ?? []} />
    </div>
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

/** Change a version; afterwards everything that shows versions of this project is asked again. */
function useChange(project: ProjectRef, version: Version) {
  const queries = useQueryClient();
  const ref = { ...project, name: version.name, pointer: version.version };
  return useMutation({
    mutationFn: (change: VersionChange) => changeVersion(ref, change),
    onSuccess: () => {
      const keys = ["version", "collection", "collections", "graph"];
      return Promise.all(keys.map((what) => queries.invalidateQueries({ queryKey: [what, project.entity, project.project] })));
    },
  });
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

function Description({ project, version }: { project: ProjectRef; version: Version }) {
  const change = useChange(project, version);
  const [draft, setDraft] = useState<string | null>(null);
  const save = (): void => change.mutate({ description: draft ?? "" }, { onSuccess: () => setDraft(null) });
  if (draft === null) {
    return (
      <div className={styles.description}>
        {version.description ? <p>{version.description}</p> : <p className="muted">No description.</p>}
        <button type="button" className={styles.quiet} onClick={() => setDraft(version.description ?? "")}>
          Edit
        </button>
      </div>
    );
  }
  return (
    <div className={styles.description}>
      <textarea aria-label="description" rows={3} value={draft} onChange={(event) => setDraft(event.target.value)} />
      <button type="button" className={styles.button} onClick={save} disabled={change.isPending}>Save</button>
      <button type="button" className={styles.quiet} onClick={() => setDraft(null)}>Cancel</button>
      {change.error && <p className={styles.error} role="alert">{change.error.message}</p>}
    </div>
  );
}

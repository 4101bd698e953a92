import { useMemo, type ReactNode } from "react";
import { useQuery } from "@tanstack/react-query";
import { runArtifactsQuery } from "@/api/queries";
import type { Run } from "@/api/runs";
import { formatTime, plural } from "@/core/format";
import { isMedia } from "@/core/media";
import type { ProjectRef } from "@/core/project";
import { AppLink } from "@/ui/app-link";
import { Values } from "@/ui/files/values";
import { runHref } from "@/core/lineage/hrefs";
import { State } from "@/ui/parts";
import { Alerts } from "./alerts";
import { Duration } from "./duration";
import { describe, type Fact } from "./metadata";
import styles from "./run.module.css";

/** What the run is and where it ran, how it was configured, what it came to. */
export function OverviewTab({ project, run }: { project: ProjectRef; run: Run }) {
  const { facts, rest } = useMemo(() => describe(run.metadata), [run.metadata]);
  const summary = useMemo(() => Object.fromEntries(Object.entries(run.summary).filter(([, value]) => !isMedia(value))), [run.summary]);
  return (
    <div className={styles.overview}>
      <section className={styles.card} aria-label="facts">
        {run.notes && <p className={styles.notes}>{run.notes}</p>}
        <dl className={styles.facts}>
          {ownFacts(project, run).map(([name, value]) => <FactRow key={name} name={name}>{value}</FactRow>)}
          <ArtifactCounts project={project} run={run} />
          {facts.map((fact) => <FactRow key={fact.name} name={fact.name}><MetadataFact fact={fact} /></FactRow>)}
        </dl>
      </section>
      <Alerts project={project} run={run.id} />
      <div className={styles.columns}>
        <div className={styles.card}>
          <Values title="Summary" values={summary} />
          {Object.keys(summary).length === 0 && <p className="muted">No summary yet.</p>}
        </div>
        <div className={styles.card}>
          <Values title="Config" values={run.config} />
          {Object.keys(run.config).length === 0 && <p className="muted">No config.</p>}
        </div>
      </div>
      {Object.keys(rest).length > 0 && <div className={styles.card}><Values title="Metadata" values={rest} /></div>}
    </div>
  );
}

function ownFacts(project: ProjectRef, run: Run): [string, ReactNode][] {
  const facts: [string, ReactNode][] = [
    ["State", <State key="state" state={run.state} />],
    ["Exit code", run.exit_code],
    ["Began", formatTime(run.created_at)],
    ["Duration", <Duration key="duration" run={run} />],
    ["By", run.user],
    ["Job type", run.job_type],
    ["Group", run.group],
    ["Forked from", run.forked_from && <AppLink key="fork" href={runHref(project, run.forked_from)}>{run.forked_from} at step {run.forked_at}</AppLink>],
    ["Rewound to", run.rewound_to === null ? null : `step ${String(run.rewound_to)}`],
    ["Run path", <code key="path">{[project.entity, project.project, run.id].join("/")}</code>],
  ];
  return facts.filter(([, value]) => value !== null && value !== "");
}

function FactRow({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function MetadataFact({ fact: { text, href, isCode } }: { fact: Fact }) {
  if (href) return <a href={href} rel="noreferrer noopener" target="_blank">{text}</a>;
  return isCode ? <code>{text}</code> : text;
}

function ArtifactCounts({ project, run }: { project: ProjectRef; run: Run }) {
  const { data } = useQuery(runArtifactsQuery(project, run.id));
  if (!data || data.inputs.length + data.outputs.length === 0) return null;
  return (
    <FactRow name="Artifacts">
      <AppLink href={`${runHref(project, run.id)}/artifacts`}>{plural(data.inputs.length, "input")}, {plural(data.outputs.length, "output")}</AppLink>
    </FactRow>
  );
}

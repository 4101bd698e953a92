import type { ReactNode } from "react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { runQuery } from "@/api/queries";
import type { Run } from "@/api/runs";
import type { ChartView } from "@/core/chart-view";
import { formatTime } from "@/core/format";
import { runHref } from "@/core/lineage/hrefs";
import type { ProjectRef } from "@/core/project";
import { AppLink } from "@/ui/app-link";
import { Failure, Loading, RunStroke, State } from "@/ui/parts";
import { usePageTitle } from "@/ui/use-page-title";
import { CompareWith, RunActions } from "./actions";
import { ArtifactsTab } from "./artifacts-tab";
import { ChartsTab } from "./charts-tab";
import { Ago, Duration } from "./duration";
import { FilesTab } from "./files-tab";
import { LogsTab } from "./logs-tab";
import { MediaTab } from "./media-tab";
import { OverviewTab } from "./overview-tab";
import styles from "./run.module.css";

export const RUN_TABS = ["charts", "overview", "media", "logs", "files", "artifacts", "graph", "system"] as const;
export type RunTab = (typeof RUN_TABS)[number];

export interface RunSearch extends ChartView {
  /** What is searched for in the log. */
  find: string | undefined;
}

export type ChangeRun = (change: Partial<RunSearch>) => void;

interface RunPageProps {
  project: ProjectRef;
  /** Id, or `latest`. */
  run: string;
  tab: RunTab;
  /** The file that is shown. */
  path: string | undefined;
  search: RunSearch;
  onChange: ChangeRun;
  /** The lineage around a run, which another feature draws. */
  lineage: (run: string) => ReactNode;
  /** The run was deleted: there is nothing to show here any more. */
  onGone: () => void;
}

/** One run: a head and tabs. */
export function RunPage(props: RunPageProps) {
  const { project, run: id, tab } = props;
  const { data: run, error, refetch } = useQuery(runQuery(project, id));
  usePageTitle(run?.name ?? id, project.project);
  if (error && !run) return <Missing project={project} error={error} onRetry={() => { void refetch(); }} />;
  if (!run) return <Loading />;
  return (
    <div className={styles.page}>
      <Head project={project} run={run} onGone={props.onGone} />
      <Tabs project={project} run={id} tab={tab} />
      <div className={styles.tab} data-tab={tab}>{content(props, run)}</div>
    </div>
  );
}

function Missing({ project, error, onRetry }: { project: ProjectRef; error: Error; onRetry: () => void }) {
  return (
    <div className="page">
      <Failure error={error} onRetry={onRetry} />
      <p className="notice"><Link to="/$entity/$project/runs" params={project}>All runs of {project.project}</Link></p>
    </div>
  );
}

function content({ project, run: address, tab, path, search, onChange, lineage }: RunPageProps, run: Run): ReactNode {
  switch (tab) {
    case "overview": return <OverviewTab project={project} run={run} />;
    case "media": return <MediaTab project={project} run={run} search={search} onChange={onChange} />;
    case "logs": return <LogsTab project={project} run={run} find={search.find} onChange={onChange} />;
    case "files": return <FilesTab project={project} run={run.id} address={address} path={path} />;
    case "artifacts": return <ArtifactsTab project={project} run={run.id} />;
    case "graph": return lineage(run.id);
    case "system": return <ChartsTab project={project} run={run} search={search} onChange={onChange} system />;
    case "charts": return <ChartsTab project={project} run={run} search={search} onChange={onChange} system={false} />;
  }
}

function Head({ project, run, onGone }: { project: ProjectRef; run: Run; onGone: () => void }) {
  return (
    <header className={styles.head}>
      <RunStroke index={run.color_index} width={22} />
      <h1>{run.name}</h1>
      <State state={run.state} />
      {run.archived && <span className="pill">archived</span>}
      {run.job_type && <span className="pill">{run.job_type}</span>}
      {run.tags.map((tag) => <span key={tag} className="pill">{tag}</span>)}
      <span className="grow" />
      <span className="muted num" title={formatTime(run.created_at)}>
        <Duration run={run} /> · <Ago time={run.created_at} />
      </span>
      <CompareWith project={project} run={run} />
      <RunActions project={project} run={run} onGone={onGone} />
    </header>
  );
}

const NAMES: Readonly<Record<RunTab, string>> = {
  charts: "Charts", overview: "Overview", media: "Media", logs: "Logs", files: "Files", artifacts: "Artifacts", graph: "Graph", system: "System",
};

function Tabs({ project, run, tab }: { project: ProjectRef; run: string; tab: RunTab }) {
  const base = runHref(project, run);
  return (
    <nav className={styles.tabs} aria-label="run">
      {RUN_TABS.map((one) => (
        <AppLink key={one} href={one === "charts" ? base : `${base}/${one}`} {...(one === tab ? { "aria-current": "page" as const } : {})}>{NAMES[one]}</AppLink>
      ))}
    </nav>
  );
}

import { useCallback, useMemo } from "react";
import { useInfiniteQuery, useQueries } from "@tanstack/react-query";
import { runQuery } from "@/api/queries";
import { keysQuery, runsQuery } from "@/api/run-queries";
import type { Key, Run } from "@/api/runs";
import { tidyRange } from "@/core/chart-view";
import { isMedia } from "@/core/media";
import type { ProjectRef } from "@/core/project";
import type { Range } from "@/core/search";
import { matcher, sections } from "@/core/sections";
import { FirstRun } from "@/ui/first-run";
import { MediaPanel } from "@/ui/panels/media-panel";
import panels from "@/ui/panels/panels.module.css";
import { ChartSections, Fold } from "@/ui/panels/sections";
import { ChartToolbar } from "@/ui/panels/toolbar";
import { Failure, Loading } from "@/ui/parts";
import { usePageTitle } from "@/ui/use-page-title";
import { DRAW_LIMITS, drawnRuns, type WorkspaceSearch } from "./search";
import { Sidebar } from "./sidebar";
import styles from "./workspace.module.css";

export type ChangeWorkspace = (change: Partial<WorkspaceSearch>) => void;

interface WorkspacePageProps {
  project: ProjectRef;
  search: WorkspaceSearch;
  onChange: ChangeWorkspace;
}

const NO_RUNS: readonly Run[] = [];
const MOST_CHOSEN = 100;

/** Runs at the left, their curves at the right. */
export function WorkspacePage({ project, search, onChange }: WorkspacePageProps) {
  usePageTitle(project.project);
  const { q, state } = search;
  const query = useInfiniteQuery(runsQuery(project, { ...(q ? { q } : {}), ...(state ? { state } : {}) }));
  const runs = useMemo(() => query.data?.pages.flatMap((page) => page.runs) ?? NO_RUNS, [query.data]);
  const chosen = useChosen(project, runs, search.only);
  const drawn = useDrawn(chosen, search);
  if (query.error && runs.length === 0) return <Failure error={query.error} onRetry={() => { void query.refetch(); }} />;
  const total = query.data?.pages[0]?.total ?? 0;
  if (query.isLoading) return <Loading />;
  if (total === 0 && !q && !state) return <FirstRun title={`No runs in ${project.project} yet`} project={project.project} />;
  return (
    <div className={styles.workspace}>
      <Sidebar project={project} runs={chosen} total={total} drawn={drawn} search={search} onChange={onChange}
        onMore={query.hasNextPage && !query.isFetching ? () => { void query.fetchNextPage(); } : undefined} />
      <Panels project={project} runs={drawn} total={total} search={search} onChange={onChange} />
    </div>
  );
}

/** The listed runs, and those that the address chooses though the list has not come to them yet. */
function useChosen(project: ProjectRef, runs: readonly Run[], only: readonly string[]): readonly Run[] {
  const listed = new Set(runs.map(({ id }) => id));
  const absent = only.filter((id) => !listed.has(id)).slice(0, MOST_CHOSEN);
  const found = useQueries({
    queries: absent.map((id) => runQuery(project, id)),
    combine: (results) => results.flatMap(({ data }) => data ?? []),
  });
  return absent.length > 0 ? [...found, ...runs] : runs;
}

/** The drawn runs; the same array as long as nothing about them changed that a chart shows. */
function useDrawn(runs: readonly Run[], search: WorkspaceSearch): readonly Run[] {
  const drawn = drawnRuns(runs, search);
  const look = drawn.map(({ id, name, color_index }) => `${id} ${String(color_index)} ${name}`).join("\n");
  // eslint-disable-next-line react-hooks/exhaustive-deps -- `look` is all of `drawn` that counts
  return useMemo(() => drawn, [look]);
}

interface PanelsProps extends WorkspacePageProps {
  runs: readonly Run[];
  total: number;
}

function Panels({ project, runs, total, search, onChange }: PanelsProps) {
  const keys = useKeys(project, runs);
  const { mq } = search;
  const found = useMemo(() => {
    const wanted = matcher(mq);
    const numeric = new Set(keys.all.filter(({ key }) => key.kind === "number" && wanted(key.key)).map(({ key }) => key.key));
    const media = keys.all.filter(({ key }) => key.kind === "value" && isMedia(key.last) && wanted(key.key));
    return { sections: sections(numeric), media };
  }, [keys.all, mq]);
  const onZoom = useCallback((range: Range | undefined) => { onChange({ x: range && tidyRange(range) }); }, [onChange]);
  const isEmpty = found.sections.length === 0 && found.media.length === 0;
  return (
    <div className={styles.panels}>
      <ChartToolbar view={search} onChange={onChange}>
        <DrawLimit search={search} onChange={onChange} drawn={runs.length} total={total} />
      </ChartToolbar>
      <ChartSections project={project} runs={runs} sections={found.sections} view={search} onZoom={onZoom} />
      <MediaSection project={project} media={found.media} />
      {isEmpty && !keys.isLoading && <Nothing runs={runs.length} mq={mq} onRelax={() => { onChange({ mq: undefined }); }} />}
    </div>
  );
}

interface KeyOfRun {
  run: Run;
  key: Key;
}

/** The keys that the drawn runs have logged. */
function useKeys(project: ProjectRef, runs: readonly Run[]): { all: readonly KeyOfRun[]; isLoading: boolean } {
  const found = useQueries({
    queries: runs.map((run) => keysQuery(project, run.id)),
    combine: (results) => ({ lists: results.map((result) => result.data), isLoading: results.some((result) => result.isLoading) }),
  });
  const all = useMemo(
    () => runs.flatMap((run, i) => (found.lists[i] ?? []).map((key) => ({ run, key }))),
    [runs, found.lists],
  );
  return { all, isLoading: found.isLoading };
}

const MOST_MEDIA = 40;

function MediaSection({ project, media }: { project: ProjectRef; media: readonly KeyOfRun[] }) {
  if (media.length === 0) return null;
  return (
    <Fold title="Media" count={media.length} open>
      {() => (
        <div className={panels.grid}>
          {media.slice(0, MOST_MEDIA).map(({ run, key }) => (
            <MediaPanel key={`${run.id} ${key.key}`} project={project} run={run} metric={key.key} named />
          ))}
          {media.length > MOST_MEDIA && <p className={panels.message}>Showing {MOST_MEDIA} of {media.length}: filter the panels, or open a run.</p>}
        </div>
      )}
    </Fold>
  );
}

interface DrawLimitProps {
  search: WorkspaceSearch;
  onChange: ChangeWorkspace;
  drawn: number;
  total: number;
}

function DrawLimit({ search, onChange, drawn, total }: DrawLimitProps) {
  const limits = [...new Set<number>([...DRAW_LIMITS, search.max])].sort((a, b) => a - b);
  return (
    <label>
      <span className="num">{drawn} of {total.toLocaleString("en-US")} drawn, at most</span>
      <select className="select" value={search.max} aria-label="Most runs drawn" onChange={(event) => { onChange({ max: Number(event.target.value) }); }}>
        {limits.map((limit) => <option key={limit}>{limit}</option>)}
      </select>
    </label>
  );
}

function Nothing({ runs, mq, onRelax }: { runs: number; mq: string | undefined; onRelax: () => void }) {
  if (runs === 0) return <p className={panels.message}>No run is drawn: choose some at the left.</p>;
  if (mq === undefined) return <p className={panels.message}>The drawn runs have logged nothing yet; run.log({"{…}"}) makes panels appear.</p>;
  return (
    <p className={panels.message}>
      No key matches <code>{mq}</code>. <button type="button" className="button" onClick={onRelax}>Show all panels</button>
    </p>
  );
}

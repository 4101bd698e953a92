import { useCallback, useEffect, useMemo, type ReactNode } from "react";
import { useInfiniteQuery, useQueries, useQuery } from "@tanstack/react-query";
import { runQuery } from "@/api/queries";
import { sharedKeysQuery, runsQuery } from "@/api/run-queries";
import type { Run } from "@/api/runs";
import { BANDS, type Band } from "@/core/chart-view";
import { isMedia } from "@/core/media";
import type { ProjectRef } from "@/core/project";
import { drawnRuns } from "@/core/run-list";
import { matcher, sections } from "@/core/sections";
import { FirstRun } from "@/ui/first-run";
import { MediaPanel } from "@/ui/panels/media-panel";
import panels from "@/ui/panels/panels.module.css";
import { ChartSections, Fold } from "@/ui/panels/sections";
import { ChartToolbar } from "@/ui/panels/toolbar";
import type { Drawn } from "@/ui/panels/use-lines";
import { Failure, Loading } from "@/ui/parts";
import { listParameters } from "@/ui/runs/list-parameters";
import { usePageTitle } from "@/ui/use-page-title";
import { groupRuns, styled } from "./groups";
import { DRAW_LIMITS, type WorkspaceSearch } from "./search";
import { Sidebar } from "./sidebar";
import styles from "./workspace.module.css";

export type ChangeWorkspace = (change: Partial<WorkspaceSearch>) => void;

interface WorkspacePageProps {
  project: ProjectRef;
  search: WorkspaceSearch;
  onChange: ChangeWorkspace;
  /** The menu of saved views, which the app knows. */
  views: ReactNode;
}

const NO_RUNS: readonly Run[] = [];
const MOST_CHOSEN = 200;
const MOST_GROUPED = 1000;

/** Runs at the left, their curves at the right. */
export function WorkspacePage({ project, search, onChange, views }: WorkspacePageProps) {
  usePageTitle(project.project);
  const query = useInfiniteQuery(runsQuery(project, listParameters(search)));
  const runs = useMemo(() => query.data?.pages.flatMap((page) => page.runs) ?? NO_RUNS, [query.data]);
  const listed = useChosen(project, runs, search);
  const { drawn, shown } = useDrawn(project, listed, search);
  const onMore = query.hasNextPage && !query.isFetching ? () => { void query.fetchNextPage(); } : undefined;
  useEnough(search, runs.length, onMore);
  const total = query.data?.pages[0]?.total ?? 0;
  if (query.isLoading) return <Loading />;
  const isPlain = !search.q && search.state.length === 0 && !search.archived;
  if (total === 0 && isPlain && !query.error) return <FirstRun title={`No runs in ${project.project} yet`} project={project.project} />;
  return (
    <div className={styles.workspace}>
      <Sidebar project={project} runs={listed} total={total} drawn={shown} groups={drawn.groups} search={search} onChange={onChange} error={query.error} onMore={onMore} />
      <Panels drawn={drawn} total={total} search={search} onChange={onChange} views={views} />
    </div>
  );
}

/** The list may have to go on by itself: until as many are there as are to be drawn, or as groups are made of. */
function useEnough({ group, max }: WorkspaceSearch, count: number, onMore: (() => void) | undefined): void {
  const wanted = group.length > 0 ? MOST_GROUPED : max;
  useEffect(() => {
    if (onMore && count > 0 && count < wanted) onMore();
  }, [onMore, count, wanted]);
}

/** Pinned runs first, then the listed ones, and those that the address chooses though the list has not come to them yet. */
function useChosen(project: ProjectRef, runs: readonly Run[], { only, pin }: WorkspaceSearch): readonly Run[] {
  const listed = new Set(runs.map(({ id }) => id));
  const absent = [...new Set([...pin, ...only])].filter((id) => !listed.has(id)).slice(0, MOST_CHOSEN);
  const found = useQueries({
    queries: absent.map((id) => runQuery(project, id)),
    combine: (results) => results.flatMap(({ data }) => data ?? []),
  });
  return useMemo(() => {
    const all = found.length > 0 ? [...found, ...runs] : runs;
    if (pin.length === 0) return all;
    const isPinned = ({ id }: Run): boolean => pin.includes(id);
    return [...all.filter(isPinned), ...all.filter((run) => !isPinned(run))];
  }, [found, runs, pin]);
}

/** What charts show; the same object as long as nothing about it changed that a chart shows. */
function useDrawn(project: ProjectRef, runs: readonly Run[], search: WorkspaceSearch): { drawn: Drawn; shown: ReadonlySet<string> } {
  const { group, max, band } = search;
  const chosen = drawnRuns(runs, search, group.length > 0 ? MOST_GROUPED : max);
  const groups = group.length > 0 ? styled(groupRuns(chosen, group).slice(0, max)) : undefined;
  const held = groups ? new Set(groups.flatMap((one) => one.runs)) : undefined;
  const visible = held ? chosen.filter(({ id }) => held.has(id)) : chosen;
  const look = JSON.stringify([visible.map(({ id, name, color_index }) => [id, color_index, name]), groups, band]);
  // eslint-disable-next-line react-hooks/exhaustive-deps -- `look` is all of it that counts
  const drawn = useMemo(() => ({ project, runs: visible, groups, band }), [project, look]);
  // eslint-disable-next-line react-hooks/exhaustive-deps -- `look` names every run
  const shown = useMemo(() => new Set(visible.map(({ id }) => id)), [look]);
  return { drawn, shown };
}

interface PanelsProps {
  drawn: Drawn;
  total: number;
  search: WorkspaceSearch;
  onChange: ChangeWorkspace;
  views: ReactNode;
}

function Panels({ drawn, total, search, onChange, views }: PanelsProps) {
  const ids = useMemo(() => drawn.runs.map(({ id }) => id), [drawn]);
  const { data: keys, error, isLoading, refetch } = useQuery(sharedKeysQuery(drawn.project, ids));
  const numeric = useMemo(() => (keys ?? []).filter(({ kind }) => kind === "number").map(({ key }) => key), [keys]);
  const wanted = useMemo(() => matcher(search.mq), [search.mq]);
  const found = useMemo(() => sections(numeric.filter(wanted)), [numeric, wanted]);
  const media = useMemo(() => loggedMedia(drawn.runs).filter(({ key }) => wanted(key)), [drawn.runs, wanted]);
  const change = useCallback((view: Partial<WorkspaceSearch>) => { onChange(view); }, [onChange]);
  const isEmpty = found.length === 0 && media.length === 0;
  return (
    <div className={styles.panels}>
      <ChartToolbar view={search} onChange={change} axes={numeric}>
        {drawn.groups && <BandSelect band={search.band} onChange={onChange} />}
        <DrawLimit search={search} onChange={onChange} drawn={drawn} total={total} />
        {views}
      </ChartToolbar>
      {error && !keys && <Failure error={error} onRetry={() => { void refetch(); }} />}
      <ChartSections drawn={drawn} sections={found} view={search} onChange={change} />
      <MediaSection project={drawn.project} media={media} />
      {isEmpty && !isLoading && !error && <Nothing runs={drawn.runs.length} mq={search.mq} onRelax={() => { onChange({ mq: undefined }); }} />}
    </div>
  );
}

interface KeyOfRun {
  run: Run;
  key: string;
}

/** The keys under which runs have logged media: their summaries hold the last of each. */
function loggedMedia(runs: readonly Run[]): KeyOfRun[] {
  const all = runs.flatMap((run) => Object.entries(run.summary).filter(([, value]) => isMedia(value)).map(([key]) => ({ run, key })));
  return all.sort((a, b) => a.key.localeCompare(b.key));
}

const FIRST_MEDIA = 24;

function MediaSection({ project, media }: { project: ProjectRef; media: readonly KeyOfRun[] }) {
  if (media.length === 0) return null;
  return (
    <Fold title="Media" count={media.length} open>
      {() => (
        <div className={panels.grid}>
          {media.slice(0, FIRST_MEDIA).map(({ run, key }) => <MediaPanel key={`${run.id} ${key}`} project={project} run={run} metric={key} named />)}
          {media.length > FIRST_MEDIA && <p className={panels.message}>Showing {FIRST_MEDIA} of {media.length}: filter the panels, or open a run.</p>}
        </div>
      )}
    </Fold>
  );
}

const BAND_NAMES: Readonly<Record<Band, string>> = { std: "± std", stderr: "± std error", minmax: "min – max", none: "mean only" };

function BandSelect({ band, onChange }: { band: Band; onChange: ChangeWorkspace }) {
  return (
    <select className="select" aria-label="Band around a group's mean" value={band} onChange={(event) => { onChange({ band: event.target.value as Band }); }}>
      {BANDS.map((one) => <option key={one} value={one}>{BAND_NAMES[one]}</option>)}
    </select>
  );
}

interface DrawLimitProps {
  search: WorkspaceSearch;
  onChange: ChangeWorkspace;
  drawn: Drawn;
  total: number;
}

function DrawLimit({ search, onChange, drawn: { runs, groups }, total }: DrawLimitProps) {
  const limits = [...new Set<number>([...DRAW_LIMITS, search.max])].sort((a, b) => a - b);
  const what = groups ? `${String(groups.length)} groups of ${runs.length.toLocaleString("en-US")} runs, at most` : `${String(runs.length)} of ${total.toLocaleString("en-US")} drawn, max`;
  return (
    <label>
      <span className="num">{what}</span>
      <select className="select" value={search.max} aria-label="Most lines drawn" onChange={(event) => { onChange({ max: Number(event.target.value) }); }}>
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

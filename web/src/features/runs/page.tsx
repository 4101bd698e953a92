import { useCallback, useEffect, useMemo } from "react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { runsQuery } from "@/api/run-queries";
import type { ProjectRef } from "@/core/project";
import { FirstRun } from "@/ui/first-run";
import { FilterField } from "@/ui/panels/toolbar";
import { Failure, Loading } from "@/ui/parts";
import { usePageTitle } from "@/ui/use-page-title";
import { useVirtual } from "@/ui/virtual";
import { columnsOf, rowOf } from "./columns";
import styles from "./runs.module.css";
import { nextSort, type RunsSearch } from "./search";
import { HeadRow, RunRow, ROW } from "./table";

interface RunsPageProps {
  project: ProjectRef;
  search: RunsSearch;
  onChange: (change: Partial<RunsSearch>) => void;
}

/** All runs of a project as a table that the server sorts and filters. */
export function RunsPage({ project, search, onChange }: RunsPageProps) {
  usePageTitle("Runs", project.project);
  const { q, state, sort, all } = search;
  const query = useInfiniteQuery(runsQuery(project, { sort, ...(q ? { q } : {}), ...(state ? { state } : {}) }));
  const rows = useMemo(() => query.data?.pages.flatMap((page) => page.runs.map(rowOf)) ?? [], [query.data]);
  const columns = useMemo(() => columnsOf(rows, all), [rows, all]);
  const onSearch = useCallback((text: string | undefined) => { onChange({ q: text }); }, [onChange]);
  const onSort = useCallback((column: string) => { onChange({ sort: nextSort(sort, column) }); }, [onChange, sort]);
  const total = query.data?.pages[0]?.total ?? 0;
  if (query.error && rows.length === 0) return <Failure error={query.error} onRetry={() => { void query.refetch(); }} />;
  if (query.isLoading) return <Loading />;
  if (total === 0 && !q && !state) return <FirstRun title={`No runs in ${project.project} yet`} project={project.project} />;
  const onMore = query.hasNextPage && !query.isFetching ? () => { void query.fetchNextPage(); } : undefined;
  return (
    <div className={styles.page}>
      <div className="toolbar">
        <FilterField main label="Filter runs" placeholder={`Search ${total.toLocaleString("en-US")} runs`} value={q} onChange={onSearch} />
        <button type="button" className="button" aria-pressed={!all} onClick={() => { onChange({ all: !all }); }}>Only config that differs</button>
        <span className="grow" />
        <span className="muted num">{total.toLocaleString("en-US")} runs · {columns.length + 1} columns</span>
      </div>
      <RunTable project={project} rows={rows} columns={columns} sort={sort} onSort={onSort} onMore={onMore} />
    </div>
  );
}

interface RunTableProps {
  project: ProjectRef;
  rows: readonly ReturnType<typeof rowOf>[];
  columns: ReturnType<typeof columnsOf>;
  sort: string;
  onSort: (column: string) => void;
  onMore: (() => void) | undefined;
}

const NEAR_END = 40;

function RunTable({ project, rows, columns, sort, onSort, onMore }: RunTableProps) {
  const [box, { start, stop }] = useVirtual<HTMLDivElement>(rows.length, ROW, ROW);
  useEffect(() => {
    if (onMore && stop > rows.length - NEAR_END) onMore();
  }, [stop, rows.length, onMore]);
  const width = columns.reduce((sum, column) => sum + column.width, 260);
  return (
    // A scrolling region is reached by the keyboard, so that it can be scrolled.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className={styles.scroll} ref={box} role="region" aria-label="table of runs" tabIndex={0}>
      <div role="table" aria-label="runs" aria-rowcount={rows.length} style={{ width, minWidth: "100%", height: (rows.length + 1) * ROW, position: "relative" }}>
        <HeadRow columns={columns} sort={sort} onSort={onSort} />
        {rows.slice(start, stop).map((row, i) => (
          <RunRow key={row.run.id} project={project} row={row} columns={columns} index={start + i} />
        ))}
        {rows.length === 0 && <p className="notice">No run matches.</p>}
      </div>
    </div>
  );
}

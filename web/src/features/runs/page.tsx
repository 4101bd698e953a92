import { useCallback, useMemo, type ReactNode } from "react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { runsQuery } from "@/api/run-queries";
import type { ProjectRef } from "@/core/project";
import { nextSort, toggled } from "@/core/run-list";
import { FirstRun } from "@/ui/first-run";
import { FilterField } from "@/ui/panels/toolbar";
import { Loading } from "@/ui/parts";
import { FilterProblem, GroupField, ListMenu, StateChips } from "@/ui/runs/list-fields";
import { listParameters } from "@/ui/runs/list-parameters";
import { usePageTitle } from "@/ui/use-page-title";
import { BulkBar } from "./bulk-bar";
import { ColumnPicker } from "./column-picker";
import { allColumns, rowOf, shownColumns, type Column, type Row } from "./columns";
import styles from "./runs.module.css";
import type { RunsSearch } from "./search";
import { useSelection } from "./selection";
import { RunTable } from "./run-table";

interface RunsPageProps {
  project: ProjectRef;
  search: RunsSearch;
  onChange: (change: Partial<RunsSearch>) => void;
  /** The menu of saved views, which the app knows. */
  views: ReactNode;
}

const NO_ROWS: readonly Row[] = [];

/** All runs of a project as a table that the server sorts, filters and groups. */
export function RunsPage({ project, search, onChange, views }: RunsPageProps) {
  usePageTitle("Runs", project.project);
  const query = useInfiniteQuery(runsQuery(project, listParameters(search)));
  const rows = useMemo(() => query.data?.pages.flatMap((page) => page.runs.map(rowOf)) ?? NO_ROWS, [query.data]);
  const every = useMemo(() => allColumns(rows), [rows]);
  const columns = useMemo(() => shownColumns(every, rows, search), [every, rows, search]);
  const order = useMemo(() => rows.map(({ run }) => run.id), [rows]);
  const selection = useSelection(order);
  const onSort = useCallback((column: string, add: boolean) => { onChange({ sort: nextSort(search.sort, column, add) }); }, [onChange, search.sort]);
  const onEye = useCallback((run: string) => { onChange(toggled(search, run)); }, [onChange, search]);
  const onMore = useCallback(() => { void query.fetchNextPage(); }, [query]);
  const total = query.data?.pages[0]?.total ?? 0;
  if (query.isLoading) return <Loading />;
  const isPlain = !search.q && search.state.length === 0 && !search.archived;
  if (total === 0 && isPlain && !query.error) return <FirstRun title={`No runs in ${project.project} yet`} project={project.project} />;
  return (
    <div className={styles.page}>
      <Toolbar search={search} total={total} rows={rows} every={every} columns={columns} onChange={onChange} views={views} />
      <FilterProblem error={query.error} text={search.q} />
      {selection.ids.size > 0 && <BulkBar project={project} rows={rows} selection={selection} search={search} columns={columns} total={total} />}
      <RunTable project={project} rows={rows} columns={columns} search={search} selection={selection} onSort={onSort} onEye={onEye} onChange={onChange}
        onMore={query.hasNextPage && !query.isFetching ? onMore : undefined} />
    </div>
  );
}

interface ToolbarProps extends Pick<RunsPageProps, "search" | "onChange" | "views"> {
  total: number;
  rows: readonly Row[];
  every: readonly Column[];
  columns: readonly Column[];
}

function Toolbar({ search, total, rows, every, columns, onChange, views }: ToolbarProps) {
  const runs = useMemo(() => rows.map(({ run }) => run), [rows]);
  const onSearch = useCallback((q: string | undefined) => { onChange({ q }); }, [onChange]);
  return (
    <div className="toolbar">
      <div className={styles.search}>
        <FilterField main label="Filter runs" placeholder={`Search ${total.toLocaleString("en-US")} runs, or filter: config.lr < 1e-3 and state = finished`} value={search.q} onChange={onSearch} />
      </div>
      <StateChips list={search} onChange={onChange} />
      <GroupField list={search} runs={runs} onChange={onChange} />
      <ListMenu list={search} onChange={onChange} />
      <ColumnPicker every={every} shown={columns} search={search} onChange={onChange} />
      <span className="grow" />
      <span className="muted num">{search.archived ? "archived: " : ""}{total.toLocaleString("en-US")} runs · {columns.length + 1} columns</span>
      {views}
    </div>
  );
}

import { useCallback, type ReactNode } from "react";
import type { ProjectRef } from "@/core/project";
import { plural } from "@/core/format";
import { nextSort, toggled } from "@/core/run-list";
import { FirstRun } from "@/ui/first-run";
import { FilterField } from "@/ui/panels/toolbar";
import { Loading } from "@/ui/parts";
import { FilterProblem, GroupField, ListMenu, StateChips } from "@/ui/runs/list-fields";
import { usePageTitle } from "@/ui/use-page-title";
import { BulkBar } from "./bulk-bar";
import { ColumnPicker } from "./column-picker";
import { RunTable } from "./run-table";
import styles from "./runs.module.css";
import type { RunsSearch } from "./search";
import { useSelection } from "./selection";
import { useTable, type TableData } from "./use-table";

interface RunsPageProps {
  project: ProjectRef;
  search: RunsSearch;
  onChange: (change: Partial<RunsSearch>) => void;
  /** The menu of saved views, which the app knows. */
  views: ReactNode;
}

/** All runs of a project as a table that the server sorts, filters and groups. */
export function RunsPage({ project, search, onChange, views }: RunsPageProps) {
  usePageTitle("Runs", project.project);
  const table = useTable(project, search);
  const selection = useSelection(table.rows);
  const onSort = useCallback((column: string, add: boolean) => { onChange({ sort: nextSort(search.sort, column, add) }); }, [onChange, search.sort]);
  const onEye = useCallback((run: string) => { onChange(toggled(search, run)); }, [onChange, search]);
  if (table.isLoading) return <Loading />;
  const isPlain = !search.q && search.state.length === 0 && !search.archived;
  if (table.total === 0 && isPlain && !table.error) return <FirstRun title={`No runs in ${project.project} yet`} project={project.project} />;
  return (
    <div className={styles.page}>
      <Toolbar search={search} table={table} onChange={onChange} views={views} />
      <FilterProblem error={table.error} list={search} />
      {selection.ids.size > 0 && <BulkBar project={project} table={table} selection={selection} search={search} />}
      <RunTable project={project} table={table} search={search} selection={selection} onSort={onSort} onEye={onEye} onChange={onChange} />
    </div>
  );
}

function Toolbar({ search, table, onChange, views }: Pick<RunsPageProps, "search" | "onChange" | "views"> & { table: TableData }) {
  const { total, every, columns } = table;
  const onSearch = useCallback((q: string | undefined) => { onChange({ q }); }, [onChange]);
  const config = every.filter(({ part }) => part === "config").map(({ field }) => field);
  return (
    <div className="toolbar">
      <div className={styles.search}>
        <FilterField main label="Filter runs" placeholder={`Search ${plural(total, "run")}, or filter: config.lr < 1e-3 and state = finished`} value={search.q} onChange={onSearch} />
      </div>
      <StateChips list={search} onChange={onChange} />
      <GroupField list={search} keys={config} onChange={onChange} />
      <ListMenu list={search} onChange={onChange} />
      <ColumnPicker every={every} shown={columns} search={search} onChange={onChange} />
      <span className="grow" />
      <span className="muted num">{search.archived ? "archived: " : ""}{plural(total, "run")} · {plural(columns.length + 1, "column")}</span>
      {views}
    </div>
  );
}

import { useMemo } from "react";
import { useInfiniteQuery, useQueries, useQuery } from "@tanstack/react-query";
import { runsQuery, someRunsQuery } from "@/api/run-queries";
import { columnsQuery, groupsQuery } from "@/api/run-table";
import type { ProjectRef } from "@/core/project";
import { fieldText } from "@/core/run-list";
import { choiceOf, listParameters } from "@/ui/runs/list-parameters";
import { allColumns, rowOf, shownColumns, type Column, type Row } from "./columns";
import { aggregatesOf, groupLines, groupOrder, namedGroup, type TableLine } from "./groups";
import type { RunsSearch } from "./search";

/** What stands in the table. */
export interface TableData {
  readonly every: readonly Column[];
  readonly columns: readonly Column[];
  readonly lines: readonly TableLine[];
  /** The runs among the lines. */
  readonly rows: readonly Row[];
  /** How many runs match. */
  readonly total: number;
  readonly isLoading: boolean;
  readonly error: Error | null;
  readonly onMore: (() => void) | undefined;
}

/** The server answers with so many fields at most. */
const MOST_FIELDS = 200;
const NOTHING: readonly TableLine[] = [];

function useColumns(project: ProjectRef, search: RunsSearch) {
  const { data, error } = useQuery(columnsQuery(project, choiceOf(search)));
  const every = useMemo(() => (data ? allColumns(data) : undefined), [data]);
  const columns = useMemo(() => shownColumns(every ?? [], search), [every, search]);
  const fields = useMemo(() => columns.filter(({ part }) => part !== "run").slice(0, MOST_FIELDS).map(({ field }) => fieldText(field)).join(","), [columns]);
  return { every, columns, fields, error };
}

/** Runs, or groups of runs, with the columns to show; a page at a time. */
export function useTable(project: ProjectRef, search: RunsSearch): TableData {
  const { every, columns, fields, error } = useColumns(project, search);
  const isGrouped = search.group.length > 0;
  const parameters = { ...listParameters(search), columns: fields };
  const list = useInfiniteQuery({ ...runsQuery(project, parameters), enabled: every !== undefined && !isGrouped });
  const grouped = useGroups(project, search, columns, every !== undefined && isGrouped, fields);
  const plain = useMemo(() => list.data?.pages.flatMap((page) => page.runs.map((run): TableLine => ({ kind: "run", row: rowOf(run) }))) ?? NOTHING, [list.data]);
  const lines = isGrouped ? grouped.lines : plain;
  const rows = useMemo(() => lines.flatMap((line) => (line.kind === "run" ? [line.row] : [])), [lines]);
  const pages = isGrouped ? grouped.query : list;
  return {
    every: every ?? [],
    columns,
    lines,
    rows,
    total: isGrouped ? grouped.total : (list.data?.pages[0]?.total ?? 0),
    isLoading: (every === undefined && !error) || pages.isLoading,
    error: error ?? pages.error,
    onMore: pages.hasNextPage && !pages.isFetching ? () => { void pages.fetchNextPage(); } : undefined,
  };
}

function useGroups(project: ProjectRef, search: RunsSearch, columns: readonly Column[], enabled: boolean, fields: string) {
  const { group, sort, open } = search;
  const by = group.map(fieldText).join(",");
  const query = useInfiniteQuery({ ...groupsQuery(project, { ...choiceOf(search), by, aggregates: aggregatesOf(columns), order: groupOrder(sort, columns) }), enabled });
  const groups = useMemo(() => query.data?.pages.flatMap((page) => page.groups.map((one) => namedGroup(one, group))) ?? [], [query.data, group]);
  const opened = useMemo(() => groups.filter(({ name }) => open.includes(name)), [groups, open]);
  const words = choiceOf(search).q;
  const inside = useQueries({
    queries: opened.map(({ filter }) => someRunsQuery(project, { filter, archived: "any", sort: listParameters(search).sort ?? "", columns: fields, ...(words ? { q: words } : {}) })),
    combine: (results) => results.map(({ data }) => data?.runs),
  });
  const lines = useMemo(() => {
    const runsOf = new Map(opened.map(({ name }, i) => [name, (inside[i] ?? []).map(rowOf)] as const));
    return groupLines(groups, runsOf);
  }, [groups, opened, inside]);
  return { query, lines, total: query.data?.pages[0]?.runs ?? 0 };
}

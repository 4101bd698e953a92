import { useCallback, useEffect, useMemo } from "react";
import type { ProjectRef } from "@/core/project";
import { flipped } from "@/core/run-list";
import { useVirtual, useVirtualColumns } from "@/ui/virtual";
import type { Column, Row } from "./columns";
import { GroupRow } from "./group-row";
import { linesOf, type Group } from "./groups";
import styles from "./runs.module.css";
import type { RunsSearch } from "./search";
import type { Selection } from "./selection";
import { HeadRow, NAME_WIDTH, ROW, RunRow } from "./table";

interface RunTableProps {
  project: ProjectRef;
  rows: readonly Row[];
  columns: readonly Column[];
  search: RunsSearch;
  selection: Selection;
  onSort: (column: string, add: boolean) => void;
  onEye: (run: string) => void;
  onChange: (change: Partial<RunsSearch>) => void;
  onMore: (() => void) | undefined;
}

const NEAR_END = 60;

/** The rows and columns in view; the rest of the table is room only. */
export function RunTable({ project, rows, columns, search, selection, onSort, onEye, onChange, onMore }: RunTableProps) {
  const lines = useMemo(() => linesOf(rows, search.group, search.open), [rows, search.group, search.open]);
  const [box, { start, stop }] = useVirtual<HTMLDivElement>(lines.length, ROW, ROW);
  const widths = useMemo(() => columns.map(({ width }) => width), [columns]);
  const seen = useVirtualColumns(box, widths, NAME_WIDTH);
  const visible = useMemo(() => ({ columns: columns.slice(seen.start, seen.stop), first: seen.start, before: seen.before }), [columns, seen]);
  useMore(stop, lines.length, search.group.length > 0, onMore);
  const isHidden = useMemo(() => new Set(search.hide), [search.hide]);
  const only = useMemo(() => new Set(search.only), [search.only]);
  const onOpen = useCallback((group: string) => { onChange({ open: flipped(search.open, group) }); }, [onChange, search.open]);
  const allMarked = rows.length > 0 && selection.ids.size === rows.length;
  const width = widths.reduce((sum, one) => sum + one, NAME_WIDTH);
  return (
    // A scrolling region is reached by the keyboard, so that it can be scrolled.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className={styles.scroll} ref={box} role="region" aria-label="table of runs" tabIndex={0}>
      <div role="table" aria-label="runs" aria-rowcount={lines.length + 1} aria-colcount={columns.length + 1}
        style={{ width, minWidth: "100%", height: (lines.length + 1) * ROW, position: "relative" }}>
        <HeadRow visible={visible} sort={search.sort} onSort={onSort} allMarked={allMarked}
          onMarkAll={() => { selection.set(allMarked ? [] : rows.map(({ run }) => run.id)); }} />
        {lines.slice(start, stop).map((line, i) => line.kind === "group" ? (
          <GroupRow key={`group ${line.group.name}`} group={line.group} isOpen={line.isOpen} visible={visible} index={start + i} onOpen={onOpen} onMark={(group) => { markGroup(selection, group); }} marked={selection.ids} />
        ) : (
          <RunRow key={line.row.run.id} project={project} row={line.row} visible={visible} index={start + i} isMarked={selection.ids.has(line.row.run.id)}
            isDrawn={only.size > 0 ? only.has(line.row.run.id) : !isHidden.has(line.row.run.id)} onMark={selection.toggle} onEye={onEye} />
        ))}
        {lines.length === 0 && <p className="notice">No run matches.</p>}
      </div>
    </div>
  );
}

function markGroup(selection: Selection, { rows }: Group): void {
  const ids = rows.map(({ run }) => run.id);
  const areMarked = ids.every((id) => selection.ids.has(id));
  selection.set(areMarked ? [...selection.ids].filter((id) => !ids.includes(id)) : [...selection.ids, ...ids]);
}

/** Groups are told of all runs, so that the list goes on by itself; otherwise it goes on as one scrolls. */
function useMore(stop: number, count: number, all: boolean, onMore: (() => void) | undefined): void {
  useEffect(() => {
    if (onMore && (all || stop > count - NEAR_END)) onMore();
  }, [stop, count, all, onMore]);
}

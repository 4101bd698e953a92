import { useCallback, useEffect, useMemo } from "react";
import type { ProjectRef } from "@/core/project";
import { flipped } from "@/core/run-list";
import { useVirtual, useVirtualColumns } from "@/ui/virtual";
import { GroupRow, RestRow } from "./group-row";
import styles from "./runs.module.css";
import type { RunsSearch } from "./search";
import type { Selection } from "./selection";
import { HeadRow, NAME_WIDTH, ROW, RunRow } from "./table";
import type { TableData } from "./use-table";

interface RunTableProps {
  project: ProjectRef;
  table: TableData;
  search: RunsSearch;
  selection: Selection;
  onSort: (column: string, add: boolean) => void;
  onEye: (run: string) => void;
  onChange: (change: Partial<RunsSearch>) => void;
}

const NEAR_END = 60;

/** The rows and columns in view; the rest of the table is room only. */
export function RunTable({ project, table: { rows, columns, lines, onMore }, search, selection, onSort, onEye, onChange }: RunTableProps) {
  const [box, { start, stop }] = useVirtual<HTMLDivElement>(lines.length, ROW, ROW);
  const widths = useMemo(() => columns.map(({ width }) => width), [columns]);
  const seen = useVirtualColumns(box, widths, NAME_WIDTH);
  const visible = useMemo(() => ({ columns: columns.slice(seen.start, seen.stop), first: seen.start, before: seen.before }), [columns, seen]);
  useMore(stop, lines.length, onMore);
  const [hidden, only] = useMemo(() => [new Set(search.hide), new Set(search.only)], [search.hide, search.only]);
  const isDrawn = (id: string): boolean => (only.size > 0 ? only.has(id) : !hidden.has(id));
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
        {lines.slice(start, stop).map((line, i) => {
          const index = start + i;
          if (line.kind === "group") return <GroupRow key={`group ${line.group.name}`} group={line.group} isOpen={line.isOpen} visible={visible} index={index} onOpen={onOpen} />;
          if (line.kind === "rest") return <RestRow key={`rest ${line.group.name}`} group={line.group} shown={line.shown} index={index} onFilter={(q) => { onChange({ q, state: [], group: [], open: [] }); }} />;
          const { id } = line.row.run;
          return <RunRow key={id} project={project} row={line.row} visible={visible} index={index} isMarked={selection.ids.has(id)} isDrawn={isDrawn(id)} onMark={selection.toggle} onEye={onEye} />;
        })}
        {lines.length === 0 && <p className="notice">No run matches.</p>}
      </div>
    </div>
  );
}

/** The list goes on as one scrolls. */
function useMore(stop: number, count: number, onMore: (() => void) | undefined): void {
  useEffect(() => {
    if (onMore && stop > count - NEAR_END) onMore();
  }, [stop, count, onMore]);
}

import { memo, type MouseEvent } from "react";
import { Link } from "@tanstack/react-router";
import type { ProjectRef } from "@/core/project";
import { Eye, RunStroke, State } from "@/ui/parts";
import type { Column, Row } from "./columns";
import styles from "./runs.module.css";

/** Height of a row in px. */
export const ROW = 32;
/** Width of the first column, which stays. */
export const NAME_WIDTH = matchMedia("(max-width: 700px)").matches ? 190 : 300;

/** The columns in view, and the room that those before them take. */
export interface VisibleColumns {
  readonly columns: readonly Column[];
  readonly first: number;
  readonly before: number;
}

interface HeadRowProps {
  visible: VisibleColumns;
  sort: readonly string[];
  onSort: (column: string, add: boolean) => void;
  /** Are all listed rows marked? */
  allMarked: boolean;
  onMarkAll: () => void;
}

export function HeadRow({ visible, sort, onSort, allMarked, onMarkAll }: HeadRowProps) {
  return (
    <div className={styles.head} role="row" style={{ height: ROW }}>
      <div className={styles.name} role="columnheader" aria-sort={sorted(sort, "name")} style={{ width: NAME_WIDTH }}>
        <input type="checkbox" aria-label="mark all listed runs" checked={allMarked} onChange={onMarkAll} />
        <SortButton title="Name" column="name" sort={sort} onSort={onSort} />
      </div>
      <div style={{ width: visible.before, flex: "none" }} />
      {visible.columns.map((column, i) => (
        <div key={column.field} className={`${styles.cell ?? ""} ${column.isNumeric ? (styles.number ?? "") : ""}`} role="columnheader" style={{ width: column.width }}
          aria-colindex={visible.first + i + 2} data-group={column.part} aria-sort={sorted(sort, column.field)} title={`${column.field}: click to sort, Shift-click to sort by it, too`}>
          {column.canSort ? <SortButton title={column.title} column={column.field} sort={sort} onSort={onSort} /> : column.title}
        </div>
      ))}
    </div>
  );
}

function sorted(sort: readonly string[], column: string): "ascending" | "descending" | undefined {
  const found = sort.find((one) => one.slice(1) === column);
  return found === undefined ? undefined : found.startsWith("-") ? "descending" : "ascending";
}

interface SortButtonProps {
  title: string;
  column: string;
  sort: readonly string[];
  onSort: (column: string, add: boolean) => void;
}

function SortButton({ title, column, sort, onSort }: SortButtonProps) {
  const direction = sorted(sort, column);
  const place = sort.length > 1 ? sort.findIndex((one) => one.slice(1) === column) + 1 : 0;
  return (
    <button type="button" onClick={(event) => { onSort(column, event.shiftKey); }}>
      <span className="cut">{title}</span>
      <span aria-hidden="true">{direction === "ascending" ? "▲" : direction === "descending" ? "▼" : ""}{place > 0 && direction ? place : ""}</span>
    </button>
  );
}

interface RunRowProps {
  project: ProjectRef;
  row: Row;
  visible: VisibleColumns;
  /** Place in the table, from 0. */
  index: number;
  isMarked: boolean;
  isDrawn: boolean;
  onMark: (run: string, range: boolean) => void;
  onEye: (run: string) => void;
}

export const RunRow = memo(function RunRow({ project, row, visible, index, isMarked, isDrawn, onMark, onEye }: RunRowProps) {
  const { run } = row;
  const mark = (event: MouseEvent): void => { onMark(run.id, event.shiftKey); };
  return (
    <div className={styles.row} role="row" aria-rowindex={index + 2} data-marked={isMarked || undefined} data-run={run.id} style={{ top: (index + 1) * ROW, height: ROW }}>
      <div className={styles.name} role="rowheader" style={{ width: NAME_WIDTH }}>
        <input type="checkbox" aria-label={`mark ${run.name}`} checked={isMarked} onClick={mark} readOnly />
        <button type="button" className={styles.eye} aria-pressed={isDrawn} aria-label={`draw ${run.name} in the workspace`} title="Drawn in the workspace" onClick={() => { onEye(run.id); }}>
          <Eye open={isDrawn} />
        </button>
        <RunStroke index={run.color_index} />
        <Link to="/$entity/$project/runs/$run" params={{ ...project, run: run.id }} className="cut" title={run.name}>{run.name}</Link>
      </div>
      <div style={{ width: visible.before, flex: "none" }} />
      {visible.columns.map((column, i) => <Cell key={column.field} column={column} row={row} place={visible.first + i + 2} />)}
    </div>
  );
});

function Cell({ column, row, place }: { column: Column; row: Row; place: number }) {
  const text = column.text(row);
  const className = [styles.cell, column.isNumber(row) && styles.number].filter(Boolean).join(" ");
  return (
    <div className={className} role="cell" aria-colindex={place} style={{ width: column.width }} title={text}>
      {column.field === "state" ? <State state={row.run.state} /> : column.field === "tags" ? <Tags tags={row.run.tags} /> : text}
    </div>
  );
}

function Tags({ tags }: { tags: readonly string[] }) {
  return tags.map((tag) => <span key={tag} className="pill">{tag}</span>);
}

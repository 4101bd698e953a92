import { memo } from "react";
import { Link } from "@tanstack/react-router";
import type { ProjectRef } from "@/core/project";
import { RunStroke, State } from "@/ui/parts";
import type { Column, Row } from "./columns";
import styles from "./runs.module.css";

/** Height of a row in px. */
export const ROW = 32;

interface HeadRowProps {
  columns: readonly Column[];
  sort: string;
  onSort: (column: string) => void;
}

export function HeadRow({ columns, sort, onSort }: HeadRowProps) {
  return (
    <div className={styles.head} role="row" style={{ height: ROW }}>
      <div className={styles.name} role="columnheader" aria-sort={sorted(sort, "name")}>
        <SortButton title="Name" column="name" sort={sort} onSort={onSort} />
      </div>
      {columns.map((column) => (
        <div key={`${column.group} ${column.title}`} className={`${styles.cell ?? ""} ${column.isNumeric ? (styles.number ?? "") : ""}`} role="columnheader" style={{ width: column.width }}
          data-group={column.group} aria-sort={sorted(sort, column.sort)} title={column.group === "run" ? column.title : `${column.group}.${column.title}`}>
          {column.sort === null ? column.title : <SortButton title={column.title} column={column.sort} sort={sort} onSort={onSort} />}
        </div>
      ))}
    </div>
  );
}

function sorted(sort: string, column: string | null): "ascending" | "descending" | undefined {
  if (column === null || sort.slice(1) !== column) return undefined;
  return sort.startsWith("-") ? "descending" : "ascending";
}

interface SortButtonProps {
  title: string;
  column: string;
  sort: string;
  onSort: (column: string) => void;
}

function SortButton({ title, column, sort, onSort }: SortButtonProps) {
  const direction = sorted(sort, column);
  return (
    <button type="button" onClick={() => { onSort(column); }}>
      <span className="cut">{title}</span>
      <span aria-hidden="true">{direction === "ascending" ? "▲" : direction === "descending" ? "▼" : ""}</span>
    </button>
  );
}

interface RunRowProps {
  project: ProjectRef;
  row: Row;
  columns: readonly Column[];
  index: number;
}

export const RunRow = memo(function RunRow({ project, row, columns, index }: RunRowProps) {
  const { run } = row;
  return (
    <div className={styles.row} role="row" aria-rowindex={index + 2} data-run={run.id} style={{ top: (index + 1) * ROW, height: ROW }}>
      <div className={styles.name} role="rowheader">
        <RunStroke index={run.color_index} />
        <Link to="/$entity/$project/runs/$run" params={{ ...project, run: run.id }} className="cut" title={run.name}>{run.name}</Link>
      </div>
      {columns.map((column) => <Cell key={`${column.group} ${column.title}`} column={column} row={row} />)}
    </div>
  );
});

function Cell({ column, row }: { column: Column; row: Row }) {
  const text = column.text(row);
  const className = [styles.cell, column.isNumber(row) && styles.number].filter(Boolean).join(" ");
  return (
    <div className={className} role="cell" style={{ width: column.width }} title={text}>
      {column.title === "State" && column.group === "run" ? <State state={row.run.state} /> : text}
    </div>
  );
}

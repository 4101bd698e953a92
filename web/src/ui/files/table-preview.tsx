import { useCallback, useDeferredValue, useMemo, useState } from "react";
import { fileUrl, thumbnailUrl } from "@/api/previews";
import { plural } from "@/core/format";
import type { FileMedia } from "@/core/media";
import { arranged, nextSort, numericColumns, shortNumber, textOf, type Cell, type Sort, type Table } from "@/core/preview/table";
import styles from "./files.module.css";
import { Rows } from "./rows";

const ROW = 28;
/** Rows that hold pictures are this high, and the pictures a little less. */
const TALL = 76;
const THUMB = 128;
const PICTURE = 92;

interface TablePreviewProps {
  table: Table;
  /** The API's address of the run or version that has the files which cells refer to. */
  base?: string | undefined;
}

/** Rows and columns, sorted by a click on a head and filtered by text; columns of numbers are set to the right. */
export function TablePreview({ table, base }: TablePreviewProps) {
  const [sort, setSort] = useState<Sort>();
  const [query, setQuery] = useState("");
  const wanted = useDeferredValue(query);
  const numeric = useMemo(() => numericColumns(table), [table]);
  const widths = useMemo(() => columnWidths(table, numeric), [table, numeric]);
  const order = useMemo(() => arranged(table, numeric, sort, wanted), [table, numeric, sort, wanted]);
  const isTall = useMemo(() => base !== undefined && table.rows.some((row) => row.some(hasPicture)), [table, base]);
  const row = useCallback(
    (i: number) => (
      <div key={i} role="row" className={styles.record} data-tall={isTall || undefined}>
        {table.columns.map((_, c) => <TableCell key={c} cell={table.rows[order[i] ?? -1]?.[c] ?? ""} right={numeric[c] ?? false} width={widths[c]} base={base} />)}
      </div>
    ),
    [table, order, numeric, widths, base, isTall],
  );
  return (
    <>
      <div className={styles.note}>
        <input type="search" placeholder="Find in rows" aria-label="find in rows" value={query} onChange={(event) => { setQuery(event.target.value); }} />
        <span className="num">{counted(table, order.length)}</span>
      </div>
      <div className={styles.tablebox}>
        <Rows
          isTable
          label="rows of the file"
          className={styles.table}
          count={order.length}
          height={isTall ? TALL : ROW}
          head={
            <div role="row" className={`${styles.record ?? ""} ${styles.headrow ?? ""}`}>
              {table.columns.map((name, c) => (
                <Head key={c} name={name} right={numeric[c] ?? false} width={widths[c]} sort={sort?.column === c ? sort : undefined} onSort={() => { setSort(nextSort(sort, c)); }} />
              ))}
            </div>
          }
          row={row}
        />
      </div>
    </>
  );
}

function counted(table: Table, found: number): string {
  const all = plural(table.rows.length, "row");
  const rows = found === table.rows.length ? all : `${found.toLocaleString("en-US")} of ${all}`;
  return `${rows}${table.truncated ? " (the beginning of more)" : ""} · ${plural(table.columns.length, "column")}`;
}

interface HeadProps {
  name: string;
  right: boolean;
  width: string | undefined;
  sort: Sort | undefined;
  onSort: () => void;
}

function Head({ name, right, width, sort, onSort }: HeadProps) {
  const way = sort ? (sort.isDown ? "descending" : "ascending") : "none";
  return (
    <span role="columnheader" aria-sort={way} className={right ? styles.right : undefined} style={{ width }}>
      <button type="button" title={`${name} (click to sort)`} onClick={onSort}>
        {name}
        {sort && <span aria-hidden="true">{sort.isDown ? " ▼" : " ▲"}</span>}
      </button>
    </span>
  );
}

interface CellProps {
  cell: Cell;
  right: boolean;
  width: string | undefined;
  base: string | undefined;
}

function TableCell({ cell, right, width, base }: CellProps) {
  const media = typeof cell === "object" && base !== undefined;
  return (
    <span role="cell" className={right ? styles.right : undefined} style={{ width }} title={textOf(cell)}>
      {media ? cell.shots.map((shot, i) => <Medium key={i} shot={shot} base={base} />) : shownText(cell, right)}
    </span>
  );
}

/** Digits beyond those that anyone reads are in the cell's title. */
const shownText = (cell: Cell, isNumber: boolean): string => (isNumber ? shortNumber(textOf(cell)) : textOf(cell));

/** A picture as a small copy that leads to it; anything else as a link. */
function Medium({ shot: { kind, path, caption }, base }: { shot: FileMedia; base: string }) {
  const name = caption || path.slice(path.lastIndexOf("/") + 1);
  return (
    <a href={fileUrl(base, path)} target="_blank" rel="noreferrer" className={styles.medium}>
      {kind === "image" ? <img src={thumbnailUrl(base, path, THUMB)} alt={name} loading="lazy" decoding="async" /> : name}
    </a>
  );
}

const hasPicture = (cell: Cell): boolean => typeof cell === "object" && cell.shots.some(({ kind }) => kind === "image");

/** Rows that are looked at for the width of columns, from all parts of the table. */
const LOOKED_AT = 200;

function columnWidths(table: Table, numeric: readonly boolean[]): string[] {
  const every = Math.ceil(table.rows.length / LOOKED_AT);
  const rows = table.rows.filter((_, i) => i % every === 0 || i === table.rows.length - 1);
  return table.columns.map((name, c) => {
    const cells = rows.map((row) => row[c] ?? "");
    const shots = Math.max(0, ...cells.map((cell) => (typeof cell === "object" ? cell.shots.length : 0)));
    const longest = cells.reduce((most: number, cell) => Math.max(most, shownText(cell, numeric[c] ?? false).length), name.length + 2);
    return `${String(shots > 0 ? Math.min(4, shots) * PICTURE : 7.4 * Math.min(42, Math.max(6, longest + 1)))}px`;
  });
}

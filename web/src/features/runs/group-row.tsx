import { memo } from "react";
import { plural } from "@/core/format";
import { aggregate, type Group } from "./groups";
import styles from "./runs.module.css";
import { NAME_WIDTH, ROW, type VisibleColumns } from "./table";

interface GroupRowProps {
  group: Group;
  isOpen: boolean;
  visible: VisibleColumns;
  index: number;
  marked: ReadonlySet<string>;
  onOpen: (group: string) => void;
  onMark: (group: Group) => void;
}

/** A group on one line: what its runs share, and what their numbers come to. */
export const GroupRow = memo(function GroupRow({ group, isOpen, visible, index, marked, onOpen, onMark }: GroupRowProps) {
  const isMarked = group.rows.every(({ run }) => marked.has(run.id));
  return (
    <div className={styles.groupRow} role="row" aria-rowindex={index + 2} style={{ top: (index + 1) * ROW, height: ROW }}>
      <div className={styles.name} role="rowheader" style={{ width: NAME_WIDTH, height: ROW }}>
        <input type="checkbox" aria-label={`mark the runs of ${group.name}`} checked={isMarked} onChange={() => { onMark(group); }} />
        <button type="button" aria-expanded={isOpen} onClick={() => { onOpen(group.name); }} title={group.name}>
          <span className={styles.arrow} aria-hidden="true">▸</span>
          <span className="cut">{group.name}</span>
          <span className="muted num">{plural(group.rows.length, "run")}</span>
        </button>
      </div>
      <div style={{ width: visible.before, flex: "none" }} />
      {visible.columns.map((column) => {
        const { text, detail, isNumber } = aggregate(group.rows, column);
        return <div key={column.field} role="cell" className={`${styles.cell ?? ""} ${isNumber ? (styles.number ?? "") : ""}`} style={{ width: column.width }} title={detail}>{text}</div>;
      })}
    </div>
  );
});

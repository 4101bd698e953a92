import { memo } from "react";
import { plural } from "@/core/format";
import { aggregateText, type Group } from "./groups";
import styles from "./runs.module.css";
import { NAME_WIDTH, ROW, type VisibleColumns } from "./table";

interface GroupRowProps {
  group: Group;
  isOpen: boolean;
  visible: VisibleColumns;
  index: number;
  onOpen: (group: string) => void;
}

/** A group on one line: what its runs share, and what their numbers come to. */
export const GroupRow = memo(function GroupRow({ group, isOpen, visible, index, onOpen }: GroupRowProps) {
  return (
    <div className={styles.groupRow} role="row" aria-rowindex={index + 2} style={{ top: (index + 1) * ROW, height: ROW }}>
      <div className={styles.name} role="rowheader" style={{ width: NAME_WIDTH, height: ROW }}>
        <button type="button" aria-expanded={isOpen} onClick={() => { onOpen(group.name); }} title={group.name}>
          <span className={styles.arrow} aria-hidden="true">▸</span>
          <span className="cut">{group.name}</span>
          <span className="muted num">{plural(group.count, "run")}</span>
        </button>
      </div>
      <div style={{ width: visible.before, flex: "none" }} />
      {visible.columns.map((column) => {
        const text = aggregateText(group, column);
        return <div key={column.field} role="cell" className={`${styles.cell ?? ""} ${styles.number ?? ""}`} style={{ width: column.width }} title={text && `mean ± standard deviation: ${text}`}>{text}</div>;
      })}
    </div>
  );
});

interface RestRowProps {
  group: Group;
  shown: number;
  index: number;
  onFilter: (filter: string) => void;
}

/** The runs of a group that are not listed here. */
export function RestRow({ group, shown, index, onFilter }: RestRowProps) {
  return (
    <div className={styles.groupRow} role="row" aria-rowindex={index + 2} style={{ top: (index + 1) * ROW, height: ROW }}>
      <div className={styles.name} role="rowheader" style={{ width: NAME_WIDTH, height: ROW }}>
        <button type="button" onClick={() => { onFilter(group.filter); }}>{(group.count - shown).toLocaleString("en-US")} more: list this group alone</button>
      </div>
    </div>
  );
}

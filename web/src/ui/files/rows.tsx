import { useCallback, useRef, useState, type ReactNode, type UIEvent } from "react";
import styles from "./files.module.css";

interface RowsProps {
  count: number;
  /** Height of each row in px. */
  height: number;
  /** Key and content of row `i`. */
  row: (i: number) => ReactNode;
  label: string;
  /** Rows of cells are a table, lines a region. */
  isTable?: boolean;
  head?: ReactNode;
  className?: string | undefined;
}

const OVERSCAN = 20;
const FIRST_SCREEN = 60;

/** A scrolling list of equal rows that draws only those in view: a file of 100,000 lines costs as much as a short one. */
export function Rows({ count, height, row, label, isTable = false, head, className }: RowsProps) {
  const [range, setRange] = useState({ start: 0, stop: FIRST_SCREEN });
  const scheduled = useRef(false);
  const onScroll = useCallback(
    (event: UIEvent<HTMLDivElement>) => {
      const box = event.currentTarget;
      if (scheduled.current) return;
      scheduled.current = true;
      requestAnimationFrame(() => {
        scheduled.current = false;
        const start = Math.max(0, Math.floor(box.scrollTop / height) - OVERSCAN);
        setRange({ start, stop: Math.ceil((box.scrollTop + box.clientHeight) / height) + OVERSCAN });
      });
    },
    [height],
  );
  const stop = Math.min(count, range.stop);
  const start = Math.min(range.start, Math.max(0, stop - 1));
  return (
    // A scrolling region is reached by the keyboard, so that it can be scrolled.
    <div className={`${styles.rows ?? ""} ${className ?? ""}`} onScroll={onScroll} role={isTable ? "table" : "region"} aria-rowcount={isTable ? count : undefined} aria-label={label} tabIndex={0}>
      {head}
      <div style={{ height: start * height }} />
      {Array.from({ length: stop - start }, (_, i) => row(start + i))}
      <div style={{ height: (count - stop) * height }} />
    </div>
  );
}

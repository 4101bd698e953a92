import { useMemo, useState } from "react";
import { treeLines, type TreeLine } from "@/core/preview/json-tree";
import styles from "./files.module.css";
import { Rows } from "./rows";

const LINE = 22;
const OPEN_DEPTH = 2;

/** A JSON value as a tree whose branches open and close; a long list shows its beginning. */
export function JsonTree({ value, openDepth = OPEN_DEPTH }: { value: unknown; openDepth?: number }) {
  const [turned, setTurned] = useState<ReadonlySet<string>>(new Set());
  const lines = useMemo(
    () => treeLines(value, (pointer, depth) => depth < openDepth !== turned.has(pointer)),
    [value, turned, openDepth],
  );
  const turn = (pointer: string): void => {
    setTurned((before) => {
      const after = new Set(before);
      if (!after.delete(pointer)) after.add(pointer);
      return after;
    });
  };
  return (
    <Rows
      label="JSON"
      className={styles.json}
      count={lines.length}
      height={LINE}
      row={(i) => {
        const line = lines[i];
        return line ? <Line key={line.pointer} line={line} onTurn={turn} /> : null;
      }}
    />
  );
}

function Line({ line, onTurn }: { line: TreeLine; onTurn: (pointer: string) => void }) {
  const indent = { paddingLeft: 10 + line.depth * 18 };
  if (line.more) {
    return (
      <div className={styles.jsonline} style={indent}>
        <span className="muted">… {line.more.toLocaleString("en")} more</span>
      </div>
    );
  }
  if (!line.branch) {
    return (
      <div className={styles.jsonline} style={indent}>
        <span className={styles.twist} />
        {line.key !== null && <span className={styles.key}>{line.key}</span>}
        <span className={styles[`j-${line.value?.kind ?? "null"}`]} title={line.value?.text}>
          {line.value?.kind === "string" ? `"${line.value.text}"` : line.value?.text}
        </span>
      </div>
    );
  }
  const { kind, size, open } = line.branch;
  const name = kind === "list" ? `[${String(size)}]` : `{${String(size)}}`;
  return (
    <div className={styles.jsonline} style={indent}>
      <button type="button" className={styles.branch} aria-expanded={open} disabled={size === 0} onClick={() => onTurn(line.pointer)}>
        <span className={styles.twist}>{size === 0 ? "" : open ? "▾" : "▸"}</span>
        {line.key !== null && <span className={styles.key}>{line.key}</span>}
        <span className="muted">{name}</span>
      </button>
    </div>
  );
}

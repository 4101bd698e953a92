import { useMemo, useState, type ReactNode } from "react";
import { numericColumns, parseCsv, type Table } from "@/core/preview/csv";
import { hexLines } from "@/core/preview/hex";
import { parseMarkdown, type Block, type Inline } from "@/core/preview/markdown";
import styles from "./files.module.css";
import { JsonTree } from "./json-tree";
import { Rows } from "./rows";

const LINE = 19;
const ROW = 28;

/** Text with line numbers, only the lines in view drawn. */
export function TextPreview({ text }: { text: string }) {
  const lines = useMemo(() => text.replace(/\r?\n$/, "").split(/\r?\n/), [text]);
  const digits = String(lines.length).length;
  return (
    <Rows
      label="text of the file"
      className={styles.text}
      count={lines.length}
      height={LINE}
      row={(i) => (
        <div key={i} className={styles.line}>
          <span className={styles.number} style={{ width: `${String(digits + 1)}ch` }} aria-hidden>
            {i + 1}
          </span>
          <span>{lines[i]}</span>
        </div>
      )}
    />
  );
}

/** JSON as a tree; text that is no JSON (or only its beginning) as text. */
export function JsonPreview({ text }: { text: string }) {
  const value = useMemo(() => parseJson(text), [text]);
  const [raw, setRaw] = useState(false);
  if (value === undefined) return <TextPreview text={text} />;
  return (
    <>
      <div className={styles.switch}>
        <button type="button" aria-pressed={!raw} onClick={() => setRaw(false)}>
          Tree
        </button>
        <button type="button" aria-pressed={raw} onClick={() => setRaw(true)}>
          Text
        </button>
      </div>
      {raw ? <TextPreview text={text} /> : <JsonTree value={value} />}
    </>
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

export function CsvPreview({ text, cut }: { text: string; cut: boolean }) {
  return <TablePreview table={useMemo(() => parseCsv(text, { cut, most: 5000 }), [text, cut])} />;
}

/** A logged table: `{"columns": […], "data": [[…]]}`; anything else is shown as JSON. */
export function LoggedTablePreview({ text }: { text: string }) {
  const table = useMemo(() => loggedTable(parseJson(text)), [text]);
  return table ? <TablePreview table={table} /> : <JsonPreview text={text} />;
}

function loggedTable(value: unknown): Table | null {
  const { columns, data } = (value ?? {}) as { columns?: unknown; data?: unknown };
  if (!Array.isArray(columns) || !Array.isArray(data)) return null;
  const rows = (data as unknown[]).slice(0, 5000).map((row) => (Array.isArray(row) ? row : [row]).map(cellText));
  return { columns: columns.map(String), rows, truncated: data.length > rows.length };
}

function cellText(value: unknown): string {
  if (value === null || value === undefined) return "";
  return typeof value === "object" ? JSON.stringify(value) : String(value as string | number | boolean);
}

/** Rows and columns; columns of numbers are set to the right. */
export function TablePreview({ table }: { table: Table }) {
  const numeric = useMemo(() => numericColumns(table), [table]);
  const widths = useMemo(() => columnWidths(table), [table]);
  const cells = (values: readonly string[], role: string): ReactNode =>
    table.columns.map((_, c) => (
      <span key={c} role={role} className={numeric[c] ? styles.right : undefined} style={{ width: widths[c] }} title={values[c]}>
        {values[c]}
      </span>
    ));
  return (
    <>
      <p className={styles.note}>
        {table.rows.length.toLocaleString("en")} rows{table.truncated ? " (the beginning of more)" : ""} · {table.columns.length} columns
      </p>
      <div role="table" className={styles.tablebox} aria-label="rows of the file" aria-rowcount={table.rows.length}>
        <Rows
          label="table"
          className={styles.table}
          count={table.rows.length}
          height={ROW}
          head={
            <div role="row" className={`${styles.record ?? ""} ${styles.headrow ?? ""}`}>
              {cells(table.columns, "columnheader")}
            </div>
          }
          row={(i) => (
            <div key={i} role="row" className={styles.record}>
              {cells(table.rows[i] ?? [], "cell")}
            </div>
          )}
        />
      </div>
    </>
  );
}

function columnWidths(table: Table): string[] {
  return table.columns.map((name, c) => {
    const longest = table.rows.slice(0, 50).reduce((most, row) => Math.max(most, row[c]?.length ?? 0), name.length);
    return `${String(7.4 * Math.min(42, Math.max(6, longest + 1)))}px`;
  });
}

/** Markdown as text with headings, lists and code; markup in it stays text. */
export function MarkdownPreview({ text }: { text: string }) {
  const blocks = useMemo(() => parseMarkdown(text), [text]);
  return <article className={styles.prose}>{blocks.map((block, i) => blockElement(block, i))}</article>;
}

function blockElement(block: Block, key: number): ReactNode {
  if (block.kind === "code") return <pre key={key}>{block.text}</pre>;
  if (block.kind === "rule") return <hr key={key} />;
  if (block.kind === "quote") return <blockquote key={key}>{inlineElements(block.inline)}</blockquote>;
  if (block.kind === "paragraph") return <p key={key}>{inlineElements(block.inline)}</p>;
  if (block.kind === "list") {
    const List = block.ordered ? "ol" : "ul";
    return (
      <List key={key}>
        {block.items.map((item, i) => (
          <li key={i}>{inlineElements(item)}</li>
        ))}
      </List>
    );
  }
  const Heading = block.level === 1 ? "h2" : "h3";
  return <Heading key={key}>{inlineElements(block.inline)}</Heading>;
}

function inlineElements(parts: readonly Inline[]): ReactNode {
  return parts.map((part, i) => {
    if (part.kind === "code") return <code key={i}>{part.text}</code>;
    if (part.kind === "strong") return <strong key={i}>{part.text}</strong>;
    if (part.kind === "em") return <em key={i}>{part.text}</em>;
    if (part.kind === "link") {
      return (
        <a key={i} href={part.href} target="_blank" rel="noopener noreferrer nofollow">
          {part.text}
        </a>
      );
    }
    return part.text;
  });
}

/** The first bytes of what is neither text nor a medium; nothing in it is interpreted. */
export function HexPreview({ bytes }: { bytes: Uint8Array }) {
  const lines = useMemo(() => hexLines(bytes), [bytes]);
  return (
    <Rows
      label="first bytes of the file"
      className={styles.text}
      count={lines.length}
      height={LINE}
      row={(i) => (
        <div key={i} className={`${styles.line ?? ""} ${styles.hex ?? ""}`}>
          <span className={styles.number}>{lines[i]?.offset}</span>
          <span>{lines[i]?.hex}</span>
          <span className={styles.ascii}>{lines[i]?.text}</span>
        </div>
      )}
    />
  );
}

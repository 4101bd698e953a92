import { useMemo, useState, type ReactNode } from "react";
import { parseCsv } from "@/core/preview/csv";
import { hexLines } from "@/core/preview/hex";
import { parseJson } from "@/core/preview/json-tree";
import { parseMarkdown, type Block, type Inline } from "@/core/preview/markdown";
import { MOST_ROWS, parseLines, shownTable } from "@/core/preview/table";
import { readTable } from "@/core/plots/table";
import styles from "./files.module.css";
import { JsonTree } from "./json-tree";
import { Rows } from "./rows";
import { TablePreview } from "./table-preview";

const LINE = 19;

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

export function CsvPreview({ text, cut }: { text: string; cut: boolean }) {
  return <TablePreview table={useMemo(() => parseCsv(text, { cut, most: MOST_ROWS }), [text, cut])} />;
}

/** JSON lines as a table, if every line is an object. */
export function LinesPreview({ text, cut }: { text: string; cut: boolean }) {
  const table = useMemo(() => parseLines(text, cut), [text, cut]);
  return table ? <TablePreview table={table} /> : <TextPreview text={text} />;
}

/** A logged table: `{"columns": […], "data": [[…]]}`; anything else is shown as JSON. `base` has the files of its cells. */
export function LoggedTablePreview({ text, base }: { text: string; base?: string | undefined }) {
  const table = useMemo(() => {
    const found = readTable(parseJson(text));
    return found && shownTable(found);
  }, [text]);
  return table ? <TablePreview table={table} base={base} /> : <JsonPreview text={text} />;
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

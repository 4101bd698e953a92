import { useMemo, useState } from "react";
import { flatten } from "@/core/preview/json-tree";
import styles from "./values.module.css";

interface ValuesProps {
  title: string;
  values: Readonly<Record<string, unknown>>;
  /** Turns a leaf into text; the default shows numbers and words as they are. */
  format?: (text: string) => string;
}

const SEARCH_FROM = 8;

/** Config, summary or metadata as dotted keys and values; with a search as soon as there are many. */
export function Values({ title, values, format = shortNumber }: ValuesProps) {
  const [query, setQuery] = useState("");
  const rows = useMemo(() => [...flatten(values)].filter(([key]) => key !== ""), [values]);
  const needle = query.toLowerCase();
  const found = needle ? rows.filter(([key, text]) => `${key} ${text}`.toLowerCase().includes(needle)) : rows;
  if (!rows.length) return null;
  return (
    <section className={styles.values} aria-label={title}>
      <header>
        <h3>{title}</h3>
        <span className="muted num">{rows.length}</span>
        {rows.length >= SEARCH_FROM && (
          <input type="search" placeholder="Find" aria-label={`find in ${title}`} value={query} onChange={(event) => setQuery(event.target.value)} />
        )}
      </header>
      <dl>
        {found.map(([key, text]) => (
          <div key={key}>
            <dt title={key}>{key}</dt>
            <dd title={text}>{format(text)}</dd>
          </div>
        ))}
      </dl>
      {!found.length && <p className="muted">Nothing has “{query}” in it.</p>}
    </section>
  );
}

/** Six digits are enough to compare; the whole number is in the title. */
function shortNumber(text: string): string {
  const number = Number(text);
  if (text.trim() === "" || !Number.isFinite(number) || text.length <= 8) return text;
  return /[.e]/.test(text) ? String(Number(number.toPrecision(6))) : text;
}

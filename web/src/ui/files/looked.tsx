import { useQuery } from "@tanstack/react-query";
import { useMemo, useState, type ReactNode } from "react";
import { previewQuery, type Preview } from "@/api/previews";
import { formatSize } from "@/core/format";
import { columnWords, formatShape } from "@/core/preview/shape";
import { cellOf, textOf } from "@/core/preview/table";
import styles from "./looked.module.css";
import { HexPreview, TextPreview } from "./previews";
import { TablePreview } from "./table-preview";

interface LookedProps {
  /** The API's address of the run or version that has the file. */
  base: string;
  path: string;
  digest: string | null | undefined;
}

/** What the server found in a file, without running anything of it. */
export function Looked({ base, path, digest }: LookedProps) {
  const { data, error } = useQuery(previewQuery(base, path, digest));
  if (error) return <p className={styles.note} role="alert">{error.message}</p>;
  if (!data) return <p className={styles.note}>Looking into it…</p>;
  return (
    <>
      {data.problem && <p className={styles.problem} role="alert">{data.problem}</p>}
      <Kind preview={data} />
    </>
  );
}

function Kind({ preview }: { preview: Preview }) {
  if (preview.kind === "table") return <LookedTable preview={preview} />;
  if (preview.kind === "tensors") return <Tensors preview={preview} />;
  if (preview.kind === "pickle") return <Scrolling><Calls preview={preview} /><Values preview={preview} /></Scrolling>;
  if (preview.kind === "archive") return <Entries preview={preview} />;
  if (preview.kind === "text") return <TextPreview text={preview.text ?? ""} />;
  if (preview.head) return <HexPreview bytes={bytesOf(preview.head)} />;
  return <Facts preview={preview} />;
}

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

const Scrolling = ({ children }: { children: ReactNode }) => <div className={styles.scrolling}>{children}</div>;

function Facts({ preview }: { preview: Preview }) {
  const facts = Object.entries(preview.facts ?? {}).filter(([, value]) => value !== null);
  if (!facts.length) return null;
  return (
    <p className={styles.note}>
      {preview.format}
      {facts.map(([name, value]) => ` · ${typeof value === "number" ? value.toLocaleString("en") : String(value)} ${name.replaceAll("_", " ")}`)}
    </p>
  );
}

function LookedTable({ preview }: { preview: Preview }) {
  const table = useMemo(
    () => ({
      columns: (preview.columns ?? []).map((column) => column.name),
      rows: (preview.rows ?? []).map((row) => row.map(cellOf)),
      truncated: preview.truncated ?? false,
    }),
    [preview],
  );
  return (
    <RowsOrColumns columns={() => <Columns preview={preview} />} note={<Measures preview={preview} />}>
      <TablePreview table={table} />
    </RowsOrColumns>
  );
}

function Measures({ preview }: { preview: Preview }) {
  return (
    <span className="muted num">
      {preview.total_rows == null ? "many" : preview.total_rows.toLocaleString("en")} rows × {(preview.total_columns ?? 0).toLocaleString("en")} columns
    </span>
  );
}

/** A table's rows, or what the server tells of its columns. */
export function WithColumns({ base, path, digest, children }: LookedProps & { children: ReactNode }) {
  return <RowsOrColumns columns={() => <LookedColumns base={base} path={path} digest={digest} />}>{children}</RowsOrColumns>;
}

function LookedColumns({ base, path, digest }: LookedProps) {
  const { data, error } = useQuery(previewQuery(base, path, digest));
  if (error) return <p className={styles.note} role="alert">{error.message}</p>;
  if (!data) return <p className={styles.note}>Looking into it…</p>;
  return data.columns ? <Columns preview={data} /> : <p className={styles.note}>{data.problem ?? "It has no columns."}</p>;
}

function RowsOrColumns({ columns, note, children }: { columns: () => ReactNode; note?: ReactNode; children: ReactNode }) {
  const [isColumns, setColumns] = useState(false);
  return (
    <>
      <div className={styles.switch} role="group" aria-label="view of the table">
        <button type="button" aria-pressed={!isColumns} onClick={() => { setColumns(false); }}>Rows</button>
        <button type="button" aria-pressed={isColumns} onClick={() => { setColumns(true); }}>Columns</button>
        {note}
      </div>
      {isColumns ? columns() : children}
    </>
  );
}

function Columns({ preview }: { preview: Preview }) {
  const sampled = preview.sampled_rows ?? 0;
  return (
    <Scrolling>
      <table className={styles.list}>
        <thead><tr><th>Column</th><th>Type</th><th>In {sampled.toLocaleString("en")} rows</th></tr></thead>
        <tbody>
          {(preview.columns ?? []).map((column) => (
            <tr key={column.name}><td>{column.name}</td><td className="muted">{column.type}</td><td>{columnWords(column, sampled)}</td></tr>
          ))}
        </tbody>
      </table>
    </Scrolling>
  );
}

function Tensors({ preview }: { preview: Preview }) {
  const [query, setQuery] = useState("");
  const tensors = (preview.tensors ?? []).filter((tensor) => tensor.name.toLowerCase().includes(query.toLowerCase()));
  const parameters = preview.facts?.["values"];
  return (
    <>
      <div className={styles.switch}>
        <input type="search" placeholder="Find a tensor" aria-label="find a tensor" value={query} onChange={(event) => setQuery(event.target.value)} />
        <span className="muted num">
          {Number(preview.facts?.["tensors"] ?? 0).toLocaleString("en")} tensors · {typeof parameters === "number" ? parameters.toLocaleString("en") : String(parameters)} numbers
        </span>
      </div>
      <Scrolling>
        <Calls preview={preview} />
        <table className={styles.list}>
          <thead><tr><th>Tensor</th><th>Type</th><th>Shape</th><th className={styles.right}>Size</th></tr></thead>
          <tbody>
            {tensors.map((tensor) => (
              <tr key={tensor.name}>
                <td>{tensor.name}</td><td className="muted">{tensor.dtype}</td><td className="num">{formatShape(tensor.shape)}</td>
                <td className={styles.right}>{tensor.bytes == null ? "" : formatSize(tensor.bytes)}</td>
              </tr>
            ))}
          </tbody>
        </table>
        {preview.truncated && <p className={styles.note}>The first {(preview.tensors ?? []).length.toLocaleString("en")} are listed.</p>}
        <Values preview={preview} />
      </Scrolling>
    </>
  );
}

const WORDS = {
  dangerous: "can run commands or open files: do not load this file",
  unknown: "is not known to be harmless",
  harmless: "only makes data",
} as const;

/** What unpickling would call. Names that only make data are folded away. */
function Calls({ preview }: { preview: Preview }) {
  const calls = preview.calls ?? [];
  const told = calls.filter((call) => call.verdict !== "harmless");
  if (!preview.calls) return null;
  if (!told.length) return <p className={styles.note}>Loading it would call nothing but what makes data ({calls.length} names).</p>;
  return (
    <div className={styles.calls} role="note" aria-label="what loading this file would call">
      <p>Loading this file would call:</p>
      <ul>
        {told.map((call) => (
          <li key={call.name} data-verdict={call.verdict}><code>{call.name}</code> {WORDS[call.verdict]}</li>
        ))}
      </ul>
    </div>
  );
}

function Values({ preview }: { preview: Preview }) {
  const values = preview.values ?? [];
  if (!values.length) return null;
  return (
    <table className={styles.list}>
      <thead><tr><th>Value</th><th /></tr></thead>
      <tbody>
        {values.slice(0, 500).map((value) => (
          <tr key={value.path}><td>{value.path}</td><td>{textOf(cellOf(value.value))}</td></tr>
        ))}
      </tbody>
    </table>
  );
}

function Entries({ preview }: { preview: Preview }) {
  return (
    <>
      <Facts preview={preview} />
      <Scrolling>
        <table className={styles.list}>
          <thead><tr><th>Path</th><th className={styles.right}>Size</th></tr></thead>
          <tbody>
            {(preview.entries ?? []).map((entry, i) => (
              <tr key={i}><td>{entry.path}</td><td className={styles.right}>{formatSize(entry.size)}</td></tr>
            ))}
          </tbody>
        </table>
        {preview.truncated && <p className={styles.note}>There are more.</p>}
      </Scrolling>
    </>
  );
}

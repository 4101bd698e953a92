import { useMemo, useState } from "react";
import type { FileEntry } from "@/api/artifacts";
import { baseName } from "@/core/preview/file-tree";
import { fileKind, looksLikeText, PREVIEW_CAP, type FileKind } from "@/core/preview/kind";
import { formatSize } from "@/core/format";
import { shortDigest } from "@/core/preview/digest";
import styles from "./files.module.css";
import { JoinedPreview } from "./joined-table";
import { Looked, WithColumns } from "./looked";
import { CsvPreview, HexPreview, JsonPreview, LinesPreview, LoggedTablePreview, MarkdownPreview, TextPreview } from "./previews";
import { useFile } from "./use-file";

/** One file: its facts, a download link, and as much of its content as can be shown safely. */
export function FilePreview({ file, base }: { file: FileEntry; base: string }) {
  const kind = fileKind(file.path, file.type);
  return (
    <section className={styles.preview} aria-label={file.path}>
      <header className={styles.facts}>
        <h2 className={styles.filename}>{baseName(file.path)}</h2>
        <span className="muted num">{formatSize(file.size)}</span>
        {file.digest && <DigestButton digest={file.digest} />}
        <span className="grow" />
        {file.uri ? <code className="muted">{file.uri}</code> : <a href={downloadUrl(file.url)}>Download</a>}
      </header>
      {file.uri ? <Reference uri={file.uri} /> : <Content file={file} kind={kind} base={base} />}
    </section>
  );
}

function downloadUrl(url: string): string {
  return `${url}${url.includes("?") ? "&" : "?"}download=1`;
}

function DigestButton({ digest }: { digest: string }) {
  const [copied, setCopied] = useState(false);
  const copy = (): void => {
    void navigator.clipboard.writeText(digest).then(() => setCopied(true));
  };
  return (
    <button type="button" className={styles.digest} title={`${digest} (click to copy)`} onClick={copy}>
      {copied ? "copied" : shortDigest(digest)}
    </button>
  );
}

function Reference({ uri }: { uri: string }) {
  return (
    <p className={styles.note}>
      The bytes of this entry live at <code>{uri}</code>; only its checksum is kept here.
    </p>
  );
}

function Content({ file, kind, base }: { file: FileEntry; kind: FileKind; base: string }) {
  if (kind === "looked") return <Looked base={base} path={file.path} digest={file.digest} />;
  if (kind === "audio") return <Sound file={file} />;
  if (kind === "video") return <Film file={file} />;
  if (kind === "image" && file.size <= PREVIEW_CAP.image) return <Picture file={file} />;
  if (kind === "image") return <p className={styles.note}>This picture is too large for a preview; download it.</p>;
  return <Fetched file={file} kind={kind} base={base} />;
}

function Picture({ file }: { file: FileEntry }) {
  const [size, setSize] = useState("");
  const [small, setSmall] = useState(false);
  return (
    <figure className={styles.picture}>
      <img
        src={file.url}
        alt={file.path}
        data-small={small}
        onLoad={({ currentTarget: { naturalWidth, naturalHeight } }) => {
          setSize(`${String(naturalWidth)} × ${String(naturalHeight)}`);
          setSmall(naturalWidth < 128 && naturalHeight < 128);
        }}
      />
      <figcaption className="muted num">{size}</figcaption>
    </figure>
  );
}

function Sound({ file }: { file: FileEntry }) {
  // A user's recording comes without captions.
  // eslint-disable-next-line jsx-a11y/media-has-caption
  return <audio className={styles.sound} controls preload="metadata" src={file.url} aria-label={file.path} />;
}

function Film({ file }: { file: FileEntry }) {
  // eslint-disable-next-line jsx-a11y/media-has-caption
  return <video className={styles.film} controls preload="metadata" src={file.url} aria-label={file.path} />;
}

function Fetched({ file, kind, base }: { file: FileEntry; kind: FileKind; base: string }) {
  const { data, error, refetch } = useFile(file, kind);
  const text = useMemo(() => (data && kind !== "binary" ? decoded(data.bytes) : null), [data, kind]);
  if (error) return <Failed message={error.message} onRetry={() => void refetch()} />;
  if (!data) return <p className={styles.note}>Reading…</p>;
  if (!data.bytes.length) return <p className={styles.note}>This file is empty.</p>;
  return (
    <>
      {data.cut && (
        <p className={styles.note}>
          Showing the first {formatSize(data.bytes.length)} of {formatSize(file.size)}.
        </p>
      )}
      {text === null ? <Binary bytes={data.bytes} /> : <Told file={file} kind={kind} base={base} text={text} cut={data.cut} />}
    </>
  );
}

function Failed({ message, onRetry }: { message: string; onRetry: () => void }) {
  return (
    <p className={styles.note} role="alert">
      {message}{" "}
      <button type="button" onClick={onRetry}>
        Try again
      </button>
    </p>
  );
}

/** UTF-8 text, or null if it is none: then the bytes are shown. */
function decoded(bytes: Uint8Array): string | null {
  if (!looksLikeText(bytes)) return null;
  return new TextDecoder().decode(bytes);
}

function Binary({ bytes }: { bytes: Uint8Array }) {
  if (looksLikeText(bytes)) return <TextPreview text={new TextDecoder().decode(bytes)} />;
  return <HexPreview bytes={bytes} />;
}

interface ReadableProps {
  file: FileEntry;
  kind: FileKind;
  base: string;
  text: string;
  cut: boolean;
}

const WITH_COLUMNS: ReadonlySet<FileKind> = new Set(["csv", "jsonl", "table"]);

function Told(props: ReadableProps) {
  if (!WITH_COLUMNS.has(props.kind)) return <Readable {...props} />;
  return (
    <WithColumns base={props.base} path={props.file.path} digest={props.file.digest}>
      <Readable {...props} />
    </WithColumns>
  );
}

function Readable({ kind, text, cut, base }: ReadableProps) {
  if (kind === "csv") return <CsvPreview text={text} cut={cut} />;
  if (kind === "jsonl") return <LinesPreview text={text} cut={cut} />;
  if (kind === "json") return cut ? <TextPreview text={text} /> : <JsonPreview text={text} />;
  if (kind === "table") return cut ? <TextPreview text={text} /> : <LoggedTablePreview text={text} base={base} />;
  if (kind === "join") return <JoinedPreview text={text} base={base} />;
  if (kind === "markdown") return <MarkdownPreview text={text} />;
  return <TextPreview text={text} />;
}

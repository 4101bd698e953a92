import { useMemo, useState, type ReactNode } from "react";
import type { FileEntry } from "@/api/artifacts";
import { baseName, fileTree, foldersAbove, type Folder } from "@/core/preview/file-tree";
import { AppLink } from "../app-link";
import { FilePreview } from "./file-preview";
import styles from "./files.module.css";
import { formatSize } from "@/core/format";

interface FileBrowserProps {
  /** The API's address of the run or version that has the files. */
  base: string;
  files: readonly FileEntry[];
  /** Path of the file that is shown, from the URL. */
  selected: string | null;
  /** Address of the page with that file selected. */
  hrefOf: (path: string) => string;
  /** How many files there are in all, if not all are listed yet. */
  total?: number | undefined;
  onMore?: (() => void) | undefined;
}

const MOST_ROWS = 2000;

/** Files as a tree at the left, the selected one at the right. The URL says which. */
export function FileBrowser({ base, files, selected, hrefOf, total = files.length, onMore }: FileBrowserProps) {
  const [query, setQuery] = useState("");
  const found = useMemo(() => matching(files, query), [files, query]);
  const file = files.find((one) => one.path === selected) ?? null;
  if (!total) return <p className={styles.note}>There are no files.</p>;
  return (
    <div className={styles.browser}>
      <nav className={styles.side} aria-label="files">
        <input
          type="search"
          className={styles.search}
          placeholder={`Find in ${total.toLocaleString("en")} files`}
          aria-label="find a file"
          value={query}
          onChange={(event) => setQuery(event.target.value)}
        />
        <Tree files={found} selected={selected} hrefOf={hrefOf} openAll={query !== ""} />
        {files.length < total && (
          <p className={styles.note}>
            {files.length.toLocaleString("en")} of {total.toLocaleString("en")} files are listed.{" "}
            {onMore && (
              <button type="button" onClick={onMore}>
                List more
              </button>
            )}
          </p>
        )}
      </nav>
      {file ? <FilePreview key={file.path} file={file} base={base} /> : <Nothing selected={selected} files={files} />}
    </div>
  );
}

function matching(files: readonly FileEntry[], query: string): readonly FileEntry[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  if (!words.length) return files;
  return files.filter((file) => words.every((word) => file.path.toLowerCase().includes(word)));
}

function Nothing({ selected, files }: { selected: string | null; files: readonly FileEntry[] }) {
  const size = files.reduce((sum, file) => sum + file.size, 0);
  return (
    <div className={styles.nothing}>
      {selected ? <p role="alert">There is no file “{selected}” here.</p> : <p>Choose a file to look into it.</p>}
      <p className="muted num">
        {files.length.toLocaleString("en")} {files.length === 1 ? "file" : "files"} · {formatSize(size)}
      </p>
    </div>
  );
}

interface TreeProps {
  files: readonly FileEntry[];
  selected: string | null;
  hrefOf: (path: string) => string;
  openAll: boolean;
}

function Tree({ files, selected, hrefOf, openAll }: TreeProps) {
  const tree = useMemo(() => fileTree(files), [files]);
  const above = new Set(selected ? foldersAbove(selected) : []);
  const [turned, setTurned] = useState<ReadonlyMap<string, boolean>>(new Map());
  const isOpen = (folder: Folder<FileEntry>): boolean =>
    openAll || (turned.get(folder.path) ?? (above.has(folder.path) || tree.count <= 40));
  const turn = (folder: Folder<FileEntry>): void => {
    setTurned(new Map(turned).set(folder.path, !isOpen(folder)));
  };
  const rows: ReactNode[] = [];
  addRows(rows, tree, 0, { isOpen, turn, hrefOf, selected });
  return (
    <ul className={styles.tree}>
      {rows.slice(0, MOST_ROWS)}
      {rows.length > MOST_ROWS && <li className={styles.note}>… {(rows.length - MOST_ROWS).toLocaleString("en")} more; use the search.</li>}
    </ul>
  );
}

interface TreeState {
  isOpen: (folder: Folder<FileEntry>) => boolean;
  turn: (folder: Folder<FileEntry>) => void;
  hrefOf: (path: string) => string;
  selected: string | null;
}

function addRows(rows: ReactNode[], folder: Folder<FileEntry>, depth: number, state: TreeState): void {
  const indent = { paddingLeft: 8 + depth * 16 };
  for (const child of folder.folders) {
    const open = state.isOpen(child);
    rows.push(
      <li key={`${child.path}/`}>
        <button type="button" className={styles.row} style={indent} aria-expanded={open} onClick={() => state.turn(child)}>
          <span className={styles.twist}>{open ? "▾" : "▸"}</span>
          <span className="cut grow">{child.name}</span>
          <span className={styles.size}>{child.count.toLocaleString("en")} · {formatSize(child.size)}</span>
        </button>
      </li>,
    );
    if (open) addRows(rows, child, depth + 1, state);
  }
  for (const file of folder.files) rows.push(<FileRow key={file.path} file={file} indent={indent} state={state} />);
}

function FileRow({ file, indent, state }: { file: FileEntry; indent: { paddingLeft: number }; state: TreeState }) {
  return (
    <li>
      <AppLink
        href={state.hrefOf(file.path)}
        className={styles.row}
        style={indent}
        aria-current={file.path === state.selected ? "page" : undefined}
        title={file.path}
      >
        <span className={styles.twist} />
        <span className="cut grow">{baseName(file.path)}</span>
        <span className={styles.size}>{file.uri ? "reference" : formatSize(file.size)}</span>
      </AppLink>
    </li>
  );
}

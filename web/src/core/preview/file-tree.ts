/** A folder with what is in it; `size` and `count` include everything below. */
export interface Folder<F extends FileLike> {
  name: string;
  path: string;
  size: number;
  count: number;
  folders: Folder<F>[];
  files: F[];
}

export interface FileLike {
  path: string;
  size: number;
}

/** Make the tree of a flat list of paths. Folders and files are sorted as people count: `step-2` before `step-10`. */
export function fileTree<F extends FileLike>(files: readonly F[]): Folder<F> {
  const root = folder<F>("", "");
  const known = new Map([["", root]]);
  for (const file of files) {
    const parts = file.path.split("/").slice(0, -1);
    let here = root;
    count(here, file);
    parts.forEach((name, i) => {
      here = childOf(here, name, parts.slice(0, i + 1).join("/"), known);
      count(here, file);
    });
    here.files.push(file);
  }
  for (const one of known.values()) sortFolder(one);
  return root;
}

/** The folders above a path, outermost first: `a/b/c.txt` → `a`, `a/b`. */
export function foldersAbove(path: string): string[] {
  const parts = path.split("/").slice(0, -1);
  return parts.map((_, i) => parts.slice(0, i + 1).join("/"));
}

export function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

function folder<F extends FileLike>(name: string, path: string): Folder<F> {
  return { name, path, size: 0, count: 0, folders: [], files: [] };
}

function childOf<F extends FileLike>(parent: Folder<F>, name: string, path: string, known: Map<string, Folder<F>>): Folder<F> {
  const there = known.get(path);
  if (there) return there;
  const made = folder<F>(name, path);
  known.set(path, made);
  parent.folders.push(made);
  return made;
}

function count(here: Folder<FileLike>, file: FileLike): void {
  here.size += file.size;
  here.count += 1;
}

const counting = new Intl.Collator("en", { numeric: true });

function sortFolder<F extends FileLike>(one: Folder<F>): void {
  one.folders.sort((a, b) => counting.compare(a.name, b.name));
  one.files.sort((a, b) => counting.compare(a.path, b.path));
}

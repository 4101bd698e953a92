/** How a file is shown. `looked` is what the server tells of it; `binary` has only size, digest and its first bytes. */
export type FileKind = "image" | "audio" | "video" | "json" | "jsonl" | "table" | "join" | "csv" | "markdown" | "text" | "looked" | "binary";

/** The most bytes fetched for a preview, by kind; media stream by themselves. */
export const PREVIEW_CAP: Record<FileKind, number> = {
  image: 20e6,
  audio: Infinity,
  video: Infinity,
  json: 5e6,
  jsonl: 2e6,
  table: 5e6,
  join: 1e6,
  csv: 2e6,
  markdown: 1e6,
  text: 2e6,
  looked: 0,
  binary: 4096,
};

const BY_SUFFIX: [FileKind, string][] = [
  ["join", ".joined-table.json"],
  ["table", ".table.json"],
  ["image", ".png .jpg .jpeg .gif .webp .avif .bmp .ico"],
  ["audio", ".wav .mp3 .ogg .oga .flac .m4a .opus"],
  ["video", ".mp4 .webm .ogv .mov .m4v"],
  ["json", ".json .geojson .ipynb .webmanifest"],
  ["jsonl", ".jsonl .ndjson"],
  ["csv", ".csv .tsv"],
  [
    "looked",
    ".parquet .pq .arrow .feather .ipc .safetensors .npy .npz .pt .pth .ckpt .pkl .pickle .joblib .zip .whl .jar .tar " +
      ".tgz .tar.gz .tar.bz2 .tar.xz",
  ],
  ["markdown", ".md .markdown .rst"],
  [
    "text",
    ".txt .log .py .pyi .toml .yaml .yml .ini .cfg .conf .env .sh .bash .zsh .fish .js .mjs .cjs .ts .tsx .jsx .css " +
      ".html .htm .xml .svg .sql .r .jl .c .h .cc .cpp .hpp .cu .go .rs .java .kt .swift .rb .php .lua .proto .patch " +
      ".diff .tex .bib .lock .gitignore .dockerfile .properties",
  ],
];
const TEXT_NAMES = new Set(["dockerfile", "makefile", "license", "readme", "requirements", "changelog", "notice"]);

/** The kind by name first, then by media type. HTML and SVG are text: a user's markup is never rendered. */
export function fileKind(path: string, type = ""): FileKind {
  const name = path.slice(path.lastIndexOf("/") + 1).toLowerCase();
  const bySuffix = BY_SUFFIX.find(([, suffixes]) => suffixes.split(" ").some((suffix) => name.endsWith(suffix)));
  if (bySuffix) return bySuffix[0];
  if (TEXT_NAMES.has(name)) return "text";
  return kindOfType(type.toLowerCase());
}

function kindOfType(type: string): FileKind {
  if (type.startsWith("image/") && !type.includes("svg")) return "image";
  if (type.startsWith("audio/")) return "audio";
  if (type.startsWith("video/")) return "video";
  if (type.startsWith("application/json")) return "json";
  return type.startsWith("text/") ? "text" : "binary";
}

/** Is this text after all? True for UTF-8 without NULs; a letter cut off at the end is forgiven. */
export function looksLikeText(bytes: Uint8Array): boolean {
  if (!bytes.length || bytes.includes(0)) return false;
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: true });
    return true;
  } catch {
    return false;
  }
}

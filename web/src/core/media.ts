/** Media values as they stand in the history: an object with `_type`, or a list of such. */
export type MediaKind = "image" | "audio" | "video" | "html" | "table" | "plotly" | "cloud" | "file";

export interface FileMedia {
  readonly kind: MediaKind;
  /** Path among the run's files. */
  readonly path: string;
  readonly caption: string;
  readonly width: number | undefined;
  readonly height: number | undefined;
}

export interface HistogramMedia {
  readonly kind: "histogram";
  readonly bins: readonly number[];
  readonly values: readonly number[];
}

/** A table and how to draw it; `path` is the table's. */
export interface PlotMedia {
  readonly kind: "plot";
  readonly plot: string;
  readonly title: string;
  readonly path: string;
  /** Which column plays which part. */
  readonly fields: Readonly<Record<string, string>>;
  readonly options: Readonly<Record<string, string>>;
}

/** Two tables that are shown side by side, and the column of each that tells which rows belong together. */
export interface JoinMedia {
  readonly kind: "join";
  readonly paths: readonly [string, string];
  readonly keys: readonly [string, string];
}

export type Media = FileMedia | HistogramMedia | PlotMedia | JoinMedia;

const KINDS: Readonly<Record<string, MediaKind>> = {
  "image-file": "image",
  "audio-file": "audio",
  "video-file": "video",
  "html-file": "html",
  "table-file": "table",
  "plotly-file": "plotly",
};

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields => typeof value === "object" && value !== null && !Array.isArray(value);
const positive = (value: unknown): number | undefined => (typeof value === "number" && value > 0 ? value : undefined);
const numbers = (value: unknown): number[] => (Array.isArray(value) ? value.map(Number) : []);

const texts = (value: unknown): Record<string, string> =>
  Object.fromEntries(Object.entries(isFields(value) ? value : {}).filter((pair): pair is [string, string] => typeof pair[1] === "string"));

function plotOf(value: Fields): PlotMedia[] {
  const { kind, title, fields, options, table } = value;
  const path = isFields(table) ? table["path"] : undefined;
  if (typeof kind !== "string" || typeof path !== "string") return [];
  return [{ kind: "plot", plot: kind, title: typeof title === "string" ? title : "", path, fields: texts(fields), options: texts(options) }];
}

/** A table is named by its path alone, or by a value of its own. */
const pathOf = (table: unknown): unknown => (isFields(table) ? table["path"] : table);

function joinOf(value: Fields): JoinMedia[] {
  const [first, second] = [pathOf(value["table1"]), pathOf(value["table2"])];
  const said: unknown = value["join_key"];
  const [left, right] = (Array.isArray(said) ? said : [said, said]) as unknown[];
  const parts = [first, second, left, right];
  if (!parts.every((part) => typeof part === "string" && part !== "")) return [];
  return [{ kind: "join", paths: [String(first), String(second)], keys: [String(left), String(right)] }];
}

function one(value: unknown): Media[] {
  if (!isFields(value) || typeof value["_type"] !== "string") return [];
  if (value["_type"] === "histogram") return [{ kind: "histogram", bins: numbers(value["bins"]), values: numbers(value["values"]) }];
  if (value["_type"] === "plot") return plotOf(value);
  if (value["_type"] === "joined-table") return joinOf(value);
  const { path, caption, width, height } = value;
  if (typeof path !== "string" || path === "") return [];
  const kind = path.endsWith(".pts.json") ? "cloud" : (KINDS[value["_type"]] ?? "file");
  return [{ kind, path, caption: typeof caption === "string" ? caption : "", width: positive(width), height: positive(height) }];
}

/** A logged table as the plot that W&B's client asked for beside it (`charts` of the run's metadata), else as it is. */
export function charted(value: unknown, metadata: unknown, metric: string): unknown {
  const charts = isFields(metadata) ? metadata["charts"] : undefined;
  const chart = isFields(charts) ? charts[metric] : undefined;
  if (!isFields(chart) || !isFields(value) || value["_type"] !== "table-file") return value;
  return { ...chart, _type: "plot", table: value };
}

/** The media in a logged value; none if it is something else. */
export function mediaOf(value: unknown): Media[] {
  return Array.isArray(value) ? value.flatMap(one) : one(value);
}

export function isMedia(value: unknown): boolean {
  return mediaOf(Array.isArray(value) ? value.slice(0, 1) : value).length > 0;
}

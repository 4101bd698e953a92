import { toDot, toJson, toSvg } from "@/core/lineage/export";
import type { ProjectRef } from "@/core/project";
import styles from "./graph.module.css";
import { readTheme } from "./theme";
import type { Picture } from "./use-picture";

type Format = "svg" | "dot" | "json";

/** Save what is shown as a picture, for Graphviz, or as data. */
export function ExportMenu({ project, picture }: { project: ProjectRef; picture: Picture }) {
  const save = (format: Format): void => download(`${project.project}-graph.${format}`, content(format, project, picture));
  return (
    <details className={styles.menu} onBlur={closeWhenLeft}>
      <summary className={styles.button}>Export</summary>
      <div role="group" aria-label="export as">
        <button type="button" onClick={() => save("svg")}>SVG picture</button>
        <button type="button" onClick={() => save("dot")}>Graphviz DOT</button>
        <button type="button" onClick={() => save("json")}>JSON</button>
      </div>
    </details>
  );
}

function closeWhenLeft(event: React.FocusEvent<HTMLDetailsElement>): void {
  if (!event.currentTarget.contains(event.relatedTarget)) event.currentTarget.open = false;
}

function content(format: Format, project: ProjectRef, { graph, layout }: Picture): string {
  if (format === "dot") return toDot(graph, `${project.entity}/${project.project}`);
  if (format === "json") return toJson(graph);
  const theme = readTheme();
  return toSvg(layout, theme.colourOf, { background: theme.background, text: theme.text, quiet: theme.quiet, line: theme.edge });
}

const TYPES: Record<string, string> = { svg: "image/svg+xml", dot: "text/vnd.graphviz", json: "application/json" };

function download(name: string, text: string): void {
  const type = TYPES[name.slice(name.lastIndexOf(".") + 1)] ?? "text/plain";
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}

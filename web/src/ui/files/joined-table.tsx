import { useMemo } from "react";
import { useQueries } from "@tanstack/react-query";
import { fileUrl, textQuery } from "@/api/previews";
import { mediaOf, type JoinMedia } from "@/core/media";
import { readTable } from "@/core/plots/table";
import { joined } from "@/core/preview/join";
import { parseJson } from "@/core/preview/json-tree";
import { shownTable } from "@/core/preview/table";
import { JsonPreview } from "./previews";
import { TablePreview } from "./table-preview";
import styles from "./files.module.css";

/** Two tables side by side, by their keys. `base` is the API's address of the run or version that has both. */
export function JoinedTable({ join, base }: { join: JoinMedia; base: string }) {
  const { texts, error } = useQueries({
    queries: join.paths.map((path) => textQuery(fileUrl(base, path))),
    combine: (found) => ({ texts: found.map(({ data }) => data), error: found.find((one) => one.error)?.error }),
  });
  const [first, second] = texts;
  const both = useMemo(() => (first === undefined || second === undefined ? undefined : together(first, second, join)), [first, second, join]);
  if (error) return <p className={styles.note} role="alert">{error.message}</p>;
  if (both === undefined) return <p className={styles.note}>Reading…</p>;
  return both ? <TablePreview table={both} base={base} /> : <p className={styles.note}>The tables do not have the columns {join.keys.join(" and ")} by which they are joined.</p>;
}

function together(first: string, second: string, { keys }: JoinMedia) {
  const [left, right] = [first, second].map((text) => readTable(parseJson(text)));
  return left && right ? joined(shownTable(left), shownTable(right), keys) : null;
}

/** What `JoinedTable` writes into a file; anything else is shown as JSON. */
export function JoinedPreview({ text, base }: { text: string; base: string }) {
  const join = useMemo(() => mediaOf(parseJson(text)).find((one) => one.kind === "join"), [text]);
  return join ? <JoinedTable join={join} base={base} /> : <JsonPreview text={text} />;
}

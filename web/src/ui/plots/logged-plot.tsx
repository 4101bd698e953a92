import { useMemo } from "react";
import { useQuery } from "@tanstack/react-query";
import { fileUrl, textQuery } from "@/api/previews";
import type { PlotMedia } from "@/core/media";
import { drawingOf, type Drawing } from "@/core/plots/drawing";
import { readTable } from "@/core/plots/table";
import { parseJson } from "@/core/preview/json-tree";
import { LoggedTablePreview } from "../files/previews";
import { BarsPlot } from "./bars-plot";
import { MatrixPlot } from "./matrix-plot";
import { HistogramPlot } from "./histogram-plot";
import { XYPlot } from "./xy-plot";
import styles from "./plots.module.css";

/** A plot out of its table: drawn, or the table where it cannot be drawn. */
export function LoggedPlot({ plot, base, name }: { plot: PlotMedia; base: string; name: string }) {
  const url = fileUrl(base, plot.path);
  const { data, error } = useQuery(textQuery(url));
  const table = useMemo(() => (data === undefined ? null : readTable(parseJson(data))), [data]);
  const drawing = useMemo(() => (table ? drawingOf(plot, table) : null), [plot, table]);
  if (error) return <p role="alert">{error.message}</p>;
  if (data === undefined) return null;
  return (
    <figure className={styles.plot} aria-label={plot.title || name}>
      {plot.title && <figcaption className={styles.title}>{plot.title}</figcaption>}
      {drawing && drawing.kind !== "table" ? <Drawn drawing={drawing} /> : <div className={styles.table}><LoggedTablePreview text={data} base={base} /></div>}
    </figure>
  );
}

function Drawn({ drawing }: { drawing: Exclude<Drawing, { kind: "table" }> }) {
  if (drawing.kind === "xy") return <XYPlot drawing={drawing} />;
  if (drawing.kind === "bars") return <BarsPlot drawing={drawing} />;
  if (drawing.kind === "histogram") return <HistogramPlot drawing={drawing} />;
  return <MatrixPlot drawing={drawing} />;
}

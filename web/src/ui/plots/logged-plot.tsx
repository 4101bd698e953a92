import { useMemo } from "react";
import { useQuery } from "@tanstack/react-query";
import { demand, request } from "@/api/client";
import type { PlotMedia } from "@/core/media";
import { drawingOf, type Drawing } from "@/core/plots/drawing";
import { readTable, type LoggedTable } from "@/core/plots/table";
import { LoggedTablePreview } from "../files/previews";
import { BarsPlot } from "./bars-plot";
import { MatrixPlot } from "./matrix-plot";
import { HistogramPlot } from "./histogram-plot";
import { XYPlot } from "./xy-plot";
import styles from "./plots.module.css";

/** A plot out of its table: drawn, or the table where it cannot be drawn. */
export function LoggedPlot({ plot, url, name }: { plot: PlotMedia; url: string; name: string }) {
  const { data, error } = useQuery({
    queryKey: ["logged-plot", url],
    queryFn: async () => (await demand(await request(url))).text(),
    staleTime: Infinity,
  });
  const table = useMemo(() => (data === undefined ? null : parsed(data)), [data]);
  const drawing = useMemo(() => (table ? drawingOf(plot, table) : null), [plot, table]);
  if (error) return <p role="alert">{error.message}</p>;
  if (data === undefined) return null;
  return (
    <figure className={styles.plot} aria-label={plot.title || name}>
      {plot.title && <figcaption className={styles.title}>{plot.title}</figcaption>}
      {drawing && drawing.kind !== "table" ? <Drawn drawing={drawing} /> : <div className={styles.table}><LoggedTablePreview text={data} /></div>}
    </figure>
  );
}

function parsed(text: string): LoggedTable | null {
  try {
    return readTable(JSON.parse(text));
  } catch {
    return null;
  }
}

function Drawn({ drawing }: { drawing: Exclude<Drawing, { kind: "table" }> }) {
  if (drawing.kind === "xy") return <XYPlot drawing={drawing} />;
  if (drawing.kind === "bars") return <BarsPlot drawing={drawing} />;
  if (drawing.kind === "histogram") return <HistogramPlot drawing={drawing} />;
  return <MatrixPlot drawing={drawing} />;
}

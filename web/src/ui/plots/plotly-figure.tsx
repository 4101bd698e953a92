import { useEffect, useRef, useState } from "react";
import { useQuery } from "@tanstack/react-query";
import { demand, request } from "@/api/client";
import styles from "./plots.module.css";

interface Figure {
  readonly data: readonly Readonly<Record<string, unknown>>[];
  readonly layout?: Readonly<Record<string, unknown>>;
}

/** What the drawing library offers that is used here. */
interface Plotly {
  newPlot: (node: HTMLElement, data: unknown, layout: unknown, config: unknown) => Promise<unknown>;
  purge: (node: HTMLElement) => void;
}

const FLAT = new Set(["scatter", "scattergl", "bar", "box", "heatmap", "histogram", "histogram2d", "histogram2dcontour", "contour", "image", "pie", "violin", "scatterternary"]);

/** A Plotly figure; the library is fetched when the first one is seen. Three-dimensional traces are named instead. */
export function PlotlyFigure({ url, name }: { url: string; name: string }) {
  const node = useRef<HTMLDivElement>(null);
  const [failed, setFailed] = useState("");
  const { data, error } = useQuery({
    queryKey: ["plotly", url],
    queryFn: async () => (await (await demand(await request(url))).json()) as Figure,
    staleTime: Infinity,
  });
  const strange = data?.data.map((trace) => String(trace["type"] ?? "scatter")).find((type) => !FLAT.has(type));
  useEffect(() => {
    const box = node.current;
    if (!box || !data || strange) return;
    let library: Plotly | undefined;
    let left = false;
    void import("./plotly").then(async ({ plotly }) => {
      if (left) return;
      library = plotly;
      await plotly.newPlot(box, flattened(data.data), themed(data.layout, box), { responsive: true, displaylogo: false });
    }).catch((cause: unknown) => { setFailed(cause instanceof Error ? cause.message : String(cause)); });
    return () => {
      left = true;
      library?.purge(box);
    };
  }, [data, strange]);
  if (error || failed || strange) {
    return <p role="alert">{error?.message ?? (failed || `Traces of the type ${String(strange)} are not drawn here.`)} <a href={`${url}?download=1`}>Download the figure</a></p>;
  }
  return <div ref={node} className={styles.figure} role="img" aria-label={`figure ${name}`} />;
}

/** The drawing on the GPU needs a library of its own; the same points are drawn without it. */
function flattened(traces: Figure["data"]): unknown[] {
  return traces.map((trace) => (trace["type"] === "scattergl" ? { ...trace, type: "scatter" } : trace));
}

function themed(layout: Figure["layout"], box: HTMLElement): unknown {
  const { color, fontFamily } = getComputedStyle(box);
  const font = { family: fontFamily, color, size: 11 };
  const clear = { paper_bgcolor: "transparent", plot_bgcolor: "transparent", margin: { l: 48, r: 12, t: 36, b: 40 } };
  return { ...layout, ...clear, font, autosize: true, width: undefined, height: undefined, template: undefined };
}

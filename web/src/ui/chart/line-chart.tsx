import { useEffect, useRef } from "react";
import type { Range } from "@/core/search";
import { useTheme } from "../theme";
import type { Line, Scale } from "./lines";
import { LinePlot } from "./plot";

interface LineChartProps {
  lines: readonly Line[];
  /** The part of the x axis to show; all of it if undefined. */
  view: Range | undefined;
  scale: Scale;
  height: number;
  formatX: (x: number) => string;
  nameX: string;
  onZoom: (range: Range | undefined) => void;
}

function bounds(low: number | undefined, high: number | undefined): Range | undefined {
  return low === undefined || high === undefined ? undefined : [low, high];
}

/** Lines over x. Drag to zoom, double-click for everything. */
export function LineChart({ lines, view, scale, height, formatX, nameX, onZoom }: LineChartProps) {
  const root = useRef<HTMLDivElement>(null);
  const plot = useRef<LinePlot>(null);
  const latest = useRef({ view, onZoom });
  const theme = useTheme();
  const { log, logx } = scale;
  const [low, high] = scale.y ?? [];

  useEffect(() => {
    latest.current = { view, onZoom };
  });

  useEffect(() => {
    if (!root.current || lines.length === 0) return;
    const element = root.current;
    const zoom = (range: Range | undefined): void => { latest.current.onZoom(range); };
    const made = new LinePlot(element, lines, latest.current.view, { scale: { log, logx, y: bounds(low, high) }, height, formatX, nameX, onZoom: zoom });
    const observer = new ResizeObserver(() => { made.resize(element.clientWidth); });
    observer.observe(element);
    plot.current = made;
    return () => {
      observer.disconnect();
      made.destroy();
      plot.current = null;
    };
    // The axes read the theme's colours when they are made.
  }, [lines, log, logx, low, high, height, formatX, nameX, theme]);

  useEffect(() => {
    plot.current?.setView(view);
  }, [view]);

  return <div ref={root} style={{ height }} />;
}

import { memo } from "react";
import type { Run } from "@/api/runs";
import { X_NAMES, xFormat, type ChartView } from "@/core/chart-view";
import { formatNumber } from "@/core/format";
import type { ProjectRef } from "@/core/project";
import type { Range } from "@/core/search";
import { LineChart } from "../chart/line-chart";
import { Failure } from "../parts";
import { useVisible } from "../use-visible";
import styles from "./panels.module.css";
import { useLines } from "./use-lines";

interface LinePanelProps {
  project: ProjectRef;
  runs: readonly Run[];
  metric: string;
  view: ChartView;
  onZoom: (range: Range | undefined) => void;
}

const HEIGHT = 208;

/** One key over all drawn runs. It fetches and draws only while it is on screen. */
export const LinePanel = memo(function LinePanel({ project, runs, metric, view, onZoom }: LinePanelProps) {
  const [ref, isVisible] = useVisible();
  const { lines, isLoading, error, retry } = useLines(project, runs, metric, view, isVisible);
  return (
    <figure className={styles.panel} aria-label={`chart of ${metric}`} data-metric={metric} data-lines={lines.length}>
      <figcaption>
        <h3 className="cut" title={metric}>{metric}</h3>
        {lines.length === 1 && <span className={styles.last}>{lastValue(lines[0]?.raw)}</span>}
      </figcaption>
      <div ref={ref} className={styles.chart} style={{ height: HEIGHT }}>
        {error && lines.length === 0 ? (
          <Failure error={error} onRetry={retry} />
        ) : (
          isVisible && lines.length > 0 && (
            <LineChart lines={lines} view={view.x} log={view.log} height={HEIGHT} formatX={xFormat(view.xaxis)} nameX={X_NAMES[view.xaxis]} onZoom={onZoom} />
          )
        )}
        {isVisible && !error && !isLoading && lines.length === 0 && <p className={styles.none}>No drawn run has this key.</p>}
      </div>
    </figure>
  );
});

function lastValue(values: Float64Array | undefined): string {
  const last = values?.at(-1);
  return last === undefined ? "" : formatNumber(last);
}

import { formatNumber } from "@/core/format";
import type { HistogramDrawing } from "@/core/plots/drawing";
import { across, Axes, down, HEIGHT, BOTTOM, WIDTH } from "./axes";
import styles from "./plots.module.css";

/** How many values fall into each bin. */
export function HistogramPlot({ drawing: { bins, values } }: { drawing: HistogramDrawing }) {
  const x = across(bins[0] ?? 0, bins.at(-1) ?? 1);
  const y = down(0, Math.max(1e-12, ...values));
  return (
    <svg className={styles.svg} viewBox={`0 0 ${String(WIDTH)} ${String(HEIGHT)}`} role="img" aria-label="histogram">
      <Axes x={x} y={y} />
      {values.map((value, i) => {
        const [left, right] = [x.at(bins[i] ?? 0), x.at(bins[i + 1] ?? 0)];
        return (
          <rect key={i} x={left} width={Math.max(0.5, right - left - 0.8)} y={y.at(value)} height={HEIGHT - BOTTOM - y.at(value)} fill="var(--accent)">
            <title>{`${formatNumber(bins[i] ?? 0)} … ${formatNumber(bins[i + 1] ?? 0)}: ${formatNumber(value)}`}</title>
          </rect>
        );
      })}
    </svg>
  );
}

import { formatNumber } from "@/core/format";
import type { BarsDrawing } from "@/core/plots/drawing";
import styles from "./plots.module.css";

/** Bars that lie, so that their labels can be read; what is below zero goes to the left. */
export function BarsPlot({ drawing }: { drawing: BarsDrawing }) {
  const values = drawing.bars.map((bar) => bar.value).filter(Number.isFinite);
  const low = Math.min(0, ...values);
  const span = Math.max(0, ...values) - low || 1;
  return (
    <ul className={styles.bars}>
      {drawing.bars.map((bar, i) => (
        <li key={i}>
          <span className="cut" title={bar.label}>{bar.label}</span>
          <span className={styles.track}>
            <i style={{ marginLeft: `${String((100 * (Math.min(bar.value, 0) - low)) / span)}%`, width: `${String((100 * Math.abs(bar.value || 0)) / span)}%` }} />
          </span>
          <span className="num">{formatNumber(bar.value)}</span>
        </li>
      ))}
    </ul>
  );
}

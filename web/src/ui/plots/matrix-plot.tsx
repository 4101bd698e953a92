import type { MatrixDrawing } from "@/core/plots/drawing";
import styles from "./plots.module.css";

const MOST_WORDS = 24;

/** A confusion matrix: rows are what was true, columns what was said; darker is more often, by row. */
export function MatrixPlot({ drawing: { labels, counts } }: { drawing: MatrixDrawing }) {
  const words = labels.length <= MOST_WORDS;
  return (
    <div className={styles.matrix}>
      <table aria-label="confusion matrix">
        <thead>
          <tr><th scope="col">actual \ predicted</th>{labels.map((label) => <th key={label} scope="col" title={label}>{words ? label : ""}</th>)}</tr>
        </thead>
        <tbody>
          {counts.map((row, a) => (
            <tr key={a}>
              <th scope="row" title={labels[a]}>{words ? labels[a] : ""}</th>
              {row.map((count, p) => <Cell key={p} count={count} of={row.reduce((sum, one) => sum + one, 0)} right={a === p} title={`${String(labels[a])} taken for ${String(labels[p])}`} words={words} />)}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Cell({ count, of, right, title, words }: { count: number; of: number; right: boolean; title: string; words: boolean }) {
  const share = of ? count / of : 0;
  const colour = right ? "var(--accent)" : "var(--bad)";
  return (
    <td title={`${title}: ${String(count)} of ${String(of)}`} style={{ background: `color-mix(in srgb, ${colour} ${String(Math.round(share * 75))}%, transparent)` }}>
      {words && count > 0 ? count : ""}
    </td>
  );
}

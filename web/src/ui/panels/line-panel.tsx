import { memo, useRef, useState } from "react";
import { changePanel, panelView, xFormat, xName, type ChartView } from "@/core/chart-view";
import { formatNumber, plural } from "@/core/format";
import type { Range } from "@/core/search";
import { Boundary } from "../boundary";
import { LineChart } from "../chart/line-chart";
import type { Line } from "../chart/lines";
import { Failure } from "../parts";
import { useVisible } from "../use-visible";
import { exportChoices } from "./export-panel";
import { PanelSettings } from "./panel-settings";
import styles from "./panels.module.css";
import { Menu } from "../popover";
import { useLines, type Drawn } from "./use-lines";

export type ChangeView = (change: Partial<ChartView>) => void;

interface LinePanelProps {
  drawn: Drawn;
  metric: string;
  view: ChartView;
  onChange: ChangeView;
  onZoom: (range: Range | undefined) => void;
  /** Keys that may stand on the x axis. */
  axes: readonly string[];
  /** In px; the page's own if left out. */
  height?: number;
  isFull?: boolean;
}

const HEIGHT = 208;

/** One key over all drawn runs. It fetches and draws only while it is on screen. */
export const LinePanel = memo(function LinePanel({ drawn, metric, view, onChange, onZoom, axes, height = HEIGHT, isFull = false }: LinePanelProps) {
  const [ref, isVisible] = useVisible();
  const own = panelView(view, metric);
  const { lines, isLoading, error, retry } = useLines(drawn, metric, own, isVisible, isFull);
  const figure = useRef<HTMLElement>(null);
  const isSet = view.panels[metric] !== undefined;
  return (
    <figure ref={figure} className={styles.panel} aria-label={`chart of ${metric}`} data-metric={metric} data-lines={lines.length}>
      <figcaption>
        <h3 className="cut" title={metric}>{metric}</h3>
        {lines.length === 1 && <span className={styles.last}>{lastValue(lines[0])}</span>}
        <span className={styles.tools} data-set={isSet || undefined}>
          <PanelSettings metric={metric} view={own} axes={axes} isSet={isSet} onChange={(change) => { onChange(changePanel(view, metric, change)); }} />
          <Menu className="button quiet icon small" label="⋯" name={`more about ${metric}`} choices={[
            ...starChoice(view, metric, onChange),
            ...exportChoices(metric, lines, figure),
          ]} />
          {!isFull && <button type="button" className="button quiet icon small" aria-label={`enlarge ${metric}`} title="Full screen" onClick={() => { onChange({ full: metric }); }}>⤢</button>}
        </span>
      </figcaption>
      <div ref={ref} className={styles.chart} style={{ height }}>
        <Boundary of={metric}>
          {error && lines.length === 0 ? <Failure error={error} onRetry={retry} /> : isVisible && lines.length > 0 && (
            <LineChart lines={lines} view={own.x} scale={own} height={height} formatX={xFormat(own.xaxis)} nameX={xName(own.xaxis)} onZoom={onZoom} />
          )}
          {isLoading && lines.length === 0 && <p className={styles.waiting}>Loading…</p>}
          {isVisible && !error && !isLoading && lines.length === 0 && <p className={styles.none}>{nothing(drawn, own.xaxis)}</p>}
        </Boundary>
      </div>
      {isFull && <DataTable metric={metric} lines={lines} />}
    </figure>
  );
});

function starChoice(view: ChartView, metric: string, onChange: ChangeView) {
  const isStarred = view.star.includes(metric);
  const star = isStarred ? view.star.filter((key) => key !== metric) : [...view.star, metric];
  return [{ label: isStarred ? "No longer first" : "Pin to the top", onChoose: () => { onChange({ star }); } }];
}

function nothing({ groups }: Drawn, xaxis: string): string {
  if (!["step", "relative", "wall"].includes(xaxis)) return `No drawn run has this key together with ${xaxis}.`;
  return groups ? "No drawn group has this key." : "No drawn run has this key.";
}

function lastValue(line: Line | undefined): string {
  const last = line?.y.at(-1);
  return last === undefined ? "" : formatNumber(last);
}

const MOST_ROWS = 200;

/** The numbers behind the lines, for those who cannot or will not read a picture. */
function DataTable({ metric, lines }: { metric: string; lines: readonly Line[] }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <details className={styles.data} onToggle={(event) => { setOpen(event.currentTarget.open); }}>
      <summary>As a table</summary>
      {isOpen && (
        <table className="table" aria-label={`values of ${metric}`}>
          <thead><tr><th scope="col">Run</th><th scope="col" className="right">Points</th><th scope="col" className="right">Lowest</th><th scope="col" className="right">Highest</th><th scope="col" className="right">Last</th></tr></thead>
          <tbody>{lines.slice(0, MOST_ROWS).map((line) => <DataRow key={line.run} line={line} />)}</tbody>
        </table>
      )}
      {isOpen && lines.length > MOST_ROWS && <p className="muted">{plural(lines.length - MOST_ROWS, "line")} more.</p>}
    </details>
  );
}

function DataRow({ line }: { line: Line }) {
  const finite = line.y.filter((value) => Number.isFinite(value));
  const numbers = [finite.length, ...[finite.reduce((a, b) => Math.min(a, b), Infinity), finite.reduce((a, b) => Math.max(a, b), -Infinity), finite.at(-1) ?? NaN]];
  return (
    <tr>
      <th scope="row">{line.label}</th>
      {numbers.map((value, i) => <td key={i} className="right">{formatNumber(value)}</td>)}
    </tr>
  );
}

import { formatNumber } from "@/core/format";
import { ticks } from "@/core/plots/ticks";
import styles from "./plots.module.css";

export const WIDTH = 420;
export const HEIGHT = 250;
export const LEFT = 52;
export const BOTTOM = 34;
const TOP = 8;
const RIGHT = 10;

export interface Scale {
  readonly low: number;
  readonly high: number;
  readonly at: (value: number) => number;
}

/** Values to pixels across; a range without width gets one. */
export function across(low: number, high: number): Scale {
  return scale(low, high, LEFT, WIDTH - RIGHT);
}

/** Values to pixels down: the largest is at the top. */
export function down(low: number, high: number): Scale {
  return scale(low, high, HEIGHT - BOTTOM, TOP);
}

function scale(low: number, high: number, from: number, to: number): Scale {
  const [first, last] = high > low ? [low, high] : [low - 0.5, low + 0.5];
  return { low: first, high: last, at: (value) => from + ((value - first) / (last - first)) * (to - from) };
}

/** Grid lines, numbers and titles of both axes. */
export function Axes({ x, y, xTitle = "", yTitle = "" }: { x?: Scale; y: Scale; xTitle?: string; yTitle?: string }) {
  return (
    <g className={styles.axes}>
      {ticks(y.low, y.high).map((value) => (
        <g key={value}>
          <line x1={LEFT} x2={WIDTH - RIGHT} y1={y.at(value)} y2={y.at(value)} />
          <text x={LEFT - 6} y={y.at(value) + 3.5} textAnchor="end">{formatNumber(value, 4)}</text>
        </g>
      ))}
      {x && ticks(x.low, x.high).map((value) => (
        <text key={value} x={x.at(value)} y={HEIGHT - BOTTOM + 14} textAnchor="middle">{formatNumber(value, 4)}</text>
      ))}
      <text x={(LEFT + WIDTH) / 2} y={HEIGHT - 4} textAnchor="middle">{xTitle}</text>
      <text x={12} y={HEIGHT / 2} textAnchor="middle" transform={`rotate(-90 12 ${String(HEIGHT / 2)})`}>{yTitle}</text>
    </g>
  );
}

import { formatNumber } from "@/core/format";
import { strokeOf } from "@/core/palette";
import type { Point, Series, XYDrawing } from "@/core/plots/drawing";
import { useTheme } from "../theme";
import { across, Axes, down, HEIGHT, WIDTH, type Scale } from "./axes";
import styles from "./plots.module.css";

const MOST_DOTS = 3000;

/** Lines or dots, a colour for each series. */
export function XYPlot({ drawing }: { drawing: XYDrawing }) {
  const theme = useTheme();
  const [x, y] = scales(drawing.series);
  const colour = (i: number): string => strokeOf(i, theme).colour;
  return (
    <>
      <svg className={styles.svg} viewBox={`0 0 ${String(WIDTH)} ${String(HEIGHT)}`} role="img" aria-label={`${drawing.yTitle} over ${drawing.xTitle}`}>
        <Axes x={x} y={y} xTitle={drawing.xTitle} yTitle={drawing.yTitle} />
        {drawing.series.map((series, i) =>
          drawing.joined && series.points.length > 1 ? (
            <path key={series.name} className={styles.line} stroke={colour(i)} d={path(series.points, x, y)}><title>{series.name}</title></path>
          ) : (
            <Dots key={series.name} series={series} x={x} y={y} colour={colour(i)} />
          ),
        )}
      </svg>
      {drawing.series.length > 1 && (
        <ul className={styles.legend}>
          {drawing.series.map(({ name }, i) => <li key={name}><i style={{ background: colour(i) }} />{name}</li>)}
        </ul>
      )}
    </>
  );
}

function scales(series: readonly Series[]): [Scale, Scale] {
  let [left, right, low, high] = [Infinity, -Infinity, Infinity, -Infinity];
  for (const { points } of series) {
    for (const [x, y] of points) {
      [left, right] = [Math.min(left, x), Math.max(right, x)];
      [low, high] = [Math.min(low, y), Math.max(high, y)];
    }
  }
  return left <= right ? [across(left, right), down(low, high)] : [across(0, 1), down(0, 1)];
}

function path(points: readonly Point[], x: Scale, y: Scale): string {
  return points.map(([px, py], i) => `${i ? "L" : "M"}${x.at(px).toFixed(1)} ${y.at(py).toFixed(1)}`).join("");
}

function Dots({ series, x, y, colour }: { series: Series; x: Scale; y: Scale; colour: string }) {
  const step = Math.max(1, Math.ceil(series.points.length / MOST_DOTS));
  return series.points
    .filter((_, i) => i % step === 0)
    .map(([px, py], i) => (
      <circle key={i} cx={x.at(px)} cy={y.at(py)} r={2.4} fill={colour} opacity={0.75}>
        <title>{`${formatNumber(px)}, ${formatNumber(py)}`}</title>
      </circle>
    ));
}

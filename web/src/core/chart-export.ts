/** A chart as a file: its numbers, or a picture whose text stays text. */
export interface ExportLine {
  readonly label: string;
  readonly colour: string;
  readonly dash: readonly number[];
  readonly x: Float64Array;
  readonly y: Float64Array;
}

function quoted(text: string): string {
  // A spreadsheet would run what begins like a formula.
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** One row per point: run, x, y. */
export function csvOf(lines: readonly ExportLine[]): string {
  const rows = lines.flatMap(({ label, x, y }) => Array.from(x, (value, i) => `${quoted(label)},${String(value)},${String(y[i] ?? NaN)}`));
  return ["run,x,y", ...rows, ""].join("\n");
}

const [WIDTH, HEIGHT, LEFT, TOP] = [720, 360, 60, 34];
const LEGEND_ROW = 16;
const MOST_NAMES = 20;

const escaped = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");

function span(lines: readonly ExportLine[], of: "x" | "y"): [number, number] {
  let [low, high] = [Infinity, -Infinity];
  for (const line of lines) {
    for (const value of line[of]) {
      if (!Number.isFinite(value)) continue;
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
  }
  return low <= high ? [low, high === low ? low + 1 : high] : [0, 1];
}

function pathOf({ x, y }: ExportLine, [x0, x1]: [number, number], [y0, y1]: [number, number]): string {
  let path = "";
  let isDown = false;
  for (let i = 0; i < x.length; i += 1) {
    const [a, b] = [x[i] ?? NaN, y[i] ?? NaN];
    const isPoint = Number.isFinite(a) && Number.isFinite(b);
    if (isPoint) {
      const px = LEFT + ((a - x0) / (x1 - x0)) * (WIDTH - LEFT - 12);
      const py = TOP + (1 - (b - y0) / (y1 - y0)) * (HEIGHT - TOP - 30);
      path += `${isDown ? "L" : "M"}${px.toFixed(1)} ${py.toFixed(1)}`;
    }
    isDown = isPoint;
  }
  return path;
}

/** A standalone picture with title, bounds of both axes and a legend. */
export function svgOf(title: string, lines: readonly ExportLine[]): string {
  const [x, y] = [span(lines, "x"), span(lines, "y")];
  const named = lines.slice(0, MOST_NAMES);
  const paths = lines.map((line) => `<path d="${pathOf(line, x, y)}" fill="none" stroke="${line.colour}" stroke-width="1.4" stroke-dasharray="${line.dash.join(" ")}"/>`);
  const legend = named.map((line, i) => `<text x="${String(LEFT)}" y="${String(HEIGHT + 10 + i * LEGEND_ROW)}" fill="${line.colour}">${escaped(line.label)}</text>`);
  const bounds = [
    `<text x="${String(LEFT - 6)}" y="${String(TOP + 8)}" text-anchor="end">${Number(y[1].toPrecision(4)).toString()}</text>`,
    `<text x="${String(LEFT - 6)}" y="${String(HEIGHT - 30)}" text-anchor="end">${Number(y[0].toPrecision(4)).toString()}</text>`,
    `<text x="${String(LEFT)}" y="${String(HEIGHT - 14)}">${Number(x[0].toPrecision(6)).toString()}</text>`,
    `<text x="${String(WIDTH - 12)}" y="${String(HEIGHT - 14)}" text-anchor="end">${Number(x[1].toPrecision(6)).toString()}</text>`,
  ];
  const height = HEIGHT + 12 + named.length * LEGEND_ROW;
  const frame = `<rect x="${String(LEFT)}" y="${String(TOP)}" width="${String(WIDTH - LEFT - 12)}" height="${String(HEIGHT - TOP - 30)}" fill="none" stroke="#ccc"/>`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${String(WIDTH)} ${String(height)}" font-family="system-ui, sans-serif" font-size="11" fill="#555">`,
    `<text x="${String(LEFT)}" y="20" font-size="14" fill="#222">${escaped(title)}</text>`,
    frame, ...bounds, ...paths, ...legend, "</svg>",
  ].join("\n");
}

import { formatNumber } from "@/core/format";
import styles from "./chart.module.css";

export interface TooltipRow {
  readonly label: string;
  readonly colour: string;
  readonly value: number;
  /** What is said after the value, in brackets. */
  readonly note: string;
  readonly isHot: boolean;
}

const MOST_ROWS = 9;
const GAP = 14;

/** One box for all charts, outside of them, so that no panel clips it. */
let box: HTMLDivElement | undefined;

function element<K extends keyof HTMLElementTagNameMap>(tag: K, className: string | undefined, text = ""): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.textContent = text;
  return made;
}

function tooltip(): HTMLDivElement {
  if (!box) {
    box = element("div", styles.tooltip);
    box.setAttribute("role", "tooltip");
    document.body.append(box);
  }
  return box;
}

function rowOf(row: TooltipRow): HTMLElement {
  const made = element("div", row.isHot ? styles.hotRow : styles.row);
  const mark = element("i", styles.mark);
  mark.style.background = row.colour;
  const value = formatNumber(row.value);
  const shown = row.note === "" ? value : `${value} (${row.note})`;
  made.append(mark, element("span", styles.label, row.label), element("b", styles.value, shown));
  return made;
}

/** The nine rows around the hot one. */
function around(rows: readonly TooltipRow[]): readonly TooltipRow[] {
  const hot = rows.findIndex((row) => row.isHot);
  const first = Math.max(0, Math.min(hot - (MOST_ROWS >> 1), rows.length - MOST_ROWS));
  return rows.slice(first, first + MOST_ROWS);
}

export function showTooltip(title: string, rows: readonly TooltipRow[], at: { x: number; y: number }): void {
  const shown = tooltip();
  const hidden = rows.length - MOST_ROWS;
  const more = hidden > 0 ? [element("div", styles.more, `${String(hidden)} more`)] : [];
  shown.replaceChildren(element("div", styles.title, title), ...around(rows).map(rowOf), ...more);
  shown.hidden = false;
  const { offsetWidth: width, offsetHeight: height } = shown;
  const left = at.x + GAP + width > innerWidth ? at.x - GAP - width : at.x + GAP;
  const top = Math.max(4, Math.min(at.y - height / 2, innerHeight - height - 4));
  shown.style.transform = `translate(${String(Math.round(left))}px, ${String(Math.round(top))}px)`;
}

export function hideTooltip(): void {
  if (box) box.hidden = true;
}

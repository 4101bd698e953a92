import type { RefObject } from "react";
import type { Line } from "../chart/lines";
import { csvOf, svgOf } from "@/core/chart-export";
import type { Choice } from "../popover";

function save(name: string, content: Blob): void {
  const url = URL.createObjectURL(content);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => { URL.revokeObjectURL(url); }, 1000);
}

/** The chart on the page's background, as a picture. */
function savePng(name: string, figure: HTMLElement | null): void {
  const canvas = figure?.querySelector("canvas");
  if (!canvas) return;
  const picture = document.createElement("canvas");
  [picture.width, picture.height] = [canvas.width, canvas.height];
  const context = picture.getContext("2d");
  if (!context) return;
  context.fillStyle = getComputedStyle(document.documentElement).getPropertyValue("--bg");
  context.fillRect(0, 0, picture.width, picture.height);
  context.drawImage(canvas, 0, 0);
  picture.toBlob((blob) => { if (blob) save(name, blob); });
}

/** What can be taken out of a panel: what it shows, as numbers or as a picture. */
export function exportChoices(metric: string, lines: readonly Line[], figure: RefObject<HTMLElement | null>): Choice[] {
  const stem = metric.replaceAll(/[^\w.-]+/g, "_");
  const isDisabled = lines.length === 0;
  return [
    { label: "CSV of what is shown", isDisabled, onChoose: () => { save(`${stem}.csv`, new Blob([csvOf(lines)], { type: "text/csv" })); } },
    { label: "PNG", isDisabled, onChoose: () => { savePng(`${stem}.png`, figure.current); } },
    { label: "SVG", isDisabled, onChoose: () => { save(`${stem}.svg`, new Blob([svgOf(metric, lines)], { type: "image/svg+xml" })); } },
    { label: "Copy the key", onChoose: () => { void navigator.clipboard.writeText(metric); } },
  ];
}

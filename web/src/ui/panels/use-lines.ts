import { useMemo } from "react";
import { useQuery } from "@tanstack/react-query";
import { bandsQuery, seriesQuery } from "@/api/run-queries";
import type { Run } from "@/api/runs";
import type { Window } from "@/api/series";
import { serverX, type Band, type PanelView } from "@/core/chart-view";
import { strokeOf } from "@/core/palette";
import type { ProjectRef } from "@/core/project";
import type { Range } from "@/core/search";
import { bandOf, curveOf, smoothOf, type Series } from "@/core/series";
import type { Line } from "../chart/lines";
import { useTheme } from "../theme";

/** Runs that are drawn as one line: their mean. `index` chooses the stroke. */
export interface RunGroup {
  readonly name: string;
  readonly index: number;
  readonly runs: readonly string[];
}

/** What is drawn in every panel of a page: runs, or groups of them. */
export interface Drawn {
  readonly project: ProjectRef;
  readonly runs: readonly Run[];
  readonly groups: readonly RunGroup[] | undefined;
  readonly band: Band;
}

/** Buckets asked for: about one per pixel of a panel, each drawn by its two extremes; fewer where lines cover each other. */
const WIDTH = 400;
const LEAST_WIDTH = 60;
const MOST_BUCKETS = 40_000;

export interface Lines {
  lines: readonly Line[];
  isLoading: boolean;
  error: Error | null;
  retry: () => void;
}

function windowOf(view: PanelView, lines: number, wide: boolean): Window {
  const width = Math.max(LEAST_WIDTH, Math.min(WIDTH, Math.floor(MOST_BUCKETS / Math.max(1, lines))));
  return {
    x: serverX(view.xaxis),
    width: wide ? 3 * width : width,
    ...(view.sw > 0 ? { smoothing: { kind: view.sk, strength: view.sw } } : {}),
    ...(view.robust ? { outliers: "iqr" as const } : {}),
  };
}

function useSeries({ project, runs, groups, band }: Drawn, key: string, window: Window, enabled: boolean) {
  const ids = useMemo(() => runs.map(({ id }) => id), [runs]);
  const grouping = useMemo(
    () => ({ groups: Object.fromEntries((groups ?? []).map((group) => [group.name, group.runs])), band: band === "none" ? ("std" as const) : band }),
    [groups, band],
  );
  const single = useQuery({ ...seriesQuery(project, ids, key, window), enabled: enabled && !groups && ids.length > 0 });
  const grouped = useQuery({ ...bandsQuery(project, grouping, key, window), enabled: enabled && groups !== undefined && groups.length > 0 });
  return groups ? grouped : single;
}

const NONE: readonly (Series | null)[] = [];

/** The curves of one key: over everything, and in detail where the page is zoomed. Nothing is fetched unless `enabled`. */
export function useLines(drawn: Drawn, key: string, view: PanelView & { x: Range | undefined }, enabled: boolean, wide = false): Lines {
  const count = drawn.groups?.length ?? drawn.runs.length;
  const whole = windowOf(view, count, wide);
  const zoomed: Window = view.x ? { ...whole, start: view.x[0], stop: view.x[1] } : whole;
  const base = useSeries(drawn, key, whole, enabled);
  const detail = useSeries(drawn, key, zoomed, enabled && view.x !== undefined);
  const found = (view.x && !detail.isPlaceholderData ? detail.data : undefined) ?? base.data ?? NONE;
  const lines = useDrawing(drawn, found);
  const retry = (): void => {
    void base.refetch();
    if (view.x) void detail.refetch();
  };
  return { lines, isLoading: base.isLoading, error: base.error ?? detail.error, retry };
}

function useDrawing({ runs, groups, band }: Drawn, found: readonly (Series | null)[]): readonly Line[] {
  const theme = useTheme();
  return useMemo(() => {
    const look = (index: number) => strokeOf(index, theme);
    if (groups) return groups.flatMap((group, i) => bandLine(group.name, found[i], look(group.index), band !== "none"));
    return runs.flatMap((run, i) => runLine(run, found[i], look(run.color_index)));
  }, [runs, groups, band, found, theme]);
}

type Look = ReturnType<typeof strokeOf>;

function runLine(run: Run, series: Series | null | undefined, look: Look): Line[] {
  if (!series || series.run !== run.id) return [];
  const logged = curveOf(series);
  const smooth = smoothOf(series);
  return [{ run: run.id, label: run.name, ...look, ...(smooth ?? logged), back: smooth && logged }];
}

function bandLine(name: string, series: Series | null | undefined, look: Look, withBand: boolean): Line[] {
  const curve = series && series.run === name ? bandOf(series) : undefined;
  if (!curve) return [];
  return [{ run: name, label: name, ...look, x: curve.x, y: curve.y, band: withBand ? curve : undefined }];
}

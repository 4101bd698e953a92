import { useMemo } from "react";
import { useQueries, type UseQueryResult } from "@tanstack/react-query";
import { seriesQuery } from "@/api/run-queries";
import type { Run } from "@/api/runs";
import type { Window } from "@/api/series";
import { serverX, type ChartView } from "@/core/chart-view";
import { strokeOf } from "@/core/palette";
import type { ProjectRef } from "@/core/project";
import { curveOf, type Series } from "@/core/series";
import { smoothed, type Bare, type Line } from "../chart/lines";
import { useTheme } from "../theme";

/** Buckets asked for: about one per pixel of a panel, each drawn by its two extremes. */
const WIDTH = 400;

export interface Lines {
  lines: readonly Line[];
  isLoading: boolean;
  error: Error | null;
  retry: () => void;
}

type Found = UseQueryResult<Series | null>;

function gather(results: Found[]) {
  return {
    series: results.map((result) => result.data ?? null),
    isLoading: results.some((result) => result.isLoading),
    error: results.find((result) => result.error)?.error ?? null,
    retry: () => { for (const result of results) if (result.error) void result.refetch(); },
  };
}

function useSeries(project: ProjectRef, runs: readonly Run[], key: string, window: Window, enabled: boolean) {
  return useQueries({
    queries: runs.map((run) => ({ ...seriesQuery(project, run.id, key, window), enabled })),
    combine: gather,
  });
}

/** The curves of one key: over everything, and in detail where the page is zoomed. Nothing is fetched unless `enabled`. */
export function useLines(project: ProjectRef, runs: readonly Run[], key: string, view: ChartView, enabled: boolean): Lines {
  const whole: Window = { x: serverX(view.xaxis), width: WIDTH };
  const zoomed: Window = view.x ? { ...whole, start: view.x[0], stop: view.x[1] } : whole;
  const base = useSeries(project, runs, key, whole, enabled);
  const detail = useSeries(project, view.x ? runs : [], key, zoomed, enabled);
  const bare = useBare(runs, base.series, detail.series);
  const lines = useMemo(() => bare.map((line) => smoothed(line, view.sw)), [bare, view.sw]);
  return { lines, isLoading: base.isLoading, error: base.error ?? detail.error, retry: () => { base.retry(); detail.retry(); } };
}

function useBare(runs: readonly Run[], base: readonly (Series | null)[], detail: readonly (Series | null)[]): Bare[] {
  const theme = useTheme();
  return useMemo(
    () =>
      runs.flatMap((run, i) => {
        const series = detail[i] ?? base[i];
        if (!series) return [];
        const { x, y } = curveOf(series);
        return [{ run: run.id, label: run.name, ...strokeOf(run.color_index, theme), x, raw: y }];
      }),
    [runs, base, detail, theme],
  );
}

/** One request for the curves that many panels ask for in the same moment. */
import { projectKey, type ProjectRef } from "@/core/project";
import type { Series } from "@/core/series";
import { getSeries } from "./runs";

/** Which x, how many buckets, which part: what all curves of one request share. */
export interface Window {
  readonly x: string;
  readonly width: number;
  readonly start?: number;
  readonly stop?: number;
}

interface Asked {
  run: string;
  key: string;
  resolve: (series: Series | null) => void;
  reject: (reason: unknown) => void;
}

interface Basket {
  project: ProjectRef;
  window: Window;
  asked: Asked[];
}

const waiting = new Map<string, Basket>();
const MOST_RUNS = 1000;

/** The curve of a key in a run, or null if the run has none. Asked in one tick, fetched in one request. */
export function loadSeries(project: ProjectRef, run: string, key: string, window: Window): Promise<Series | null> {
  return new Promise((resolve, reject) => {
    const name = JSON.stringify([projectKey(project), window]);
    const basket = waiting.get(name) ?? { project, window, asked: [] };
    if (!waiting.has(name)) {
      waiting.set(name, basket);
      setTimeout(() => {
        waiting.delete(name);
        for (const group of groups(basket.asked)) void fetchGroup(basket, group);
      });
    }
    basket.asked.push({ run, key, resolve, reject });
  });
}

/** Runs that ask for the same keys share a request, so that nothing is fetched that nobody wants. */
function groups(asked: readonly Asked[]): Asked[][] {
  const byRun = Map.groupBy(asked, (one) => one.run);
  const byKeys = Map.groupBy(byRun.values(), (ofRun) => ofRun.map((one) => one.key).sort().join("\n"));
  return [...byKeys.values()].flatMap((runs) => inSlices(runs, MOST_RUNS).map((slice) => slice.flat()));
}

function inSlices<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size));
}

async function fetchGroup({ project, window }: Basket, asked: readonly Asked[]): Promise<void> {
  const runs = [...new Set(asked.map((one) => one.run))];
  const keys = [...new Set(asked.map((one) => one.key))];
  try {
    const found = await getSeries(project, { runs, keys, ...window });
    const byName = new Map(found.map((one) => [`${one.run}\n${one.key}`, one]));
    for (const one of asked) one.resolve(byName.get(`${one.run}\n${one.key}`) ?? null);
  } catch (reason) {
    for (const one of asked) one.reject(reason);
  }
}

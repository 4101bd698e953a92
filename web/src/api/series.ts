/** One request for the curves that many panels ask for in the same moment, and a memory of what came. */
import { groupBy } from "@/core/group-by";
import { canGrow, grown, type Told } from "@/core/grow";
import { LeastRecent } from "@/core/least-recent";
import { projectKey, type ProjectRef } from "@/core/project";
import type { Series } from "@/core/series";
import { getSeries, type SeriesQuery } from "./runs";

/** Which x, how many buckets, which part, how smoothed: what all curves of one request share. */
export type Window = Omit<SeriesQuery, "runs" | "keys" | "groups" | "band">;

/** Runs to be drawn as one line with a band, by the group's name. */
export interface Grouping {
  readonly groups: Readonly<Record<string, readonly string[]>>;
  readonly band: "std" | "stderr" | "minmax";
}

interface Asked {
  runs: readonly string[];
  key: string;
  resolve: (found: (Series | null)[]) => void;
  reject: (reason: unknown) => void;
}

interface Basket {
  project: ProjectRef;
  window: Window;
  asked: Asked[];
}

const waiting = new Map<string, Basket>();
/** Curves in one answer: larger ones would let the first panel wait for the last. */
const MOST_CURVES = 2000;
const MEMORY = 96_000_000;

const sizeOf = (series: Series | null): number => 200 + 8 * Object.values(series?.columns ?? {}).reduce((sum, column) => sum + column.length, 0);
const known = new LeastRecent<Series | null>(MEMORY, sizeOf);
const nameOf = (place: string, run: string, key: string): string => `${place}\n${run}\n${key}`;

/** The curves of one key in many runs, in their order; null where a run has none. Asked in one tick, fetched in one request. */
export function loadSeries(project: ProjectRef, runs: readonly string[], key: string, window: Window): Promise<(Series | null)[]> {
  return new Promise((resolve, reject) => {
    const place = JSON.stringify([projectKey(project), window]);
    const basket = waiting.get(place) ?? { project, window, asked: [] };
    if (!waiting.has(place)) {
      waiting.set(place, basket);
      setTimeout(() => {
        waiting.delete(place);
        for (const part of parts(basket.asked)) void fetchPart(place, basket, part);
      });
    }
    basket.asked.push({ runs, key, resolve, reject });
  });
}

const isOf = (project: ProjectRef, name: string): boolean => name.startsWith(`[${JSON.stringify(projectKey(project))},`);

/**
 * The curves of runs that have changed must be fetched again; those of the others need not, and of those that are
 * `followed` only what cannot grow by the points that come.
 */
export function forgetSeries(project: ProjectRef, runs: ReadonlySet<string>, followed: ReadonlySet<string>): void {
  known.drop((name) => {
    const [place = "", run = ""] = name.split("\n");
    return isOf(project, name) && runs.has(run) && !(followed.has(run) && canGrow(windowIn(place)));
  });
}

let underway = 0;
/** What came while curves were on their way: they may have been read before it. */
const meanwhile: { home: string; told: Told }[] = [];

/** The curve with what came since it was asked for; undefined if that cannot be told. */
function caughtUp(series: Series | null, name: string, home: string, from: number): Series | null | undefined {
  const [place = "", ...rest] = name.split("\n");
  const window = windowIn(place);
  let found: Series | null | undefined = series;
  for (const { home: its, told } of meanwhile.slice(from)) {
    if (found === undefined || its !== home || `${told.run}\n${told.key}` !== rest.join("\n")) continue;
    found = canGrow(window) ? grown(found, told, window) : undefined;
  }
  return found;
}

function windowIn(place: string): Window {
  const [, window] = JSON.parse(place) as [string, Window];
  return window;
}

/** Puts points that came behind the curves that are known; what cannot grow by them is fetched when it is asked for. */
export function growSeries(project: ProjectRef, points: readonly Told[]): void {
  if (underway > 0) meanwhile.push(...points.map((told) => ({ home: projectKey(project), told })));
  const fresh = new Map(points.map((told) => [`${told.run}\n${told.key}`, told]));
  for (const [name, series] of known.entries()) {
    if (!isOf(project, name)) continue;
    const [place = "", run = "", ...key] = name.split("\n");
    const told = fresh.get(`${run}\n${key.join("\n")}`);
    if (!told) continue;
    const window = windowIn(place);
    const longer = canGrow(window) ? grown(series, told, window) : undefined;
    if (longer === undefined) known.drop((one) => one === name);
    else known.set(name, longer);
  }
}

function parts(asked: readonly Asked[]): Asked[][] {
  const found: Asked[][] = [[]];
  let size = 0;
  for (const one of asked) {
    if (size > 0 && size + one.runs.length > MOST_CURVES) {
      found.push([]);
      size = 0;
    }
    found.at(-1)?.push(one);
    size += one.runs.length;
  }
  return found;
}

/** What is not known yet, by the keys that are missing: runs that lack the same keys share a request. */
function lacking(place: string, asked: readonly Asked[]): { runs: string[]; keys: string[] }[] {
  const byRun = new Map<string, Set<string>>();
  for (const { runs, key } of asked) {
    for (const run of runs) {
      if (known.has(nameOf(place, run, key))) continue;
      const keys = byRun.get(run);
      if (keys) keys.add(key);
      else byRun.set(run, new Set([key]));
    }
  }
  const byKeys = groupBy(byRun, ([, keys]) => [...keys].sort().join("\n"));
  return [...byKeys].map(([, members]) => ({ runs: members.map(([run]) => run), keys: [...(members[0]?.[1] ?? [])] }));
}

async function fetchPart(place: string, { project, window }: Basket, asked: readonly Asked[]): Promise<void> {
  const fresh = new Map<string, Series | null>();
  const from = meanwhile.length;
  underway += 1;
  try {
    await Promise.all(lacking(place, asked).map(async ({ runs, keys }) => {
      for (const run of runs) for (const key of keys) fresh.set(nameOf(place, run, key), null);
      for (const one of await getSeries(project, { ...window, runs, keys })) fresh.set(nameOf(place, one.run, one.key), one);
    }));
    const home = projectKey(project);
    for (const [name, series] of fresh) {
      const now = caughtUp(series, name, home, from);
      if (now !== undefined) known.set(name, now);
      fresh.set(name, now ?? series);
    }
    const read = (name: string): Series | null => fresh.get(name) ?? known.get(name) ?? null;
    for (const { runs, key, resolve } of asked) resolve(runs.map((run) => read(nameOf(place, run, key))));
  } catch (reason) {
    for (const one of asked) one.reject(reason);
  } finally {
    underway -= 1;
    if (underway === 0) meanwhile.length = 0;
  }
}

interface BandAsked {
  key: string;
  resolve: (found: (Series | null)[]) => void;
  reject: (reason: unknown) => void;
}

const waitingBands = new Map<string, BandAsked[]>();
/** Keys in one answer: each takes the curves of all runs of all groups. */
const MOST_BAND_KEYS = 2;

/** The mean and band of each group for one key, in the groups' order. Asked in one tick, fetched in few requests. */
export function loadBands(project: ProjectRef, grouping: Grouping, key: string, window: Window): Promise<(Series | null)[]> {
  return new Promise((resolve, reject) => {
    const place = JSON.stringify([projectKey(project), window, grouping]);
    const basket = waitingBands.get(place) ?? [];
    basket.push({ key, resolve, reject });
    if (waitingBands.has(place)) return;
    waitingBands.set(place, basket);
    setTimeout(() => {
      waitingBands.delete(place);
      for (let i = 0; i < basket.length; i += MOST_BAND_KEYS) void fetchBands(project, grouping, window, basket.slice(i, i + MOST_BAND_KEYS));
    });
  });
}

async function fetchBands(project: ProjectRef, { groups, band }: Grouping, window: Window, asked: readonly BandAsked[]): Promise<void> {
  try {
    const found = await getSeries(project, { ...window, runs: [], keys: asked.map(({ key }) => key), groups, band });
    const byName = new Map(found.map((one) => [`${one.run}\n${one.key}`, one]));
    for (const { key, resolve } of asked) resolve(Object.keys(groups).map((name) => byName.get(`${name}\n${key}`) ?? null));
  } catch (reason) {
    for (const { reject } of asked) reject(reason);
  }
}

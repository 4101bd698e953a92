import { useEffect } from "react";
import { useQueryClient, type QueryClient } from "@tanstack/react-query";
import { forgetSeries, growSeries } from "@/api/series";
import { eventsUrl, getChanges, type Changes } from "@/api/projects";
import { backoff, Batcher } from "@/core/live";
import type { ProjectRef } from "@/core/project";
import { setConnection } from "@/ui/connection";
import { Tail } from "./tail";

/** At most one round of refreshing in so many seconds, however fast a run logs. */
const INTERVAL = 1;

const OF_RUN = new Set(["run", "keys", "series", "values", "console", "run-files", "run-artifacts", "alerts"]);
const OF_PROJECT = new Set(["runs", "run-columns", "project"]);
const OF_ARTIFACTS = new Set(["collection", "collections", "version", "version-runs", "run-artifacts", "graph", "project"]);

type News = `run ${string}` | "collections";

/** Is a query about one of these runs? It names one run, or a list of them. */
function isAbout(named: unknown, runs: ReadonlySet<string>): boolean {
  if (Array.isArray(named)) return named.some((run) => runs.has(String(run)));
  return runs.has(String(named)) || (named === "latest" && runs.size > 0);
}

/** Which of the runs have curves on screen. */
function drawnOf(client: QueryClient, { entity, project }: ProjectRef, runs: ReadonlySet<string>): string[] {
  const shown = client.getQueryCache().findAll({ queryKey: ["series", entity, project], type: "active" });
  const drawn = new Set(shown.flatMap(({ queryKey }) => (queryKey[3] as string[] | undefined) ?? []));
  return [...runs].filter((run) => drawn.has(run));
}

/** Draws the curves of these runs anew; what of them is known is not fetched. */
function redraw(client: QueryClient, { entity, project }: ProjectRef, runs: ReadonlySet<string>): void {
  void client.invalidateQueries({ queryKey: ["series", entity, project], predicate: ({ queryKey }) => isAbout(queryKey[3], runs) });
}

function tailOf(client: QueryClient, project: ProjectRef): Tail {
  return new Tail(project, {
    onTurn: (runs) => {
      forgetSeries(project, runs, NONE);
      redraw(client, project, runs);
    },
    onNews: ({ points, again }) => {
      growSeries(project, points);
      forgetSeries(project, new Set(again), NONE);
      redraw(client, project, new Set([...points.map(({ run }) => run), ...again]));
    },
  });
}

const NONE: ReadonlySet<string> = new Set();

/** Refreshes what is on screen and has changed; what is not on screen is marked as old only. */
function refresh(client: QueryClient, ref: ProjectRef, news: readonly News[], tail: Tail): void {
  const { entity, project } = ref;
  const runs = new Set(news.filter((one) => one !== "collections").map((one) => one.slice(4)));
  const collections = news.includes("collections");
  tail.follow(drawnOf(client, ref, runs));
  forgetSeries(ref, runs, tail.runs);
  void client.invalidateQueries({
    predicate: ({ queryKey: [what, inEntity, inProject, run] }) => {
      if (inEntity !== entity || inProject !== project) return false;
      const name = String(what);
      if (runs.size > 0 && (OF_PROJECT.has(name) || name === "graph")) return true;
      return (collections && OF_ARTIFACTS.has(name)) || (OF_RUN.has(name) && isAbout(run, runs));
    },
  });
}

/** One stream of news of a project. It sleeps while the page is hidden and catches up by its cursor. */
class Feed {
  private source: EventSource | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private cursor: number | undefined;
  private failures = 0;
  private isOver = false;

  constructor(
    private readonly project: ProjectRef,
    private readonly tell: (changes: Changes) => void,
  ) {}

  start(): void {
    document.addEventListener("visibilitychange", this.turn);
    this.turn();
  }

  stop(): void {
    this.isOver = true;
    document.removeEventListener("visibilitychange", this.turn);
    this.close();
  }

  private readonly turn = (): void => {
    if (document.hidden) this.close();
    else void this.open();
  };

  private close(): void {
    clearTimeout(this.timer);
    this.source?.close();
    this.source = undefined;
  }

  private async open(): Promise<void> {
    this.close();
    try {
      this.cursor ??= (await getChanges(this.project, 0)).cursor;
    } catch {
      this.tryAgain();
      return;
    }
    if (!this.isOver && !document.hidden) this.connect(this.cursor);
  }

  private connect(cursor: number): void {
    const source = new EventSource(eventsUrl(this.project, cursor));
    source.addEventListener("open", () => {
      this.failures = 0;
      setConnection("live");
    });
    source.addEventListener("changes", (event: MessageEvent<string>) => { this.hear(event.data); });
    source.addEventListener("message", (event: MessageEvent<string>) => { this.hear(event.data); });
    source.addEventListener("error", () => { this.tryAgain(); });
    this.source = source;
  }

  private hear(data: string): void {
    const changes = JSON.parse(data) as Changes;
    this.cursor = changes.cursor;
    this.tell(changes);
  }

  private tryAgain(): void {
    this.close();
    if (this.isOver) return;
    this.failures += 1;
    if (this.failures > 1) setConnection("offline");
    this.timer = setTimeout(() => { void this.open(); }, backoff(this.failures) * 1000);
  }
}

/** Keeps everything about a project on screen up to date, without a reload. */
export function useLive({ entity, project }: ProjectRef): void {
  const client = useQueryClient();
  useEffect(() => {
    const ref = { entity, project };
    const tail = tailOf(client, ref);
    const batcher = new Batcher<News>(INTERVAL, (news) => { refresh(client, ref, news, tail); });
    const feed = new Feed(ref, ({ runs, collections }) => {
      batcher.add([...runs.map((run): News => `run ${run}`), ...(collections.length > 0 ? (["collections"] as const) : [])]);
    });
    feed.start();
    const sleep = (): void => { if (document.hidden) tail.stop(); };
    document.addEventListener("visibilitychange", sleep);
    return () => {
      document.removeEventListener("visibilitychange", sleep);
      tail.stop();
      feed.stop();
      batcher.stop();
      setConnection("idle");
    };
  }, [client, entity, project]);
}

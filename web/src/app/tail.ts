import { liveUrl } from "@/api/projects";
import type { Told } from "@/core/grow";
import type { ProjectRef } from "@/core/project";

/** One event of the stream: points, and runs that more happened to than is told. */
export interface News {
  readonly cursor: number;
  readonly points: readonly Told[];
  readonly again: readonly string[];
}

/** Runs in one stream; those beyond are read again when they change. */
const MOST = 100;
/** A run that was silent for so many milliseconds is no longer followed. */
const SILENCE = 60_000;

interface Heard {
  /** These runs logged; their points come from now on, or are no longer told: read their curves once more. */
  onTurn: (runs: ReadonlySet<string>) => void;
  onNews: (news: News) => void;
}

/** Follows runs that log: their points come by themselves, so that nothing has to be read a second time. */
export class Tail {
  private source: EventSource | undefined;
  private cursor: number | undefined;
  private readonly heard = new Map<string, number>();
  private readonly told = new Set<string>();

  constructor(
    private readonly project: ProjectRef,
    private readonly tell: Heard,
  ) {}

  /** The runs whose points come. */
  get runs(): ReadonlySet<string> {
    return this.told;
  }

  /** These runs have changed: follow them, and leave those that were silent for long. */
  follow(runs: Iterable<string>, now = Date.now()): void {
    const before = this.heard.size;
    for (const run of runs) if (this.heard.has(run) || this.heard.size < MOST) this.heard.set(run, now);
    const silent = [...this.heard].filter(([, at]) => now - at > SILENCE).map(([run]) => run);
    for (const run of silent) this.heard.delete(run);
    if (silent.length > 0) this.leave(silent);
    if (silent.length > 0 || this.heard.size > before) this.connect();
  }

  stop(): void {
    this.source?.close();
    this.source = undefined;
    this.cursor = undefined;
    this.heard.clear();
    this.told.clear();
  }

  private leave(runs: readonly string[]): void {
    for (const run of runs) this.told.delete(run);
    this.tell.onTurn(new Set(runs));
  }

  private connect(): void {
    this.source?.close();
    this.source = undefined;
    const runs = [...this.heard.keys()];
    if (runs.length === 0) return;
    const source = new EventSource(liveUrl(this.project, runs, this.cursor));
    source.addEventListener("points", (event: MessageEvent<string>) => { this.hear(runs, JSON.parse(event.data) as News); });
    source.addEventListener("error", () => { if (source.readyState === EventSource.CLOSED) this.stop(); });
    this.source = source;
  }

  /** From the first event on nothing is missed: what is read after it goes on with the points of the next. */
  private hear(runs: readonly string[], news: News): void {
    this.cursor = news.cursor;
    const fresh = runs.filter((run) => !this.told.has(run));
    for (const run of runs) this.told.add(run);
    this.tell.onNews(news);
    if (fresh.length > 0) this.tell.onTurn(new Set(fresh));
  }
}

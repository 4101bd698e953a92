/** How long to wait before the next try: 1, 2, 4 … 30 seconds. */
export function backoff(failures: number): number {
  return Math.min(30, 2 ** Math.max(0, failures - 1));
}

/** Collects what happens and hands it over at most once per `interval` seconds. */
export class Batcher<T> {
  private readonly waiting = new Set<T>();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly interval: number;
  private readonly deliver: (items: readonly T[]) => void;

  constructor(interval: number, deliver: (items: readonly T[]) => void) {
    this.interval = interval;
    this.deliver = deliver;
  }

  add(items: Iterable<T>): void {
    for (const item of items) this.waiting.add(item);
    if (this.waiting.size > 0) this.timer ??= setTimeout(() => { this.flush(); }, this.interval * 1000);
  }

  private flush(): void {
    const items = [...this.waiting];
    this.waiting.clear();
    this.timer = undefined;
    this.deliver(items);
  }

  stop(): void {
    clearTimeout(this.timer);
    this.waiting.clear();
  }
}

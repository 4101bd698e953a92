/** A map of bounded size: what was not looked at for longest goes first. */
export class LeastRecent<V> {
  private readonly items = new Map<string, V>();
  private used = 0;

  constructor(
    private readonly room: number,
    private readonly sizeOf: (value: V) => number,
  ) {}

  has(name: string): boolean {
    return this.items.has(name);
  }

  get(name: string): V | undefined {
    const value = this.items.get(name);
    if (value === undefined) return undefined;
    this.items.delete(name);
    this.items.set(name, value);
    return value;
  }

  set(name: string, value: V): void {
    this.remove(name);
    this.items.set(name, value);
    this.used += this.sizeOf(value);
    for (const oldest of this.items.keys()) {
      if (this.used <= this.room || oldest === name) break;
      this.remove(oldest);
    }
  }

  /** All that is held, which does not count as looking at it. */
  entries(): [string, V][] {
    return [...this.items];
  }

  /** Forget everything whose name passes. */
  drop(test: (name: string) => boolean): void {
    for (const name of [...this.items.keys()]) if (test(name)) this.remove(name);
  }

  private remove(name: string): void {
    const value = this.items.get(name);
    if (value === undefined) return;
    this.items.delete(name);
    this.used -= this.sizeOf(value);
  }
}

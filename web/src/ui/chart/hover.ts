/**
 * What the pointer is on, shared by every chart and list of the page. It lives outside React: moving the pointer over
 * twenty panels must not render anything anew.
 */
type Listener = () => void;

interface Hover {
  /** The run that is pointed at. */
  run: string | undefined;
  /** The x that is pointed at, and the chart that says so. */
  x: number | undefined;
  source: object | undefined;
}

const hover: Hover = { run: undefined, x: undefined, source: undefined };
const listeners = new Set<Listener>();

export function readHover(): Readonly<Hover> {
  return hover;
}

export function setHover(next: Partial<Hover>): void {
  const changed = (Object.keys(next) as (keyof Hover)[]).some((key) => next[key] !== hover[key]);
  if (!changed) return;
  Object.assign(hover, next);
  for (const listener of listeners) listener();
}

export function clearHover(): void {
  setHover({ run: undefined, x: undefined, source: undefined });
}

export function onHover(listener: Listener): () => void {
  listeners.add(listener);
  return () => { listeners.delete(listener); };
}

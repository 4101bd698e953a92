import { useCallback, useMemo, useRef, useState } from "react";
import type { Row } from "./columns";

/** Which rows are marked, to do something with all of them. */
export interface Selection {
  readonly ids: ReadonlySet<string>;
  readonly toggle: (id: string, range: boolean) => void;
  readonly set: (ids: Iterable<string>) => void;
  readonly clear: () => void;
}

/** From the last marked row to this one, in the order of the list. */
export function span(order: readonly string[], from: string | undefined, to: string): string[] {
  const [a, b] = [from === undefined ? -1 : order.indexOf(from), order.indexOf(to)];
  if (a < 0 || b < 0) return [to];
  return order.slice(Math.min(a, b), Math.max(a, b) + 1);
}

/** Marks of rows; rows that are no longer listed are no longer marked. */
export function useSelection(rows: readonly Row[]): Selection {
  const order = useMemo(() => rows.map(({ run }) => run.id), [rows]);
  const [marked, setMarked] = useState<ReadonlySet<string>>(new Set());
  const last = useRef<string>(undefined);
  const listed = useMemo(() => new Set(order), [order]);
  const ids = useMemo(() => new Set([...marked].filter((id) => listed.has(id))), [marked, listed]);
  const toggle = useCallback((id: string, range: boolean) => {
    const touched = range ? span(order, last.current, id) : [id];
    last.current = id;
    setMarked((old) => {
      const next = new Set(old);
      const isOn = !old.has(id);
      for (const one of touched) {
        if (isOn) next.add(one);
        else next.delete(one);
      }
      return next;
    });
  }, [order]);
  const set = useCallback((next: Iterable<string>) => { setMarked(new Set(next)); }, []);
  const clear = useCallback(() => { setMarked(new Set()); }, []);
  return useMemo(() => ({ ids, toggle, set, clear }), [ids, toggle, set, clear]);
}

import { useEffect, useRef, useState, type RefObject } from "react";

export interface VirtualRange {
  readonly start: number;
  readonly stop: number;
}

const OVERSCAN = 10;

/** Which of `count` equal rows are in view of the scrolling element. `head` px of it stand before the first row. */
export function useVirtual<E extends HTMLElement>(count: number, height: number, head = 0): [RefObject<E | null>, VirtualRange] {
  const ref = useRef<E>(null);
  const [range, setRange] = useState<VirtualRange>({ start: 0, stop: 60 });
  useEffect(() => {
    const box = ref.current;
    if (!box) return;
    const measure = (): void => {
      const start = Math.max(0, Math.floor((box.scrollTop - head) / height) - OVERSCAN);
      const stop = Math.ceil((box.scrollTop - head + box.clientHeight) / height) + OVERSCAN;
      setRange((old) => (old.start === start && old.stop === stop ? old : { start, stop }));
    };
    measure();
    box.addEventListener("scroll", measure, { passive: true });
    const observer = new ResizeObserver(measure);
    observer.observe(box);
    return () => {
      box.removeEventListener("scroll", measure);
      observer.disconnect();
    };
  }, [count, height, head]);
  const stop = Math.min(count, range.stop);
  return [ref, { start: Math.min(range.start, stop), stop }];
}

export interface VirtualColumns extends VirtualRange {
  /** Room in px that the columns before the first take. */
  readonly before: number;
}

const SIDE = 200;

/** Which columns are in view of the scrolling element, beside one of `fixed` px that stays. */
export function useVirtualColumns(ref: RefObject<HTMLElement | null>, widths: readonly number[], fixed: number): VirtualColumns {
  const [seen, setSeen] = useState<VirtualColumns>(() => columnsIn(widths, 0, 2000));
  useEffect(() => {
    const box = ref.current;
    if (!box) return;
    const measure = (): void => {
      const next = columnsIn(widths, box.scrollLeft - SIDE, box.clientWidth - fixed + 2 * SIDE);
      setSeen((old) => (old.start === next.start && old.stop === next.stop && old.before === next.before ? old : next));
    };
    measure();
    box.addEventListener("scroll", measure, { passive: true });
    const observer = new ResizeObserver(measure);
    observer.observe(box);
    return () => {
      box.removeEventListener("scroll", measure);
      observer.disconnect();
    };
  }, [ref, widths, fixed]);
  return seen;
}

/** The columns that show in `room` px from `left` on. */
export function columnsIn(widths: readonly number[], left: number, room: number): VirtualColumns {
  let [start, before] = [0, 0];
  while (start < widths.length - 1 && before + (widths[start] ?? 0) <= left) {
    before += widths[start] ?? 0;
    start += 1;
  }
  let [stop, end] = [start, before];
  while (stop < widths.length && end < left + room) {
    end += widths[stop] ?? 0;
    stop += 1;
  }
  return { start, stop, before };
}

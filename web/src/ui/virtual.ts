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

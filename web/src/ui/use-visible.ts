import { useEffect, useRef, useState, type RefObject } from "react";

/** Is the element on screen, or nearly? What is not need neither fetch nor draw. */
export function useVisible(margin = 300): [RefObject<HTMLDivElement | null>, boolean] {
  const ref = useRef<HTMLDivElement>(null);
  const [isVisible, setVisible] = useState(false);
  useEffect(() => {
    if (!ref.current) return;
    const observer = new IntersectionObserver(
      (entries) => { setVisible(entries.some((entry) => entry.isIntersecting)); },
      { rootMargin: `${String(margin)}px` },
    );
    observer.observe(ref.current);
    return () => { observer.disconnect(); };
  }, [margin]);
  return [ref, isVisible];
}

import { useEffect } from "react";

/** What the browser's tab says: the most particular part first. */
export function usePageTitle(...parts: readonly (string | undefined)[]): void {
  const title = [...parts.filter((part) => part !== undefined), "Museion"].join(" · ");
  useEffect(() => {
    document.title = title;
  }, [title]);
}

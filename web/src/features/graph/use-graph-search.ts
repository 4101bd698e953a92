import { useCallback, useMemo } from "react";
import { useLocation, useRouter } from "@tanstack/react-router";
import { parseSearch, stringifySearch } from "@/core/search";
import { readGraphSearch, writeGraphSearch, type GraphSearch } from "./graph-search";

export type ChangeSearch = (change: Partial<GraphSearch>, options?: { replace?: boolean }) => void;

/** The view as the address tells it, and how to change it: a step in the history, or (typing) in its place. */
export function useGraphSearch(): [GraphSearch, ChangeSearch, (change: Partial<GraphSearch>) => string] {
  const router = useRouter();
  const { searchStr, pathname } = useLocation();
  const search = useMemo(() => readGraphSearch(parseSearch(searchStr)), [searchStr]);
  const hrefOf = useCallback(
    (change: Partial<GraphSearch>) => pathname + stringifySearch(writeGraphSearch({ ...search, ...change })),
    [pathname, search],
  );
  const change = useCallback<ChangeSearch>(
    (next, options) => {
      if (options?.replace) router.history.replace(hrefOf(next));
      else router.history.push(hrefOf(next));
    },
    [router, hrefOf],
  );
  return [search, change, hrefOf];
}

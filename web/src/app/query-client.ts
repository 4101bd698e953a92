import { QueryClient } from "@tanstack/react-query";
import { ApiError } from "@/api/client";

const MOST_TRIES = 3;

/** What the server refuses it will refuse again; what was lost on the way is asked again. */
function shouldRetry(failures: number, error: Error): boolean {
  const isPassing = error instanceof ApiError && (error.status === 0 || error.status >= 502);
  return isPassing && failures < MOST_TRIES;
}

export const queryClient = new QueryClient({
  defaultOptions: { queries: { staleTime: 30_000, refetchOnWindowFocus: false, retry: shouldRetry } },
});

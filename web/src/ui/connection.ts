import { useSyncExternalStore } from "react";

/** How the page stands with the server; `since` in milliseconds since the epoch. */
export type Connection = { state: "idle" | "live" } | { state: "offline"; since: number };

let now: Connection = { state: "idle" };
const listeners = new Set<() => void>();

export function setConnection(state: Connection["state"]): void {
  if (state === now.state) return;
  now = state === "offline" ? { state, since: Date.now() } : { state };
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => { listeners.delete(listener); };
}

export function useConnection(): Connection {
  return useSyncExternalStore(subscribe, () => now);
}

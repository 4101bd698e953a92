export type RunState = "running" | "finished" | "failed" | "crashed" | "killed" | "preempting";

/** A run that may still say something. */
export function isLive(state: RunState): boolean {
  return state === "running" || state === "preempting";
}

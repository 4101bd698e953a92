import { useEffect, useState } from "react";
import type { Run } from "@/api/runs";
import { formatAgo, formatDuration } from "@/core/format";
import { isLive } from "@/core/run-state";

const TICK = 1000;

/** Seconds since the epoch, moving on while `moving`. */
function useNow(moving: boolean, tick = TICK): number {
  const [now, setNow] = useState(() => Date.now() / 1000);
  useEffect(() => {
    if (!moving) return;
    const timer = setInterval(() => { setNow(Date.now() / 1000); }, tick);
    return () => { clearInterval(timer); };
  }, [moving, tick]);
  return now;
}

/** How long the run took, or has been running. */
export function Duration({ run }: { run: Run }) {
  const live = isLive(run.state);
  const now = useNow(live);
  const end = run.finished_at ?? (live ? now : run.heartbeat_at);
  return <>{formatDuration(Math.max(0, end - run.created_at))}</>;
}

export function Ago({ time }: { time: number }) {
  return <>{formatAgo(time, useNow(true, 30 * TICK))}</>;
}

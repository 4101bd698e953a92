import { useCallback, useEffect, useMemo, useState } from "react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { consoleQuery } from "@/api/run-queries";
import type { ConsoleLine, Run } from "@/api/runs";
import { lastOverwrite, parseAnsi } from "@/core/ansi";
import { formatTime } from "@/core/format";
import type { ProjectRef } from "@/core/project";
import panels from "@/ui/panels/panels.module.css";
import { FilterField } from "@/ui/panels/toolbar";
import { Failure } from "@/ui/parts";
import { useVirtual } from "@/ui/virtual";
import type { ChangeRun } from "./page";
import styles from "./run.module.css";

interface LogsTabProps {
  project: ProjectRef;
  run: Run;
  find: string | undefined;
  onChange: ChangeRun;
}

const NO_LINES: readonly ConsoleLine[] = [];

/** What the run printed. It follows the end until one scrolls away from it. */
export function LogsTab({ project, run, find, onChange }: LogsTabProps) {
  const [isFollowing, setFollowing] = useState(true);
  const { data, error, refetch, hasNextPage, isFetching, fetchNextPage } = useInfiniteQuery(consoleQuery(project, run.id, find));
  const lines = useMemo(() => data?.pages.flatMap((page) => page.lines) ?? NO_LINES, [data]);
  const total = data?.pages.at(-1)?.total ?? 0;
  const onFind = useCallback((text: string | undefined) => { onChange({ find: text }); }, [onChange]);
  const onMore = useCallback(() => { void fetchNextPage(); }, [fetchNextPage]);
  const more = hasNextPage && !isFetching ? onMore : undefined;
  return (
    <div className={styles.logs}>
      <div className={`toolbar ${panels.toolbar ?? ""}`}>
        <FilterField main label="Search the log" placeholder="Search the log" value={find} onChange={onFind} />
        <span className="muted num">{total.toLocaleString("en-US")} {find === undefined ? "lines" : "found"}</span>
        <span className="grow" />
        <button type="button" className="button" aria-pressed={isFollowing} onClick={() => { setFollowing(!isFollowing); }}>Follow the end</button>
      </div>
      {error && lines.length === 0 && <Failure error={error} onRetry={() => { void refetch(); }} />}
      {data && lines.length === 0 && <p className={panels.message}>{find === undefined ? "The run has printed nothing yet." : `No line holds “${find}”.`}</p>}
      {lines.length > 0 && <Lines lines={lines} isFollowing={isFollowing} onFollow={setFollowing} onMore={more} />}
    </div>
  );
}

interface LinesProps {
  lines: readonly ConsoleLine[];
  isFollowing: boolean;
  onFollow: (following: boolean) => void;
  onMore: (() => void) | undefined;
}

const ROW = 19;
const NEAR_END = 200;
/** Pixels from the end that still count as the end. */
const SLACK = 4;

function Lines({ lines, isFollowing, onFollow, onMore }: LinesProps) {
  const [box, { start, stop }] = useVirtual<HTMLDivElement>(lines.length, ROW);
  useEffect(() => {
    if (isFollowing && box.current) box.current.scrollTop = box.current.scrollHeight;
  }, [box, isFollowing, lines]);
  useEffect(() => {
    if (onMore && (isFollowing || stop > lines.length - NEAR_END)) onMore();
  }, [isFollowing, stop, lines.length, onMore]);
  const onWheel = (): void => {
    const element = box.current;
    if (element && isFollowing && element.scrollTop + element.clientHeight < element.scrollHeight - SLACK) onFollow(false);
  };
  return (
    // A scrolling region is reached by the keyboard, so that it can be scrolled.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className={styles.lines} ref={box} role="log" aria-label="console output" aria-live="off" tabIndex={0} onWheel={() => { requestAnimationFrame(onWheel); }}>
      <div style={{ height: lines.length * ROW, position: "relative", minWidth: "max-content" }}>
        <div style={{ transform: `translateY(${String(start * ROW)}px)` }}>
          {lines.slice(start, stop).map((line) => <LogLine key={line.number} line={line} />)}
        </div>
      </div>
    </div>
  );
}

function LogLine({ line }: { line: ConsoleLine }) {
  return (
    <div className={styles.line} data-stream={line.stream} title={formatTime(line.time)} style={{ height: ROW }}>
      <span className={styles.number} aria-hidden="true">{line.number + 1}</span>
      {parseAnsi(lastOverwrite(line.text)).map((span, i) => <span key={i} className={span.classes || undefined}>{span.text}</span>)}
    </div>
  );
}

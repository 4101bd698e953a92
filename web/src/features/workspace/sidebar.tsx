import { memo, useCallback, useEffect, useMemo, type MouseEvent } from "react";
import { Link } from "@tanstack/react-router";
import type { Run } from "@/api/runs";
import { flatten } from "@/core/flatten";
import type { ProjectRef } from "@/core/project";
import { plural } from "@/core/format";
import { flipped, toggled } from "@/core/run-list";
import { clearHover, onHover, readHover, setHover } from "@/ui/chart/hover";
import { FilterField } from "@/ui/panels/toolbar";
import { Eye, RunStroke, State } from "@/ui/parts";
import { useVirtual } from "@/ui/virtual";
import type { RunGroup } from "@/ui/panels/use-lines";
import { FilterProblem, GroupField, ListMenu, StateChips } from "@/ui/runs/list-fields";
import type { WorkspaceSearch } from "./search";
import styles from "./workspace.module.css";

interface SidebarProps {
  project: ProjectRef;
  runs: readonly Run[];
  total: number;
  /** Ids of the runs that are drawn. */
  drawn: ReadonlySet<string>;
  groups: readonly RunGroup[] | undefined;
  /** What is wrong with the filter, or with the connection. */
  error: Error | null;
  search: WorkspaceSearch;
  onChange: (change: Partial<WorkspaceSearch>) => void;
  /** Asks for the next page; undefined when there is none or it is on its way. */
  onMore: (() => void) | undefined;
}

const ROW = 30;

/** The list of runs: which are drawn, in which stroke. However many there are, only those in view are rendered. */
export function Sidebar({ project, runs, total, drawn, groups, search, error, onChange, onMore }: SidebarProps) {
  const [box, { start, stop }] = useVirtual<HTMLDivElement>(runs.length, ROW);
  useMoreAtEnd(stop, runs.length, onMore);
  useHotRow(box);
  const groupOf = new Map((groups ?? []).flatMap(({ index, runs: held }) => held.map((run) => [run, index] as const)));
  const onEye = useCallback(
    (run: string, alone: boolean) => { onChange(alone ? { only: search.only[0] === run ? [] : [run] } : toggled(search, run)); },
    [onChange, search],
  );
  const onPin = useCallback((run: string) => { onChange({ pin: flipped(search.pin, run) }); }, [onChange, search.pin]);
  return (
    <aside className={styles.sidebar} aria-label="runs">
      <SidebarHead search={search} total={total} onChange={onChange} runs={runs} />
      <FilterProblem error={error} list={search} />
      <div className={styles.list} ref={box} role="list">
        <div style={{ height: runs.length * ROW, position: "relative" }}>
          {runs.slice(start, stop).map((run, i) => (
            <SidebarRow key={run.id} project={project} run={run} top={(start + i) * ROW} isDrawn={drawn.has(run.id)} isPinned={search.pin.includes(run.id)}
              stroke={groupOf.get(run.id) ?? run.color_index} onEye={onEye} onPin={onPin} />
          ))}
        </div>
        {total === 0 && !error && <p className="notice">No run matches.</p>}
      </div>
    </aside>
  );
}

function SidebarHead({ search, total, runs, onChange }: Pick<SidebarProps, "search" | "total" | "runs" | "onChange">) {
  const isNarrowed = search.only.length > 0 || search.hide.length > 0;
  const onSearch = useCallback((q: string | undefined) => { onChange({ q }); }, [onChange]);
  const keys = useMemo(() => configKeys(runs), [runs]);
  return (
    <div className={styles.head}>
      <FilterField main label="Filter runs" placeholder={`Search ${plural(total, "run")}, or filter: config.lr < 1e-3`} value={search.q} onChange={onSearch} />
      <div className={styles.chips}>
        <StateChips list={search} onChange={onChange} />
        <GroupField list={search} keys={keys} onChange={onChange} />
        <ListMenu list={search} onChange={onChange} />
        {isNarrowed && <button type="button" className="button" onClick={() => { onChange({ hide: [], only: [] }); }}>Show all</button>}
      </div>
    </div>
  );
}

const SAMPLE = 200;

/** Keys of the config of the first runs. */
function configKeys(runs: readonly Run[]): string[] {
  const keys = new Set(runs.slice(0, SAMPLE).flatMap((run) => flatten(run.config).map(([key]) => `config.${key}`)));
  return [...keys].sort();
}

interface SidebarRowProps {
  project: ProjectRef;
  run: Run;
  top: number;
  isDrawn: boolean;
  isPinned: boolean;
  /** Number of the stroke: the run's own, or its group's. */
  stroke: number;
  onEye: (run: string, alone: boolean) => void;
  onPin: (run: string) => void;
}

const SidebarRow = memo(function SidebarRow({ project, run, top, isDrawn, isPinned, stroke, onEye, onPin }: SidebarRowProps) {
  const click = (event: MouseEvent): void => { onEye(run.id, event.altKey); };
  return (
    <div className={styles.row} role="listitem" data-run={run.id} data-drawn={isDrawn} style={{ top, height: ROW }}
      onMouseEnter={() => { setHover({ run: run.id, x: undefined, source: undefined }); }} onMouseLeave={clearHover}>
      <button type="button" className={styles.eye} aria-pressed={isDrawn} aria-label={`Draw ${run.name}`} title="Draw (Alt: only this)" onClick={click}>
        <Eye open={isDrawn} />
      </button>
      <RunStroke index={stroke} />
      <Link to="/$entity/$project/runs/$run" params={{ ...project, run: run.id }} className={`cut ${styles.name ?? ""}`} title={run.name}>{run.name}</Link>
      {run.state !== "finished" && <State state={run.state} bare />}
      {run.job_type && <span className={`cut ${styles.job ?? ""}`}>{run.job_type}</span>}
      <button type="button" className={styles.pin} aria-pressed={isPinned} aria-label={`Pin ${run.name}`} title="Pin: always first and drawn" onClick={() => { onPin(run.id); }}>
        <Pin filled={isPinned} />
      </button>
    </div>
  );
});

function Pin({ filled }: { filled: boolean }) {
  return (
    <svg width={12} height={12} viewBox="0 0 12 12" fill={filled ? "currentColor" : "none"} stroke="currentColor" strokeWidth={1.2} aria-hidden="true">
      <path d="M4 1.5h4l-.6 3.4 2.1 1.9H2.500l2.100-1.900zM6 6.800V11" />
    </svg>
  );
}

const NEAR_END = 30;

function useMoreAtEnd(stop: number, count: number, onMore: (() => void) | undefined): void {
  useEffect(() => {
    if (onMore && count > 0 && stop > count - NEAR_END) onMore();
  }, [stop, count, onMore]);
}

/** Marks the row of the run that a chart points at, without rendering the list anew. */
function useHotRow(box: { readonly current: HTMLElement | null }): void {
  useEffect(
    () =>
      onHover(() => {
        const { run } = readHover();
        for (const row of box.current?.querySelectorAll<HTMLElement>("[data-run]") ?? []) {
          row.toggleAttribute("data-hot", row.dataset["run"] === run);
        }
      }),
    [box],
  );
}

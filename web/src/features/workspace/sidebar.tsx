import { memo, useCallback, useEffect, type MouseEvent } from "react";
import { Link } from "@tanstack/react-router";
import type { Run } from "@/api/runs";
import type { ProjectRef } from "@/core/project";
import { clearHover, onHover, readHover, setHover } from "@/ui/chart/hover";
import { FilterField } from "@/ui/panels/toolbar";
import { RunStroke, State } from "@/ui/parts";
import { useVirtual } from "@/ui/virtual";
import { toggled, type WorkspaceSearch } from "./search";
import styles from "./workspace.module.css";

interface SidebarProps {
  project: ProjectRef;
  runs: readonly Run[];
  total: number;
  drawn: readonly Run[];
  search: WorkspaceSearch;
  onChange: (change: Partial<WorkspaceSearch>) => void;
  /** Asks for the next page; undefined when there is none or it is on its way. */
  onMore: (() => void) | undefined;
}

const ROW = 30;
const STATES = ["running", "finished", "failed", "crashed", "killed"];

/** The list of runs: which are drawn, in which stroke. However many there are, only those in view are rendered. */
export function Sidebar({ project, runs, total, drawn, search, onChange, onMore }: SidebarProps) {
  const [box, { start, stop }] = useVirtual<HTMLDivElement>(runs.length, ROW);
  useMoreAtEnd(stop, runs.length, onMore);
  useHotRow(box);
  const shown = new Set(drawn.map((run) => run.id));
  const onEye = useCallback(
    (run: string, alone: boolean) => { onChange(alone ? { only: search.only[0] === run ? [] : [run] } : toggled(search, run)); },
    [onChange, search],
  );
  return (
    <aside className={styles.sidebar} aria-label="runs">
      <SidebarHead search={search} total={total} onChange={onChange} />
      <div className={styles.list} ref={box} role="list">
        <div style={{ height: runs.length * ROW, position: "relative" }}>
          {runs.slice(start, stop).map((run, i) => (
            <SidebarRow key={run.id} project={project} run={run} top={(start + i) * ROW} isDrawn={shown.has(run.id)} onEye={onEye} />
          ))}
        </div>
        {total === 0 && <p className="notice">No run matches.</p>}
      </div>
    </aside>
  );
}

function SidebarHead({ search, total, onChange }: Pick<SidebarProps, "search" | "total" | "onChange">) {
  const isNarrowed = search.only.length > 0 || search.hide.length > 0;
  const onSearch = useCallback((q: string | undefined) => { onChange({ q }); }, [onChange]);
  return (
    <div className={styles.head}>
      <FilterField main label="Filter runs" placeholder={`Search ${total.toLocaleString("en-US")} runs`} value={search.q} onChange={onSearch} />
      <select className="select" aria-label="State" value={search.state ?? ""} onChange={(event) => { onChange({ state: event.target.value || undefined }); }}>
        <option value="">any state</option>
        {STATES.map((state) => <option key={state}>{state}</option>)}
      </select>
      {isNarrowed && <button type="button" className="button" onClick={() => { onChange({ hide: [], only: [] }); }}>Show all</button>}
    </div>
  );
}

interface SidebarRowProps {
  project: ProjectRef;
  run: Run;
  top: number;
  isDrawn: boolean;
  onEye: (run: string, alone: boolean) => void;
}

const SidebarRow = memo(function SidebarRow({ project, run, top, isDrawn, onEye }: SidebarRowProps) {
  const click = (event: MouseEvent): void => { onEye(run.id, event.altKey); };
  return (
    <div className={styles.row} role="listitem" data-run={run.id} data-drawn={isDrawn} style={{ top, height: ROW }}
      onMouseEnter={() => { setHover({ run: run.id, x: undefined, source: undefined }); }} onMouseLeave={clearHover}>
      <button type="button" className={styles.eye} aria-pressed={isDrawn} aria-label={`Draw ${run.name}`} title="Draw (Alt: only this)" onClick={click}>
        <Eye open={isDrawn} />
      </button>
      <RunStroke index={run.color_index} />
      <Link to="/$entity/$project/runs/$run" params={{ ...project, run: run.id }} className={`cut ${styles.name ?? ""}`} title={run.name}>{run.name}</Link>
      {run.state !== "finished" && <State state={run.state} bare />}
      {run.job_type && <span className={`cut ${styles.job ?? ""}`}>{run.job_type}</span>}
    </div>
  );
});

function Eye({ open }: { open: boolean }) {
  return (
    <svg width={16} height={16} viewBox="0 0 16 16" fill="none" stroke="currentColor" strokeWidth={1.3} aria-hidden="true">
      <path d="M1.5 8s2.4-4.2 6.5-4.2S14.5 8 14.5 8 12.1 12.2 8 12.2 1.5 8 1.5 8Z" />
      {open ? <circle cx={8} cy={8} r={1.9} fill="currentColor" /> : <path d="M3 13 13 3" />}
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

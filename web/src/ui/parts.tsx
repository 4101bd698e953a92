import type { ReactNode } from "react";
import type { RunState } from "@/core/run-state";
import { strokeOf } from "@/core/palette";
import { useTheme } from "./theme";

/** The run's state as a mark and a word; `bare` shows the mark only, the word is still read out. */
export function State({ state, bare = false }: { state: RunState; bare?: boolean }) {
  return (
    <span className={`state state-${state}${bare ? " bare" : ""}`} title={state} data-state={state}>
      {state}
    </span>
  );
}

/** The stroke in which the run is drawn in every chart. */
export function RunStroke({ index, width = 16 }: { index: number; width?: number }) {
  const { colour, dash } = strokeOf(index, useTheme());
  return (
    <svg className="stroke" width={width} height={10} aria-hidden="true">
      <line x1={0} x2={width} y1={5} y2={5} stroke={colour} strokeWidth={3} strokeDasharray={dash.join(" ")} />
    </svg>
  );
}

export function Eye({ open }: { open: boolean }) {
  return (
    <svg width={16} height={16} viewBox="0 0 16 16" fill="none" stroke="currentColor" strokeWidth={1.3} aria-hidden="true">
      <path d="M1.5 8s2.4-4.2 6.5-4.2S14.5 8 14.5 8 12.1 12.2 8 12.2 1.5 8 1.5 8Z" />
      {open ? <circle cx={8} cy={8} r={1.9} fill="currentColor" /> : <path d="M3 13 13 3" />}
    </svg>
  );
}

interface FailureProps {
  error: Error;
  onRetry?: () => void;
}

/** What went wrong in one part of the page, what to do about it, and another try. */
export function Failure({ error, onRetry }: FailureProps) {
  const { advice, request } = error as Partial<{ advice: string; request: string }>;
  return (
    <div className="notice" role="alert">
      <strong>{error.message}</strong>
      {advice && <p>{advice}</p>}
      {request && <p className="mono muted">request {request}</p>}
      {onRetry && <button type="button" className="button" onClick={onRetry}>Try again</button>}
    </div>
  );
}

/** A bar at the top that shows only when loading takes longer than a moment. */
export function Loading() {
  return <div className="spin" role="progressbar" aria-label="loading" />;
}

export function Empty({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="empty">
      <h1>{title}</h1>
      {children}
    </section>
  );
}

/** What narrows and arranges a list of runs: the same fields in the workspace and over the table. */
import { useMemo } from "react";
import { ApiError } from "@/api/client";
import type { Run } from "@/api/runs";
import { flatten } from "@/core/flatten";
import { flipped, isFilter, STATES, type RunList } from "@/core/run-list";
import { Menu, Popover } from "../popover";
import styles from "./runs.module.css";

export type ChangeList = (change: Partial<RunList>) => void;

interface ListProps {
  list: RunList;
  onChange: ChangeList;
}

/** Which states are listed; none chosen means all. */
export function StateChips({ list, onChange }: ListProps) {
  const label = list.state.length === 0 ? "any state" : list.state.join(", ");
  return (
    <Popover label={`${label} ▾`} name={`states: ${label}`}>
      {() => (
        <fieldset className={styles.checks}>
          <legend className="visually-hidden">states</legend>
          {STATES.map((state) => (
            <label key={state}>
              <input type="checkbox" checked={list.state.includes(state)} onChange={() => { onChange({ state: flipped(list.state, state) }); }} />
              <span className={`state state-${state}`}>{state}</span>
            </label>
          ))}
        </fieldset>
      )}
    </Popover>
  );
}

const FIELDS = ["group", "job_type", "state", "user"];
const SAMPLE = 200;

/** Fields that the listed runs can be grouped by: those whose values repeat come first. */
function groupable(runs: readonly Run[]): string[] {
  const keys = new Set(runs.slice(0, SAMPLE).flatMap((run) => flatten(run.config).map(([key]) => `config.${key}`)));
  return [...FIELDS, ...[...keys].sort()];
}

/** What runs are grouped by; each field chosen makes the groups finer. */
export function GroupField({ list, runs, onChange }: ListProps & { runs: readonly Run[] }) {
  const fields = useMemo(() => groupable(runs), [runs]);
  const label = list.group.length === 0 ? "Group" : `by ${list.group.map((field) => field.replace("config.", "")).join(", ")}`;
  return (
    <Popover label={<span className="cut">{label} ▾</span>} name={`group: ${label}`} className={`button ${styles.group ?? ""}`}>
      {() => (
        <fieldset className={styles.checks}>
          <legend className="visually-hidden">group by</legend>
          {[...new Set([...list.group, ...fields])].map((field) => (
            <label key={field}>
              <input type="checkbox" checked={list.group.includes(field)} onChange={() => { onChange({ group: flipped(list.group, field) }); }} />
              <span>{field}</span>
            </label>
          ))}
        </fieldset>
      )}
    </Popover>
  );
}

/** The order of the list, and which part of it. */
export function ListMenu({ list, onChange }: ListProps) {
  const orders: readonly (readonly [string, string])[] = [
    ["-created_at", "Newest first"], ["+created_at", "Oldest first"], ["-updated_at", "Last changed first"], ["+name", "By name"],
  ];
  const mark = (isOn: boolean): string => (isOn ? "✓ " : "");
  return (
    <Menu label="⋯" name="order of the runs" className="button icon" choices={[
      ...orders.map(([sort, name]) => ({ label: mark(list.sort[0] === sort) + name, onChoose: () => { onChange({ sort: [sort] }); } })),
      { label: list.archived ? "Back to the runs that are not archived" : "Show archived runs", onChoose: () => { onChange({ archived: !list.archived }); } },
    ]} />
  );
}

/** Where a problem stands in the text, if the server says so. */
export function placeOf(error: Error): number | undefined {
  const found = error instanceof ApiError ? error.details["at"] : undefined;
  return typeof found === "number" ? found : undefined;
}

/** What is wrong with the filter, with a mark under the place. */
export function FilterProblem({ error, text = "" }: { error: Error | null; text: string | undefined }) {
  if (!error) return null;
  const place = error instanceof ApiError && isFilter(text) ? placeOf(error) : undefined;
  return (
    <div className={styles.problem} role="alert">
      {place !== undefined && <pre>{text}{"\n"}{" ".repeat(place)}^</pre>}
      {error.message} <span className="muted">{(error as Partial<ApiError>).advice}</span>
    </div>
  );
}

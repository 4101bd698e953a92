/** What narrows and arranges a list of runs: the same fields in the workspace and over the table. */
import { ApiError } from "@/api/client";
import { filterShift, flipped, isFilter, STATES, type RunList } from "@/core/run-list";
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
/** What runs are grouped by: fields of the run, or keys of its config (`config.lr`). Each field chosen makes the groups finer. */
export function GroupField({ list, keys, onChange }: ListProps & { keys: readonly string[] }) {
  const label = list.group.length === 0 ? "Group" : `by ${list.group.map((field) => field.replace("config.", "")).join(", ")}`;
  return (
    <Popover label={<span className="cut">{label} ▾</span>} name={`group: ${label}`} className={`button ${styles.group ?? ""}`}>
      {() => (
        <fieldset className={styles.checks}>
          <legend className="visually-hidden">group by</legend>
          {[...new Set([...list.group, ...FIELDS, ...keys])].map((field) => (
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

/** What is wrong with the filter, with a mark under the place. */
export function FilterProblem({ error, list }: { error: Error | null; list: RunList }) {
  if (!error) return null;
  const { q = "" } = list;
  const at = error instanceof ApiError && isFilter(q) ? error.details["at"] : undefined;
  const advice = error instanceof ApiError ? error.advice : "";
  return (
    <div className={styles.problem} role="alert">
      {typeof at === "number" && <pre>{q.trimStart()}{"\n"}{" ".repeat(Math.max(0, at - filterShift(list)))}^</pre>}
      {error.message} <span className="muted">{advice}</span>
    </div>
  );
}

import { useState } from "react";
import { flipped } from "@/core/run-list";
import { matcher } from "@/core/sections";
import { Switch } from "@/ui/panels/panel-settings";
import { Popover } from "@/ui/popover";
import type { Column } from "./columns";
import styles from "./runs.module.css";
import type { RunsSearch } from "./search";

interface ColumnPickerProps {
  every: readonly Column[];
  shown: readonly Column[];
  search: RunsSearch;
  onChange: (change: Partial<RunsSearch>) => void;
}

const MOST_LISTED = 400;

/** Which columns there are, found by name; or only those that tell the runs apart. */
export function ColumnPicker({ every, shown, search, onChange }: ColumnPickerProps) {
  return (
    <Popover label="Columns ▾">
      {() => <Picker every={every} shown={shown} search={search} onChange={onChange} />}
    </Popover>
  );
}

function Picker({ every, shown, search, onChange }: ColumnPickerProps) {
  const [find, setFind] = useState("");
  const wanted = matcher(find === "" ? undefined : find);
  const found = every.filter(({ field }) => wanted(field));
  const fields = shown.map(({ field }) => field);
  const on = new Set(fields);
  const set = (cols: string[]): void => { onChange({ cols }); };
  return (
    <div className={styles.picker}>
      {/* eslint-disable-next-line jsx-a11y/no-autofocus -- the panel was opened to find a column */}
      <input type="search" className="field" autoFocus aria-label="find a column" placeholder="Find a column (regex)" value={find} onChange={(event) => { setFind(event.target.value); }} />
      <div className="toolbar">
        <Switch name="Only config that differs" isOn={search.cols.length === 0 && !search.all} onChange={(isOn) => { onChange({ cols: [], all: !isOn }); }} />
        <button type="button" className="button" disabled={found.length === 0} onClick={() => { set([...fields, ...found.map(({ field }) => field).filter((field) => !on.has(field))]); }}>Show {find === "" ? "all" : "these"}</button>
        <button type="button" className="button" disabled={!found.some(({ field }) => on.has(field))} onClick={() => { hide(fields, found, set); }}>Hide {find === "" ? "all" : "these"}</button>
      </div>
      <ul aria-label="columns">
        {found.slice(0, MOST_LISTED).map(({ field, part }) => (
          <li key={field}>
            <label data-group={part}>
              <input type="checkbox" checked={on.has(field)} onChange={() => { set(flipped(fields, field)); }} /> <span className="cut">{field}</span>
            </label>
          </li>
        ))}
      </ul>
      {found.length > MOST_LISTED && <p className="muted">{found.length - MOST_LISTED} more: find them by name.</p>}
    </div>
  );
}

/** Hiding all columns would mean "the usual ones": the state stays. */
function hide(fields: readonly string[], found: readonly Column[], set: (cols: string[]) => void): void {
  const gone = new Set(found.map(({ field }) => field));
  const left = fields.filter((field) => !gone.has(field));
  set(left.length > 0 ? left : ["state"]);
}

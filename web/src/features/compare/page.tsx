import { useCallback, useMemo, useState } from "react";
import { useQueries, useQuery } from "@tanstack/react-query";
import { runQuery } from "@/api/queries";
import { sharedKeysQuery, someRunsQuery } from "@/api/run-queries";
import type { Run } from "@/api/runs";
import { deltaOf, sideBySide, type CompareRow } from "@/core/compare";
import { formatDuration, formatTime, formatValue, plural } from "@/core/format";
import { runHref } from "@/core/lineage/hrefs";
import type { ProjectRef } from "@/core/project";
import { matcher, sections } from "@/core/sections";
import { AppLink } from "@/ui/app-link";
import { Switch } from "@/ui/panels/panel-settings";
import { ChartSections } from "@/ui/panels/sections";
import { ChartToolbar, FilterField } from "@/ui/panels/toolbar";
import type { Drawn } from "@/ui/panels/use-lines";
import { Loading, RunStroke, State } from "@/ui/parts";
import { Popover } from "@/ui/popover";
import { usePageTitle } from "@/ui/use-page-title";
import styles from "./compare.module.css";
import type { CompareSearch } from "./search";

type Change = (change: Partial<CompareSearch>) => void;

interface ComparePageProps {
  project: ProjectRef;
  search: CompareSearch;
  onChange: Change;
}

const MOST = 20;

/** Some runs side by side: in what they differ, and their curves over each other. */
export function ComparePage({ project, search, onChange }: ComparePageProps) {
  usePageTitle("Compare", project.project);
  const ids = useMemo(() => [...new Set(search.runs)].slice(0, MOST), [search.runs]);
  const { runs, isLoading } = useQueries({
    queries: ids.map((id) => runQuery(project, id)),
    combine: (results) => ({ runs: results.flatMap(({ data }) => data ?? []), isLoading: results.some((result) => result.isLoading) }),
  });
  const ordered = useMemo(() => baseFirst(runs, search.base), [runs, search.base]);
  if (isLoading && runs.length === 0) return <Loading />;
  return (
    <div className={styles.page}>
      <div className="toolbar">
        <h1>Compare {plural(ordered.length, "run")}</h1>
        <AddRun project={project} chosen={ids} onAdd={(id) => { onChange({ runs: [...ids, id] }); }} />
        <span className="grow" />
        <Switch name="Only what differs" isOn={!search.all} onChange={(isOn) => { onChange({ all: !isOn }); }} />
        <FilterField main label="Filter rows" placeholder="Filter rows (regex)" value={search.find} onChange={(find) => { onChange({ find }); }} />
      </div>
      {ordered.length === 0 && <p className="notice">Add runs to compare, or mark some in the table of runs.</p>}
      {ordered.length > 0 && <Differences project={project} runs={ordered} search={search} onChange={onChange} />}
      {ordered.length > 0 && <Curves project={project} runs={ordered} search={search} onChange={onChange} />}
    </div>
  );
}

function baseFirst(runs: readonly Run[], base: string | undefined): readonly Run[] {
  return base === undefined ? runs : [...runs.filter(({ id }) => id === base), ...runs.filter(({ id }) => id !== base)];
}

interface TableProps {
  project: ProjectRef;
  runs: readonly Run[];
  search: CompareSearch;
  onChange: Change;
}

function facts(run: Run): Record<string, unknown> {
  return {
    state: run.state, created: formatTime(run.created_at), duration: formatDuration((run.finished_at ?? run.updated_at) - run.created_at),
    job_type: run.job_type, group: run.group, tags: run.tags.join(", "), user: run.user, notes: run.notes,
  };
}

function Differences({ project, runs, search, onChange }: TableProps) {
  const parts = useMemo(() => [
    { title: "Run", rows: sideBySide(runs.map(facts)) },
    { title: "Config", rows: sideBySide(runs.map(({ config }) => config)) },
    { title: "Summary", rows: sideBySide(runs.map(({ summary }) => summary)) },
    { title: "Environment", rows: sideBySide(runs.map(({ metadata }) => metadata)) },
  ], [runs]);
  const wanted = matcher(search.find);
  return (
    // A scrolling region is reached by the keyboard, so that it can be scrolled.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className={styles.scroll} role="region" aria-label="differences" tabIndex={0}>
      <table className={`table ${styles.table ?? ""}`}>
        <thead>
          <tr>
            <th scope="col">Key</th>
            {runs.map((run, i) => <RunHead key={run.id} project={project} run={run} isBase={i === 0} runs={runs} onChange={onChange} />)}
          </tr>
        </thead>
        {parts.map(({ title, rows }) => <Part key={title} title={title} rows={rows.filter(({ key, differs }) => (search.all || differs || runs.length === 1) && wanted(key))} count={rows.length} columns={runs.length} />)}
      </table>
    </div>
  );
}

function RunHead({ project, run, isBase, runs, onChange }: { project: ProjectRef; run: Run; isBase: boolean; runs: readonly Run[]; onChange: Change }) {
  return (
    <th scope="col">
      <span className={styles.run}>
        <RunStroke index={run.color_index} />
        <AppLink href={runHref(project, run.id)} className="cut" title={run.name}>{run.name}</AppLink>
        <State state={run.state} bare />
        {isBase ? <span className="pill">base</span> : <button type="button" className="button quiet small" title="Tell differences from this run" onClick={() => { onChange({ base: run.id }); }}>base</button>}
        <button type="button" className="button quiet icon small" aria-label={`no longer compare ${run.name}`} onClick={() => { onChange({ runs: runs.filter(({ id }) => id !== run.id).map(({ id }) => id) }); }}>✕</button>
      </span>
    </th>
  );
}

function Part({ title, rows, count, columns }: { title: string; rows: readonly CompareRow[]; count: number; columns: number }) {
  const hidden = count - rows.length;
  return (
    <tbody>
      <tr className={styles.part}>
        <th scope="rowgroup" colSpan={columns + 1}>{title} <span className="muted">{rows.length === 0 ? "the same in all" : plural(rows.length, "row")}{hidden > 0 && rows.length > 0 && `, ${String(hidden)} hidden`}</span></th>
      </tr>
      {rows.map(({ key, values, differs }) => (
        <tr key={key} data-differs={differs || undefined}>
          <th scope="row" title={key}><span className="cut">{key}</span></th>
          {values.map((value, i) => <Value key={i} value={value} base={values[0]} isBase={i === 0} />)}
        </tr>
      ))}
    </tbody>
  );
}

function Value({ value, base, isBase }: { value: unknown; base: unknown; isBase: boolean }) {
  const text = formatValue(value);
  const isOther = !isBase && JSON.stringify(value) !== JSON.stringify(base);
  return (
    <td className={typeof value === "number" ? "num" : undefined} data-other={isOther || undefined} title={text}>
      <span className={styles.value}>{text}</span>
      {!isBase && <span className={styles.delta}>{deltaOf(value, base)}</span>}
    </td>
  );
}

function Curves({ project, runs, search, onChange }: TableProps) {
  const look = JSON.stringify(runs.map(({ id, name, color_index }) => [id, name, color_index]));
  // eslint-disable-next-line react-hooks/exhaustive-deps -- `look` is all a chart shows of the runs
  const drawn = useMemo<Drawn>(() => ({ project, runs, groups: undefined, band: "none" }), [project, look]);
  const ids = useMemo(() => drawn.runs.map(({ id }) => id), [drawn]);
  const { data } = useQuery(sharedKeysQuery(project, ids));
  const axes = useMemo(() => (data ?? []).filter(({ kind }) => kind === "number").map(({ key }) => key), [data]);
  const found = useMemo(() => sections(axes.filter(matcher(search.mq))), [axes, search.mq]);
  const change = useCallback((view: Partial<CompareSearch>) => { onChange(view); }, [onChange]);
  return (
    <section aria-label="curves" className={styles.curves}>
      <ChartToolbar view={search} onChange={change} axes={axes} />
      <ChartSections drawn={drawn} sections={found} view={search} onChange={change} />
    </section>
  );
}

function AddRun({ project, chosen, onAdd }: { project: ProjectRef; chosen: readonly string[]; onAdd: (id: string) => void }) {
  return (
    <Popover label="Add a run ▾" disabled={chosen.length >= MOST}>
      {(close) => <RunPicker project={project} chosen={chosen} onPick={(id) => { close(); onAdd(id); }} />}
    </Popover>
  );
}

function RunPicker({ project, chosen, onPick }: { project: ProjectRef; chosen: readonly string[]; onPick: (id: string) => void }) {
  const [q, setQ] = useState("");
  const { data } = useQuery(someRunsQuery(project, { limit: 20, columns: "", ...(q ? { q } : {}) }));
  return (
    <div className={styles.picker}>
      {/* eslint-disable-next-line jsx-a11y/no-autofocus -- the panel was opened to find a run */}
      <input type="search" className="field" autoFocus aria-label="find a run" placeholder="Find a run" value={q} onChange={(event) => { setQ(event.target.value); }} />
      {(data?.runs ?? []).filter(({ id }) => !chosen.includes(id)).map((run) => (
        <button key={run.id} type="button" onClick={() => { onPick(run.id); }}><RunStroke index={run.color_index} /> <span className="cut">{run.name}</span></button>
      ))}
    </div>
  );
}

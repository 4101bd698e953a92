import { useState, type ReactNode } from "react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { archiveRuns, deleteRuns, restoreRuns, stopRuns, tagRuns, type Choice, type RunsChanged } from "@/api/bulk";
import type { ProjectRef } from "@/core/project";
import { formatSize, plural } from "@/core/format";
import { projectHref } from "@/core/lineage/hrefs";
import { isLive } from "@/core/run-state";
import { AppLink } from "@/ui/app-link";
import { FormDialog } from "@/ui/dialog";
import { notify, notifyError } from "@/ui/notices";
import { Menu } from "@/ui/popover";
import { DeleteDialog } from "@/ui/delete-dialog";
import { choiceOf } from "@/ui/runs/list-parameters";
import type { Column, Row } from "./columns";
import { csvOf, markdownOf } from "./export";
import styles from "./runs.module.css";
import type { RunsSearch } from "./search";
import type { Selection } from "./selection";
import type { TableData } from "./use-table";

interface BulkBarProps {
  project: ProjectRef;
  table: TableData;
  selection: Selection;
  search: RunsSearch;
}

const MOST_COMPARED = 20;

type Asking = "tag" | "delete" | undefined;

/** What can be done with the marked runs, or with all that match. */
export function BulkBar({ project, table: { rows, columns, total }, selection, search }: BulkBarProps) {
  const [asking, setAsking] = useState<Asking>();
  const [isWhole, setWhole] = useState(false);
  const ids = [...selection.ids];
  const areAll = ids.length === rows.length && ids.length < total;
  const whole = isWhole && areAll ? wholeFilter(search) : undefined;
  const choice: Choice = whole === undefined ? { runs: ids } : { filter: whole };
  const number = whole === undefined ? ids.length : total;
  const count = plural(number, "run");
  const done = useDone(project, selection);
  const act = useMutation({ mutationFn: ({ change }: Act) => change(project, choice), onSuccess: (_, { said }) => done(`${said} ${count}.`), onError: notifyError });
  const button = (name: string, said: string, change: Act["change"]): ReactNode => (
    <button type="button" className="button" disabled={act.isPending} onClick={() => { act.mutate({ said, change }); }}>{name}</button>
  );
  return (
    <div className={styles.bar} role="toolbar" aria-label="marked runs">
      <strong className="num">{count} marked</strong>
      {areAll && wholeFilter(search) !== undefined && (
        <button type="button" className="button" aria-pressed={isWhole} onClick={() => { setWhole(!isWhole); }}>All {total.toLocaleString("en-US")} that match</button>
      )}
      <CompareLink project={project} ids={ids} />
      <AppLink className="button" href={`${projectHref(project)}?only=${ids.slice(0, 200).join(",")}&max=${String(Math.max(20, Math.min(1000, ids.length)))}`}>Draw only these</AppLink>
      <button type="button" className="button" onClick={() => { setAsking("tag"); }}>Tag…</button>
      {search.archived ? button("Take out of the archive", "Brought back", restoreRuns) : button("Archive", "Archived", archiveRuns)}
      {rows.some(({ run }) => selection.ids.has(run.id) && isLive(run.state)) && button("Stop", "Asked to stop:", stopRuns)}
      <ExportMenu project={project} marked={rows.filter(({ run }) => selection.ids.has(run.id))} columns={columns} />
      <button type="button" className="button danger" onClick={() => { setAsking("delete"); }}>Delete…</button>
      <span className="grow" />
      <button type="button" className="button quiet" onClick={selection.clear}>Unmark</button>
      {asking === "tag" && <TagDialog project={project} choice={choice} count={count} marked={rows.filter(({ run }) => selection.ids.has(run.id))} onClose={() => { setAsking(undefined); }} onDone={() => done(`Tagged ${count}.`)} />}
      {asking === "delete" && <DeleteRuns project={project} choice={choice} count={number} onClose={() => { setAsking(undefined); }} onDone={(freed) => done(`Deleted ${count}; ${formatSize(freed)} freed.`)} />}
    </div>
  );
}

interface Act {
  said: string;
  change: (project: ProjectRef, choice: Choice) => Promise<RunsChanged>;
}

/** The filter that means all listed runs; undefined where words say it, which are no filter. */
function wholeFilter(search: RunsSearch): string | undefined {
  const choice = choiceOf(search);
  if (choice.q !== undefined) return undefined;
  return [choice.filter && `(${choice.filter})`, search.archived && "archived = true"].filter(Boolean).join(" and ");
}

function useDone(project: ProjectRef, selection: Selection): (text: string) => Promise<void> {
  const refresh = useRefresh(project);
  return async (text) => {
    await refresh();
    notify(text);
    selection.clear();
  };
}

interface DeleteRunsProps {
  project: ProjectRef;
  choice: Choice;
  count: number;
  onClose: () => void;
  onDone: (freed: number) => Promise<void>;
}

function DeleteRuns({ project, choice, count, onClose, onDone }: DeleteRunsProps) {
  const [artifacts, setArtifacts] = useState(false);
  return (
    <DeleteDialog what={plural(count, "run")} count={count} of={String(artifacts)} onClose={onClose} onDone={onDone}
      ask={async () => (await deleteRuns(project, choice, artifacts, true)).freed} act={async () => (await deleteRuns(project, choice, artifacts, false)).freed}>
      <label className={styles.check}>
        <input type="checkbox" checked={artifacts} onChange={(event) => { setArtifacts(event.target.checked); }} /> Also the artifact versions they made, but for those with aliases
      </label>
      <p className="muted">Their numbers, console and files go with them. Deleted runs can be restored for a while.</p>
    </DeleteDialog>
  );
}

function useRefresh(project: ProjectRef): () => Promise<void> {
  const queries = useQueryClient();
  return async () => {
    await Promise.all(["runs", "run", "run-columns", "project"].map((what) => queries.invalidateQueries({ queryKey: [what, project.entity, project.project] })));
  };
}

function CompareLink({ project, ids }: { project: ProjectRef; ids: readonly string[] }): ReactNode {
  if (ids.length < 2) return null;
  return <AppLink className="button" href={`${projectHref(project)}/compare?runs=${ids.slice(0, MOST_COMPARED).join(",")}`}>Compare{ids.length > MOST_COMPARED ? ` the first ${String(MOST_COMPARED)}` : ""}</AppLink>;
}

/** More ids do not fit into an address. */
const MOST_EXPORTED = 400;

/** Address of the history of these runs in one file, told apart by a column. */
function historyUrl({ entity, project }: ProjectRef, marked: readonly Row[]): string {
  const ids = marked.slice(0, MOST_EXPORTED).map(({ run }) => encodeURIComponent(run.id)).join(",");
  return `/api/v1/projects/${encodeURIComponent(entity)}/${encodeURIComponent(project)}/export?format=parquet&runs=${ids}`;
}

function ExportMenu({ project, marked, columns }: { project: ProjectRef; marked: readonly Row[]; columns: readonly Column[] }) {
  const save = (): void => {
    const url = URL.createObjectURL(new Blob([csvOf(marked, columns)], { type: "text/csv" }));
    const link = document.createElement("a");
    link.href = url;
    link.download = `${project.project}-runs.csv`;
    link.click();
    setTimeout(() => { URL.revokeObjectURL(url); }, 1000);
  };
  const copy = (text: string): void => { void navigator.clipboard.writeText(text).then(() => { notify("Copied."); }); };
  return (
    <Menu label="Export ▾" choices={[
      { label: "CSV of these columns", onChoose: save },
      { label: "Their history as Parquet", href: historyUrl(project, marked), download: true, isDisabled: marked.length > MOST_EXPORTED },
      { label: "Copy as Markdown", onChoose: () => { copy(markdownOf(marked, columns)); } },
      { label: "Copy the run ids", onChoose: () => { copy(marked.map(({ run }) => run.id).join("\n")); } },
    ]} />
  );
}

interface TagDialogProps {
  project: ProjectRef;
  choice: Choice;
  count: string;
  marked: readonly Row[];
  onClose: () => void;
  onDone: () => Promise<void>;
}

/** Tags that come and tags that go, for all marked runs. */
function TagDialog({ project, choice, count, marked, onClose, onDone }: TagDialogProps) {
  const [text, setText] = useState("");
  const [gone, setGone] = useState<readonly string[]>([]);
  const there = [...new Set(marked.flatMap(({ run }) => run.tags))].sort();
  const add = text.split(",").map((tag) => tag.trim()).filter(Boolean);
  const tag = useMutation({
    mutationFn: () => tagRuns(project, choice, add, gone),
    onSuccess: async () => { await onDone(); onClose(); },
  });
  return (
    <FormDialog title={`Tag ${count}`} action="Tag" onClose={onClose} onSubmit={() => { tag.mutate(); }} isReady={add.length + gone.length > 0} isBusy={tag.isPending} error={tag.error}>
      <label>
        Add tags, parted by commas
        {/* eslint-disable-next-line jsx-a11y/no-autofocus -- the dialog was opened to type this */}
        <input type="text" className="field" autoFocus value={text} onChange={(event) => { setText(event.target.value); }} />
      </label>
      {there.length > 0 && (
        <div className="toolbar" role="group" aria-label="tags to take away">
          Take away:
          {there.map((one) => (
            <button key={one} type="button" className="button" aria-pressed={gone.includes(one)} onClick={() => { setGone(gone.includes(one) ? gone.filter((tagged) => tagged !== one) : [...gone, one]); }}>{one}</button>
          ))}
        </div>
      )}
    </FormDialog>
  );
}

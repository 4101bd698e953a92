import { useState, type ReactNode } from "react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { archiveRuns, deleteRuns, restoreRuns, tagRuns, whatDeletingFrees } from "@/api/bulk";
import type { ProjectRef } from "@/core/project";
import { formatSize, plural } from "@/core/format";
import { projectHref } from "@/core/lineage/hrefs";
import { AppLink } from "@/ui/app-link";
import { FormDialog } from "@/ui/dialog";
import { notify, notifyError } from "@/ui/notices";
import { Menu } from "@/ui/popover";
import { DeleteDialog } from "@/ui/delete-dialog";
import type { Column, Row } from "./columns";
import { csvOf, markdownOf } from "./export";
import styles from "./runs.module.css";
import type { RunsSearch } from "./search";
import type { Selection } from "./selection";

interface BulkBarProps {
  project: ProjectRef;
  rows: readonly Row[];
  columns: readonly Column[];
  selection: Selection;
  search: RunsSearch;
  total: number;
}

const MOST_COMPARED = 20;

type Asking = "tag" | "delete" | undefined;

/** What can be done with the marked runs. */
export function BulkBar({ project, rows, columns, selection, search, total }: BulkBarProps) {
  const [asking, setAsking] = useState<Asking>();
  const ids = [...selection.ids];
  const marked = rows.filter(({ run }) => selection.ids.has(run.id));
  const refresh = useRefresh(project);
  const after = (text: string) => async (): Promise<void> => {
    await refresh();
    notify(text);
    selection.clear();
  };
  const count = plural(ids.length, "run");
  const archive = useMutation({ mutationFn: () => archiveRuns(project, ids), onSuccess: after(`Archived ${count}.`), onError: notifyError });
  const restore = useMutation({ mutationFn: () => restoreRuns(project, ids), onSuccess: after(`Brought back ${count}.`), onError: notifyError });
  const isBusy = archive.isPending || restore.isPending;
  return (
    <div className={styles.bar} role="toolbar" aria-label="marked runs">
      <strong className="num">{count} marked{ids.length === rows.length && rows.length < total ? ` of ${total.toLocaleString("en-US")}: scroll for more` : ""}</strong>
      <CompareLink project={project} ids={ids} />
      <AppLink className="button" href={`${projectHref(project)}?only=${ids.slice(0, 200).join(",")}&max=${String(Math.max(20, Math.min(1000, ids.length)))}`}>Draw only these</AppLink>
      <button type="button" className="button" onClick={() => { setAsking("tag"); }}>Tag…</button>
      {search.archived
        ? <button type="button" className="button" disabled={isBusy} onClick={() => { restore.mutate(); }}>Take out of the archive</button>
        : <button type="button" className="button" disabled={isBusy} onClick={() => { archive.mutate(); }}>Archive</button>}
      <ExportMenu project={project} marked={marked} columns={columns} />
      <button type="button" className="button danger" onClick={() => { setAsking("delete"); }}>Delete…</button>
      <span className="grow" />
      <button type="button" className="button quiet" onClick={selection.clear}>Unmark</button>
      {asking === "tag" && <TagDialog project={project} marked={marked} onClose={() => { setAsking(undefined); }} onDone={after(`Tagged ${count}.`)} />}
      {asking === "delete" && (
        <DeleteDialog what={count} count={ids.length} ask={() => whatDeletingFrees(project, ids)} act={() => deleteRuns(project, ids)} onClose={() => { setAsking(undefined); }}
          onDone={(freed) => after(`Deleted ${count}; ${formatSize(freed)} freed.`)()}>
          <p>Their numbers, console and files go; the artifacts they made stay.</p>
        </DeleteDialog>
      )}
    </div>
  );
}

function useRefresh(project: ProjectRef): () => Promise<void> {
  const queries = useQueryClient();
  return async () => {
    await Promise.all(["runs", "run", "project"].map((what) => queries.invalidateQueries({ queryKey: [what, project.entity, project.project] })));
  };
}

function CompareLink({ project, ids }: { project: ProjectRef; ids: readonly string[] }): ReactNode {
  if (ids.length < 2) return null;
  return <AppLink className="button" href={`${projectHref(project)}/compare?runs=${ids.slice(0, MOST_COMPARED).join(",")}`}>Compare{ids.length > MOST_COMPARED ? ` the first ${String(MOST_COMPARED)}` : ""}</AppLink>;
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
      { label: "Copy as Markdown", onChoose: () => { copy(markdownOf(marked, columns)); } },
      { label: "Copy the run ids", onChoose: () => { copy(marked.map(({ run }) => run.id).join("\n")); } },
    ]} />
  );
}

/** Tags that come and tags that go, for all marked runs. */
function TagDialog({ project, marked, onClose, onDone }: { project: ProjectRef; marked: readonly Row[]; onClose: () => void; onDone: () => Promise<void> }) {
  const [text, setText] = useState("");
  const [gone, setGone] = useState<readonly string[]>([]);
  const there = [...new Set(marked.flatMap(({ run }) => run.tags))].sort();
  const add = text.split(",").map((tag) => tag.trim()).filter(Boolean);
  const tag = useMutation({
    mutationFn: () => tagRuns(project, marked.map(({ run }) => run.id), add, gone),
    onSuccess: async () => { await onDone(); onClose(); },
  });
  return (
    <FormDialog title={`Tag ${plural(marked.length, "run")}`} action="Tag" onClose={onClose} onSubmit={() => { tag.mutate(); }} isReady={add.length + gone.length > 0} isBusy={tag.isPending} error={tag.error}>
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

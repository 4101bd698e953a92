import { useState } from "react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { archiveRuns, deleteRuns, restoreRuns, stopRuns, type Choice, type RunsChanged } from "@/api/bulk";
import { changeRun, runExportUrl, type Run, type RunChange } from "@/api/runs";
import { formatSize } from "@/core/format";
import { projectHref } from "@/core/lineage/hrefs";
import type { ProjectRef } from "@/core/project";
import { isLive } from "@/core/run-state";
import { AppLink } from "@/ui/app-link";
import { DeleteDialog } from "@/ui/delete-dialog";
import { FormDialog } from "@/ui/dialog";
import { notify, notifyError } from "@/ui/notices";
import { Menu } from "@/ui/popover";
import styles from "./run.module.css";

type Asking = "edit" | "delete" | undefined;

function useRefresh(project: ProjectRef): () => Promise<void> {
  const queries = useQueryClient();
  return async () => {
    await Promise.all(["run", "runs", "run-columns", "project"].map((what) => queries.invalidateQueries({ queryKey: [what, project.entity, project.project] })));
  };
}

/** What can be done with a run. */
export function RunActions({ project, run, onGone }: { project: ProjectRef; run: Run; onGone: () => void }) {
  const [asking, setAsking] = useState<Asking>();
  const refresh = useRefresh(project);
  const choice = { runs: [run.id] };
  const act = useMutation({
    mutationFn: ({ change }: { said: string; change: (project: ProjectRef, choice: Choice) => Promise<RunsChanged> }) => change(project, choice),
    onSuccess: async (_, { said }) => { await refresh(); notify(said); },
    onError: notifyError,
  });
  const close = (): void => { setAsking(undefined); };
  const path = [project.entity, project.project, run.id].join("/");
  return (
    <>
      {isLive(run.state) && <button type="button" className="button" disabled={run.stop || act.isPending} onClick={() => { act.mutate({ said: "The run is asked to stop; it ends at its next sign of life.", change: stopRuns }); }}>{run.stop ? "Stopping…" : "Stop"}</button>}
      <button type="button" className="button" onClick={() => { setAsking("edit"); }}>Edit</button>
      <Menu label="Export ▾" choices={[
        { label: "History as Parquet", href: runExportUrl({ ...project, run: run.id }, "parquet"), download: true },
        { label: "History as CSV", href: runExportUrl({ ...project, run: run.id }, "csv"), download: true },
        { label: "Copy the run's path", onChoose: () => { void navigator.clipboard.writeText(path).then(() => { notify(`Copied ${path}`); }); } },
      ]} />
      <Menu label="⋯" name="more" className="button icon" choices={[
        run.archived
          ? { label: "Take out of the archive", onChoose: () => { act.mutate({ said: "The run is back.", change: restoreRuns }); } }
          : { label: "Archive", onChoose: () => { act.mutate({ said: "Archived: the run is no longer listed.", change: archiveRuns }); } },
        { label: "Delete…", isDanger: true, onChoose: () => { setAsking("delete"); } },
      ]} />
      {asking === "edit" && <EditDialog project={project} run={run} onClose={close} onDone={refresh} />}
      {asking === "delete" && (
        <DeleteDialog what={`the run ${run.name}`} count={1} onClose={close} onDone={async (freed) => { onGone(); await refresh(); notify(`Deleted ${run.name}; ${formatSize(freed)} freed.`); }}
          ask={async () => (await deleteRuns(project, choice, false, true)).freed} act={async () => (await deleteRuns(project, choice, false, false)).freed}>
          <p className="muted">Its numbers, console and files go with it; the artifacts it made stay. It can be restored for a while.</p>
        </DeleteDialog>
      )}
    </>
  );
}

const tagsOf = (text: string): string[] => [...new Set(text.split(",").map((tag) => tag.trim()).filter(Boolean))];

/** What people may change about a run. */
function EditDialog({ project, run, onClose, onDone }: { project: ProjectRef; run: Run; onClose: () => void; onDone: () => Promise<void> }) {
  const [draft, setDraft] = useState({ name: run.name, tags: run.tags.join(", "), group: run.group ?? "", job_type: run.job_type ?? "", notes: run.notes ?? "" });
  const set = (change: Partial<typeof draft>): void => { setDraft({ ...draft, ...change }); };
  const change: RunChange = { name: draft.name.trim(), tags: tagsOf(draft.tags), group: draft.group.trim() || null, job_type: draft.job_type.trim() || null, notes: draft.notes.trim() || null };
  const save = useMutation({
    mutationFn: () => changeRun({ ...project, run: run.id }, change),
    onSuccess: async () => { await onDone(); onClose(); },
  });
  return (
    <FormDialog title={`Edit ${run.name}`} action="Save" onClose={onClose} onSubmit={() => { save.mutate(); }} isReady={draft.name.trim() !== ""} isBusy={save.isPending} error={save.error}>
      <label>Name<input type="text" className="field" value={draft.name} onChange={(event) => { set({ name: event.target.value }); }} /></label>
      <label>Tags, parted by commas<input type="text" className="field" value={draft.tags} onChange={(event) => { set({ tags: event.target.value }); }} /></label>
      <label>Group<input type="text" className="field" value={draft.group} onChange={(event) => { set({ group: event.target.value }); }} /></label>
      <label>Job type<input type="text" className="field" value={draft.job_type} onChange={(event) => { set({ job_type: event.target.value }); }} /></label>
      <label>Notes<textarea className={styles.textarea} rows={5} value={draft.notes} onChange={(event) => { set({ notes: event.target.value }); }} /></label>
    </FormDialog>
  );
}

/** The run and the one that was begun before it, side by side. */
export function CompareWith({ project, run }: { project: ProjectRef; run: Run }) {
  return <AppLink className="button" href={`${projectHref(project)}/compare?runs=${run.id}`}>Compare</AppLink>;
}

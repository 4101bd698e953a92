import { useEffect, useRef, useState } from "react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { deleteView, saveView, viewsQuery, type View, type ViewPage } from "@/api/views";
import type { ProjectRef } from "@/core/project";
import { fieldsOf, parseSearch, stringifySearch, type Search } from "@/core/search";
import { FormDialog } from "@/ui/dialog";
import { notify, notifyError } from "@/ui/notices";
import { Popover } from "@/ui/popover";
import styles from "./views.module.css";

interface ViewMenuProps {
  project: ProjectRef;
  page: ViewPage;
  /** What the page's address says beyond its defaults. */
  state: Search;
  onOpen: (state: Search) => void;
}

function sameState(view: View, state: Search): boolean {
  return stringifySearch(view.state) === stringifySearch(parseSearch(stringifySearch(state)));
}

/** The page's saved views: open one, save what is on screen, say which one is shown at first. */
export function ViewMenu({ project, page, state, onOpen }: ViewMenuProps) {
  const { data } = useQuery(viewsQuery(project));
  const [isSaving, setSaving] = useState(false);
  const views = (data ?? []).filter((view) => view.page === page);
  const current = views.find((view) => sameState(view, state));
  useFirst(data?.find((view) => view.page === page && view.is_default), data !== undefined, state, onOpen);
  return (
    <>
      <Popover label={<span className="cut">{current?.name ?? "Views"} ▾</span>} name={`views: ${current?.name ?? "none open"}`} className={`button ${styles.button ?? ""}`}>
        {(close) => (
          <div className={styles.list}>
            {views.length === 0 && <p className="muted">A view is a name for what is on screen: filters, columns, panels. Everyone in the project sees it.</p>}
            {views.map((view) => (
              <ViewRow key={view.id} project={project} view={view} isCurrent={view === current} onOpen={() => { onOpen(view.state); close(); }} />
            ))}
            <div className={styles.actions}>
              <button type="button" className="button primary" onClick={() => { close(); setSaving(true); }}>Save this view…</button>
              <button type="button" className="button" onClick={() => { onOpen({}); close(); }}>Clean page</button>
            </div>
          </div>
        )}
      </Popover>
      {isSaving && <SaveDialog project={project} page={page} state={state} views={views} name={current?.name ?? ""} onClose={() => { setSaving(false); }} />}
    </>
  );
}

/** A page that is opened by a plain address shows the default view; later, a plain address is a clean page. */
function useFirst(view: View | undefined, isKnown: boolean, state: Search, onOpen: (state: Search) => void): void {
  const isSettled = useRef(false);
  useEffect(() => {
    if (!isKnown || isSettled.current) return;
    isSettled.current = true;
    if (view && Object.keys(state).length === 0) onOpen(view.state);
  }, [isKnown, view, state, onOpen]);
}

function useRefresh(project: ProjectRef): () => Promise<void> {
  const queries = useQueryClient();
  return () => queries.invalidateQueries({ queryKey: viewsQuery(project).queryKey });
}

function ViewRow({ project, view, isCurrent, onOpen }: { project: ProjectRef; view: View; isCurrent: boolean; onOpen: () => void }) {
  const refresh = useRefresh(project);
  const remove = useMutation({ mutationFn: () => deleteView(project, view.id), onSuccess: refresh, onError: notifyError });
  const { name, page, state, is_default: isDefault } = view;
  const first = useMutation({ mutationFn: () => saveView(project, { name, page, state, is_default: !isDefault }), onSuccess: refresh, onError: notifyError });
  return (
    <div className={styles.row}>
      <button type="button" className={styles.open} aria-current={isCurrent} onClick={onOpen} title={view.user ? `saved by ${view.user}` : undefined}>
        <span className="cut">{name}</span>
      </button>
      <button type="button" className="button quiet small icon" aria-pressed={isDefault} aria-label={`show ${name} at first`} title="Shown when the address says nothing" onClick={() => { first.mutate(); }}>{isDefault ? "★" : "☆"}</button>
      <button type="button" className="button quiet small icon" aria-label={`delete the view ${name}`} title="Delete" onClick={() => { remove.mutate(); }}>✕</button>
    </div>
  );
}

interface SaveDialogProps extends Pick<ViewMenuProps, "project" | "page" | "state"> {
  views: readonly View[];
  name: string;
  onClose: () => void;
}

function SaveDialog({ project, page, state, views, name: before, onClose }: SaveDialogProps) {
  const [name, setName] = useState(before);
  const [isDefault, setDefault] = useState(views.some((view) => view.name === before && view.is_default));
  const refresh = useRefresh(project);
  const save = useMutation({
    mutationFn: () => saveView(project, { name, page, state: fieldsOf(state), is_default: isDefault }),
    onSuccess: async (view) => {
      await refresh();
      notify(`Saved the view “${view.name}”.`);
      onClose();
    },
  });
  const replaces = views.some((view) => view.name === name.trim());
  return (
    <FormDialog title="Save this view" action={replaces ? "Replace" : "Save"} onClose={onClose} onSubmit={() => { save.mutate(); }} isReady={name.trim() !== ""} isBusy={save.isPending} error={save.error}>
      <label>
        Name
        {/* eslint-disable-next-line jsx-a11y/no-autofocus -- the dialog was opened to type this */}
        <input type="text" className="field" autoFocus maxLength={100} value={name} onChange={(event) => { setName(event.target.value); }} />
      </label>
      <label className={styles.check}>
        <input type="checkbox" checked={isDefault} onChange={(event) => { setDefault(event.target.checked); }} /> Show it when the address says nothing
      </label>
      {replaces && <p className="muted">The view of this name gets what is on screen now.</p>}
    </FormDialog>
  );
}

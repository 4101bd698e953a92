/** Ctrl-K: go to a page, a project, a run, an artifact; or do something. */
import { useEffect, useId, useMemo, useRef, useState, type KeyboardEvent } from "react";
import { useQuery } from "@tanstack/react-query";
import { useRouter } from "@tanstack/react-router";
import { allCollectionsQuery } from "@/api/queries";
import { projectsQuery, someRunsQuery } from "@/api/run-queries";
import { collectionHref, projectHref, runHref } from "@/core/lineage/hrefs";
import type { ProjectRef } from "@/core/project";
import { ranked } from "@/core/rank";
import { notify } from "@/ui/notices";
import { toggleTheme } from "@/ui/theme";
import styles from "./palette.module.css";

interface Item {
  readonly kind: string;
  readonly name: string;
  readonly detail?: string;
  readonly href?: string;
  readonly act?: () => void;
}

interface PaletteProps {
  project: ProjectRef | undefined;
  onClose: () => void;
}

const PAGES: readonly (readonly [string, string])[] = [
  ["Workspace", ""], ["Runs", "/runs"], ["Artifacts", "/artifacts"], ["Graph", "/graph"], ["Compare runs", "/compare"], ["Storage", "/storage"], ["Newest run", "/runs/latest"],
];
const MOST_EACH = 8;

const COMMANDS: readonly Item[] = [
  { kind: "do", name: "Switch between light and dark", act: toggleTheme },
  { kind: "do", name: "Copy the link to this page", act: () => { void navigator.clipboard.writeText(location.href).then(() => { notify("Copied the link."); }); } },
];

function useItems(project: ProjectRef | undefined, typed: string): readonly Item[] {
  const here = project ?? { entity: "", project: "" };
  const { data: projects } = useQuery(projectsQuery(undefined));
  const { data: collections } = useQuery({ ...allCollectionsQuery(here), enabled: project !== undefined });
  const { data: runs } = useQuery({ ...someRunsQuery(here, { limit: MOST_EACH, columns: "", ...(typed ? { q: typed } : {}) }), enabled: project !== undefined });
  return useMemo(() => {
    const pages = project ? PAGES.map(([name, path]): Item => ({ kind: "page", name, href: projectHref(project) + path })) : [];
    const all = (projects ?? []).map(({ entity, name }): Item => ({ kind: "project", name, detail: entity, href: projectHref({ entity, project: name }) }));
    const named = project ? (collections?.collections ?? []).map(({ type, name }): Item => ({ kind: "artifact", name, detail: type, href: collectionHref(project, type, name) })) : [];
    // The server has searched the runs: it knows their notes and tags, too.
    const found = project ? (runs?.runs ?? []).map(({ id, name, job_type }): Item => ({ kind: "run", name, detail: job_type ?? id, href: runHref(project, id) })) : [];
    const best = (items: readonly Item[]): Item[] => ranked(items, typed, ({ name, detail = "" }) => `${name} ${detail}`).slice(0, MOST_EACH);
    return [...best(pages), ...found, ...best(named), ...best(all), ...best([{ kind: "page", name: "All projects", href: "/" }]), ...best(COMMANDS)];
  }, [project, projects, collections, runs, typed]);
}

export function Palette({ project, onClose }: PaletteProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [typed, setTyped] = useState("");
  const [at, setAt] = useState(0);
  const items = useItems(project, typed);
  const router = useRouter();
  const id = useId();
  const place = Math.min(at, items.length - 1);
  useEffect(() => { dialog.current?.showModal(); }, []);
  useEffect(() => { dialog.current?.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" }); }, [place]);
  const choose = (item: Item | undefined): void => {
    if (!item) return;
    onClose();
    item.act?.();
    if (item.href !== undefined) router.history.push(item.href);
  };
  const press = (event: KeyboardEvent): void => {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (by !== undefined) setAt((place + by + items.length) % items.length);
    else if (event.key === "Enter") choose(items[place]);
    else return;
    event.preventDefault();
  };
  return (
    <dialog ref={dialog} className={styles.palette} aria-label="go to" onCancel={(event) => { event.preventDefault(); onClose(); }}>
      {/* eslint-disable-next-line jsx-a11y/no-autofocus -- the palette was opened to type */}
      <input type="text" autoFocus role="combobox" aria-expanded="true" aria-controls={id} aria-activedescendant={`${id}-${String(place)}`} aria-label="Go to" spellCheck={false} autoComplete="off"
        placeholder="Go to a page, run, artifact, project…" value={typed} onChange={(event) => { setTyped(event.target.value); setAt(0); }} onKeyDown={press} onBlur={onClose} />
      <ul id={id} role="listbox" aria-label="places">
        {items.map((item, i) => (
          // The keyboard stays in the field above, which moves through the list.
          // eslint-disable-next-line jsx-a11y/click-events-have-key-events
          <li key={`${item.kind} ${item.href ?? item.name}`} id={`${id}-${String(i)}`} role="option" aria-selected={i === place} onMouseMove={() => { setAt(i); }}
            onMouseDown={(event) => { event.preventDefault(); }} onClick={() => { choose(item); }}>
            <span className={styles.kind}>{item.kind}</span>
            <span className="cut">{item.name}</span>
            {item.detail && <span className="muted cut">{item.detail}</span>}
          </li>
        ))}
      </ul>
      {items.length === 0 && <p className={styles.none}>Nothing is called “{typed}”.</p>}
    </dialog>
  );
}

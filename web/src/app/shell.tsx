import { lazy, Suspense, useEffect, useMemo, useState } from "react";
import { Link, Outlet, useParams, useRouter } from "@tanstack/react-router";
import { projectHref } from "@/core/lineage/hrefs";
import { useConnection } from "@/ui/connection";
import { focusFilter, useHotkeys } from "@/ui/hotkeys";
import { Notices } from "@/ui/notices";
import { toggleTheme, useTheme } from "@/ui/theme";
import { RUN_LIST_DEFAULTS } from "@/core/run-list";
import styles from "./shell.module.css";

const Palette = lazy(async () => ({ default: (await import("./palette")).Palette }));

/** The frame of every page: where one is, where one can go, how the connection stands. */
export function Shell() {
  const { entity, project } = useParams({ strict: false });
  useShortcuts(entity, project);
  const [isFinding, setFinding] = useFinder();
  const here = useMemo(() => (entity !== undefined && project !== undefined ? { entity, project } : undefined), [entity, project]);
  return (
    <div className={styles.shell}>
      <a className="skip" href="#content">Skip to the content</a>
      <header className={styles.header}>
        <Crumbs entity={entity} project={project} />
        {entity !== undefined && project !== undefined && <ProjectTabs entity={entity} project={project} />}
        <span className="grow" />
        <LiveMark />
        <button type="button" className={`button quiet ${styles.find ?? ""}`} aria-label="Go to… (Ctrl K)" title="Go to a page, run, artifact, project" onClick={() => { setFinding(true); }}>
          <span>Go to…</span> <kbd>Ctrl K</kbd>
        </button>
        <ThemeButton />
      </header>
      <OfflineBanner />
      <main id="content" className={styles.content} tabIndex={-1}>
        <Outlet />
      </main>
      <Notices />
      {isFinding && <Suspense><Palette project={here} onClose={() => { setFinding(false); }} /></Suspense>}
    </div>
  );
}

/** Ctrl-K or Cmd-K opens the palette, wherever the focus is. */
function useFinder(): [boolean, (isFinding: boolean) => void] {
  const [isFinding, setFinding] = useState(false);
  useEffect(() => {
    const press = (event: KeyboardEvent): void => {
      if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
      event.preventDefault();
      setFinding((was) => !was);
    };
    addEventListener("keydown", press);
    return () => { removeEventListener("keydown", press); };
  }, []);
  return [isFinding, setFinding];
}

/** Which runs are meant goes along from the workspace to the table and back. */
function listOf(search: object): object {
  return Object.fromEntries(Object.entries(search).filter(([name]) => name in RUN_LIST_DEFAULTS));
}

function Crumbs({ entity, project }: { entity: string | undefined; project: string | undefined }) {
  return (
    <nav className={styles.crumbs} aria-label="breadcrumbs">
      <Link to="/" className={styles.brand} aria-label="Museion: all projects">
        <img src="/assets/icon.svg" alt="" width={20} height={20} />
        <span>Museion</span>
      </Link>
      {entity !== undefined && <Link to="/$entity" params={{ entity }} className="muted cut">{entity}</Link>}
      {entity !== undefined && project !== undefined && (
        <>
          <span className="muted" aria-hidden="true">/</span>
          <Link to="/$entity/$project" params={{ entity, project }} className="cut"><strong>{project}</strong></Link>
        </>
      )}
    </nav>
  );
}

function ProjectTabs({ entity, project }: { entity: string; project: string }) {
  const params = { entity, project };
  return (
    <nav className={styles.tabs} aria-label="project">
      <Link to="/$entity/$project" params={params} search={listOf} activeOptions={{ exact: true, includeSearch: false }}>Workspace</Link>
      <Link to="/$entity/$project/runs" params={params} search={listOf} activeOptions={{ includeSearch: false }}>Runs</Link>
      <Link to="/$entity/$project/artifacts" params={params} activeOptions={{ includeSearch: false }}>Artifacts</Link>
      <Link to="/$entity/$project/graph" params={params} activeOptions={{ includeSearch: false }}>Graph</Link>
    </nav>
  );
}

function LiveMark() {
  const { state } = useConnection();
  if (state === "idle") return null;
  return <span className={styles.live} data-state={state} role="status">{state === "live" ? "Live" : "Offline"}</span>;
}

function OfflineBanner() {
  const connection = useConnection();
  if (connection.state !== "offline") return null;
  const since = new Date(connection.since).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  return (
    <p className={styles.banner} role="alert">
      The server has not answered since {since}. What you see stays as it was; the connection is tried again by itself.
    </p>
  );
}

function ThemeButton() {
  const theme = useTheme();
  const other = theme === "dark" ? "light" : "dark";
  return (
    <button type="button" className="button quiet icon" aria-label={`Switch to the ${other} theme`} title={`${other} theme (t)`} onClick={toggleTheme}>
      <span aria-hidden="true">{theme === "dark" ? "☀" : "☾"}</span>
    </button>
  );
}

/** `/` filter, `t` theme, `g` and a letter to go somewhere. */
function useShortcuts(entity: string | undefined, project: string | undefined): void {
  const router = useRouter();
  const keys = useMemo(() => {
    const everywhere = { "/": focusFilter, t: toggleTheme };
    if (entity === undefined || project === undefined) return everywhere;
    const base = projectHref({ entity, project });
    const go = (path: string) => () => { router.history.push(base + path); };
    return { ...everywhere, "g w": go(""), "g r": go("/runs"), "g a": go("/artifacts"), "g l": go("/graph") };
  }, [router, entity, project]);
  useHotkeys(keys);
}

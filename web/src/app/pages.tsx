/** What the address says, handed to the features' pages. */
import { useCallback, type ReactNode } from "react";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, notFound, Outlet, useNavigate, useParams } from "@tanstack/react-router";
import { ApiError } from "@/api/client";
import { projectQuery } from "@/api/run-queries";
import type { ViewPage } from "@/api/views";
import type { ProjectRef } from "@/core/project";
import { withoutDefaults, type Search } from "@/core/search";
import { ComparePage } from "@/features/compare/page";
import type { CompareSearch } from "@/features/compare/search";
import { ProjectsPage } from "@/features/projects/page";
import { RUN_TABS, RunPage, type RunSearch, type RunTab } from "@/features/run/page";
import { RunsPage } from "@/features/runs/page";
import { RUNS_DEFAULTS } from "@/features/runs/search";
import { ViewMenu } from "@/features/views/menu";
import { WorkspacePage } from "@/features/workspace/page";
import { WORKSPACE_DEFAULTS } from "@/features/workspace/search";
import { FirstRun } from "@/ui/first-run";
import { lazyEgoGraph } from "./lazy-lineage";
import { useLive } from "./live";

const projectRoute = getRouteApi("/$entity/$project");

/** The names in the address, the same object as long as they are the same. */
export function useProject(): ProjectRef {
  return projectRoute.useParams();
}

export function Projects() {
  const { q } = getRouteApi("/").useSearch();
  const navigate = useNavigate({ from: "/" });
  return <ProjectsPage q={q} onSearch={(next) => { void navigate({ search: { q: next }, replace: true }); }} />;
}

export function EntityProjects() {
  const { entity } = getRouteApi("/$entity").useParams();
  const { q } = getRouteApi("/$entity").useSearch();
  const navigate = useNavigate({ from: "/$entity" });
  return <ProjectsPage entity={entity} q={q} onSearch={(next) => { void navigate({ search: { q: next }, replace: true }); }} />;
}

/** Everything inside a project; it listens for news as long as it is open. */
export function Project() {
  const project = useProject();
  const { error } = useQuery({ ...projectQuery(project), refetchInterval: ({ state }) => (isMissing(state.error) ? 3000 : false) });
  if (isMissing(error)) return <FirstRun title={`${project.project} has no runs yet`} project={project.project} />;
  return <LiveProject key={`${project.entity}/${project.project}`} project={project} />;
}

function isMissing(error: Error | null): boolean {
  return error instanceof ApiError && error.status === 404;
}

function LiveProject({ project }: { project: ProjectRef }): ReactNode {
  useLive(project);
  return <Outlet />;
}

/** A page with saved views: its address, how to change it, and the menu of its views. */
function useViewed<S extends object>(page: ViewPage, search: S, defaults: S) {
  const project = useProject();
  const navigate = useNavigate();
  const onChange = useCallback(
    (change: Partial<S>) => { void navigate({ to: ".", search: (old: object) => ({ ...old, ...change }), replace: true }); },
    [navigate],
  );
  const state = withoutDefaults(search, defaults) as Search;
  const open = (next: Search): void => { void navigate({ to: ".", search: () => next }); };
  return { project, onChange, views: <ViewMenu project={project} page={page} state={state} onOpen={open} /> };
}

export function Workspace() {
  const search = getRouteApi("/$entity/$project/").useSearch();
  const viewed = useViewed("workspace", search, WORKSPACE_DEFAULTS);
  return <WorkspacePage search={search} {...viewed} />;
}

export function Runs() {
  const search = getRouteApi("/$entity/$project/runs").useSearch();
  const viewed = useViewed("runs", search, RUNS_DEFAULTS);
  return <RunsPage search={search} {...viewed} />;
}

function RunAt({ tab, path }: { tab: RunTab; path?: string | undefined }) {
  const route = getRouteApi("/$entity/$project/runs/$run");
  const { run } = route.useParams();
  const search = route.useSearch();
  const navigate = useNavigate();
  const onChange = useCallback(
    (change: Partial<RunSearch>) => { void navigate({ to: ".", search: (old) => ({ ...old, ...change }), replace: true }); },
    [navigate],
  );
  const project = useProject();
  const onGone = useCallback(() => { void navigate({ to: "/$entity/$project/runs", params: project }); }, [navigate, project]);
  return <RunPage project={project} run={run} tab={tab} path={path} search={search} onChange={onChange} onGone={onGone} lineage={lazyEgoGraph(project)} />;
}

export function Run() {
  const { tab = "charts" } = useParams({ strict: false });
  const found = RUN_TABS.find((one) => one === tab);
  if (!found) throw notFound();
  return <RunAt tab={found} />;
}

export function RunFile() {
  const { _splat } = useParams({ strict: false });
  return <RunAt tab="files" path={_splat || undefined} />;
}

export function Compare() {
  const search = getRouteApi("/$entity/$project/compare").useSearch();
  const navigate = useNavigate({ from: "/$entity/$project/compare" });
  const onChange = useCallback(
    (change: Partial<CompareSearch>) => { void navigate({ search: (old) => ({ ...old, ...change }), replace: true }); },
    [navigate],
  );
  return <ComparePage project={useProject()} search={search} onChange={onChange} />;
}

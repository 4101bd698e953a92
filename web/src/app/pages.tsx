/** What the address says, handed to the features' pages. */
import { useCallback, type ReactNode } from "react";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, notFound, Outlet, useNavigate, useParams } from "@tanstack/react-router";
import { ApiError } from "@/api/client";
import { projectQuery } from "@/api/run-queries";
import type { ProjectRef } from "@/core/project";
import { ProjectsPage } from "@/features/projects/page";
import { RUN_TABS, RunPage, type RunSearch, type RunTab } from "@/features/run/page";
import { RunsPage } from "@/features/runs/page";
import type { RunsSearch } from "@/features/runs/search";
import { WorkspacePage } from "@/features/workspace/page";
import type { WorkspaceSearch } from "@/features/workspace/search";
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

export function Workspace() {
  const search = getRouteApi("/$entity/$project/").useSearch();
  const navigate = useNavigate({ from: "/$entity/$project/" });
  const onChange = useCallback(
    (change: Partial<WorkspaceSearch>) => { void navigate({ search: (old) => ({ ...old, ...change }), replace: true }); },
    [navigate],
  );
  return <WorkspacePage project={useProject()} search={search} onChange={onChange} />;
}

export function Runs() {
  const search = getRouteApi("/$entity/$project/runs").useSearch();
  const navigate = useNavigate({ from: "/$entity/$project/runs" });
  const onChange = useCallback(
    (change: Partial<RunsSearch>) => { void navigate({ search: (old) => ({ ...old, ...change }), replace: true }); },
    [navigate],
  );
  return <RunsPage project={useProject()} search={search} onChange={onChange} />;
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
  return <RunPage project={useProject()} run={run} tab={tab} path={path} search={search} onChange={onChange} lineage={lazyEgoGraph(useProject())} />;
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

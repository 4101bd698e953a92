import { createRootRoute, createRoute, createRouter, lazyRouteComponent, Outlet, redirect, type SearchMiddleware, type SearchSchemaInput } from "@tanstack/react-router";
import { CHART_DEFAULTS, readChartView } from "@/core/chart-view";
import { parseSearch, readText, stringifySearch, withoutDefaults, type Search } from "@/core/search";
import { COMPARE_DEFAULTS, readCompareSearch } from "@/features/compare/search";
import { readRunsSearch, RUNS_DEFAULTS } from "@/features/runs/search";
import { readWorkspaceSearch, WORKSPACE_DEFAULTS } from "@/features/workspace/search";
import { NotFound, Problem } from "./not-found";
import { Shell } from "./shell";

const pages = () => import("./pages");
const lineage = () => import("./lineage-pages");

const root = createRootRoute({ component: Shell, notFoundComponent: NotFound });

/** A reader whose fields may all be left out of a link. */
function optional<T extends object>(read: (search: Search) => T) {
  return (search: Partial<T> & SearchSchemaInput): T => read(search as Search);
}

/** Keeps addresses short: what is at its default does not stand in them. */
function short<T extends object>(defaults: T): SearchMiddleware<T> {
  return ({ search, next }) => withoutDefaults(next(search), defaults);
}

const readQuery = optional((search): { q: string | undefined } => ({ q: readText(search["q"]) }));
const RUN_DEFAULTS = { ...CHART_DEFAULTS, find: undefined as string | undefined };
const readRunSearch = optional((search) => ({ ...readChartView(search), find: readText(search["find"]) }));

const home = createRoute({ getParentRoute: () => root, path: "/", validateSearch: readQuery, component: lazyRouteComponent(pages, "Projects") });
const entity = createRoute({ getParentRoute: () => root, path: "$entity", validateSearch: readQuery, component: lazyRouteComponent(pages, "EntityProjects") });
const project = createRoute({ getParentRoute: () => root, path: "$entity/$project", component: lazyRouteComponent(pages, "Project") });

const workspace = createRoute({
  getParentRoute: () => project,
  path: "/",
  validateSearch: optional(readWorkspaceSearch),
  search: { middlewares: [short(WORKSPACE_DEFAULTS)] },
  component: lazyRouteComponent(pages, "Workspace"),
});

const runs = createRoute({
  getParentRoute: () => project,
  path: "runs",
  validateSearch: optional(readRunsSearch),
  search: { middlewares: [short(RUNS_DEFAULTS)] },
  component: lazyRouteComponent(pages, "Runs"),
});

const run = createRoute({
  getParentRoute: () => project,
  path: "runs/$run",
  validateSearch: readRunSearch,
  search: { middlewares: [short(RUN_DEFAULTS)] },
  component: Outlet,
});
const runHome = createRoute({ getParentRoute: () => run, path: "/", component: lazyRouteComponent(pages, "Run") });
const runTab = createRoute({ getParentRoute: () => run, path: "$tab", component: lazyRouteComponent(pages, "Run") });
const runFile = createRoute({ getParentRoute: () => run, path: "files/$", component: lazyRouteComponent(pages, "RunFile") });

const compare = createRoute({
  getParentRoute: () => project,
  path: "compare",
  validateSearch: optional(readCompareSearch),
  search: { middlewares: [short(COMPARE_DEFAULTS)] },
  component: lazyRouteComponent(pages, "Compare"),
});

const graph = createRoute({ getParentRoute: () => project, path: "graph", component: lazyRouteComponent(lineage, "Graph") });
const artifacts = createRoute({ getParentRoute: () => project, path: "artifacts", component: lazyRouteComponent(lineage, "Artifacts") });
const storage = createRoute({ getParentRoute: () => project, path: "storage", component: lazyRouteComponent(lineage, "Storage") });
const artifactsOfType = createRoute({ getParentRoute: () => project, path: "artifacts/$type", component: lazyRouteComponent(lineage, "ArtifactsOfType") });
const collection = createRoute({ getParentRoute: () => project, path: "artifacts/$type/$name", component: lazyRouteComponent(lineage, "Collection") });
const VERSION = "artifacts/$type/$name/$pointer";
const version = createRoute({ getParentRoute: () => project, path: VERSION, component: lazyRouteComponent(lineage, "Version") });
const versionTab = createRoute({ getParentRoute: () => project, path: `${VERSION}/$tab`, validateSearch: optional((search): { against: string | undefined } => ({ against: readText(search["against"]) })), component: lazyRouteComponent(lineage, "VersionTab") });
const versionFile = createRoute({ getParentRoute: () => project, path: `${VERSION}/files/$`, component: lazyRouteComponent(lineage, "VersionFile") });

/** Addresses that people know from elsewhere. */
const workspaceAlias = createRoute({
  getParentRoute: () => project,
  path: "workspace",
  beforeLoad: ({ params, search }) => { throw redirect({ to: "/$entity/$project", params, search: readWorkspaceSearch(search), replace: true }); },
});
const tableAlias = createRoute({
  getParentRoute: () => project,
  path: "table",
  beforeLoad: ({ params, search }) => { throw redirect({ to: "/$entity/$project/runs", params, search: readRunsSearch(search), replace: true }); },
});

const tree = root.addChildren([
  home,
  entity,
  project.addChildren([
    workspace, runs, run.addChildren([runHome, runTab, runFile]), compare, graph,
    artifacts, storage, artifactsOfType, collection, version, versionTab, versionFile, workspaceAlias, tableAlias,
  ]),
]);

export const router = createRouter({
  routeTree: tree,
  parseSearch,
  stringifySearch,
  defaultPreload: "intent",
  defaultNotFoundComponent: NotFound,
  defaultErrorComponent: Problem,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}

/** What the address says, handed to the pages about artifacts and their lineage. */
import { getRouteApi, notFound, useParams, useSearch } from "@tanstack/react-router";
import type { ProjectRef } from "@/core/project";
import { ArtifactsPage } from "@/features/artifacts/browser-page";
import { CollectionPage } from "@/features/artifacts/collection-page";
import { StoragePage } from "@/features/artifacts/storage-page";
import { VERSION_TABS, VersionPage, type VersionTab as Tab } from "@/features/artifacts/version-page";
import { EgoGraph } from "@/features/graph/ego-graph";
import { GraphPage } from "@/features/graph/page";
import { usePageTitle } from "@/ui/use-page-title";

/** What these tabs are called elsewhere. */
const ALIASES: Readonly<Record<string, Tab>> = { graph: "lineage" };

function useProject(): ProjectRef {
  return getRouteApi("/$entity/$project").useParams();
}

export function Graph() {
  const project = useProject();
  usePageTitle("Graph", project.project);
  return <GraphPage project={project} />;
}

export function Artifacts() {
  const project = useProject();
  usePageTitle("Artifacts", project.project);
  return <ArtifactsPage project={project} />;
}

export function Storage() {
  const project = useProject();
  usePageTitle("Storage", project.project);
  return <StoragePage project={project} />;
}

export function ArtifactsOfType() {
  const { type } = useParams({ from: "/$entity/$project/artifacts/$type" });
  usePageTitle(type, useProject().project);
  return <ArtifactsPage project={useProject()} type={type} />;
}

export function Collection() {
  const { type, name } = useParams({ from: "/$entity/$project/artifacts/$type/$name" });
  usePageTitle(name, useProject().project);
  return <CollectionPage project={useProject()} type={type} name={name} />;
}

function VersionAt({ tab, path }: { tab: Tab; path?: string | undefined }) {
  const { type = "", name = "", pointer = "" } = useParams({ strict: false });
  const project = useProject();
  usePageTitle(`${name}:${pointer}`, project.project);
  const lineage = (root: string) => <EgoGraph project={project} root={root} />;
  const { against } = useSearch({ strict: false }) as { against?: string };
  return <VersionPage project={project} type={type} name={name} pointer={pointer} tab={tab} path={path} against={against} lineage={lineage} />;
}

export function Version() {
  return <VersionAt tab="overview" />;
}

export function VersionTab() {
  const { tab = "" } = useParams({ strict: false });
  const found = ALIASES[tab] ?? VERSION_TABS.find((one) => one === tab);
  if (!found) throw notFound();
  return <VersionAt tab={found} />;
}

export function VersionFile() {
  const { _splat } = useParams({ strict: false });
  return <VersionAt tab="files" path={_splat || undefined} />;
}

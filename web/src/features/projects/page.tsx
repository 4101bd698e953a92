import { useState } from "react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { Project } from "@/api/projects";
import { projectsQuery } from "@/api/run-queries";
import { formatAgo, formatSize, formatTime } from "@/core/format";
import { FirstRun } from "@/ui/first-run";
import { FilterField } from "@/ui/panels/toolbar";
import { Failure, Loading } from "@/ui/parts";
import { usePageTitle } from "@/ui/use-page-title";

const POLL = 10_000;

interface ProjectsPageProps {
  entity?: string;
  q: string | undefined;
  onSearch: (q: string | undefined) => void;
}

/** All projects one may see, those of one entity if it is given; newest first. */
export function ProjectsPage({ entity, q, onSearch }: ProjectsPageProps) {
  usePageTitle(entity ?? "Projects");
  const { data, error, refetch, isLoading } = useQuery({ ...projectsQuery(entity), refetchInterval: POLL });
  if (error && !data) return <Failure error={error} onRetry={() => { void refetch(); }} />;
  if (isLoading || !data) return <Loading />;
  if (data.length === 0) return <FirstRun title="No runs yet" />;
  const found = data.filter(({ name }) => name.toLowerCase().includes((q ?? "").toLowerCase()));
  return (
    <div className="page">
      <div className="narrow">
        <div className="toolbar" style={{ marginBottom: 12 }}>
          <h1>{entity ?? "Projects"}</h1>
          <span className="grow" />
          <FilterField main label="Filter projects" placeholder="Filter projects" value={q} onChange={onSearch} />
        </div>
        <ProjectTable projects={found} withEntity={entity === undefined} />
        {found.length === 0 && <p className="notice">No project has “{q}” in its name.</p>}
      </div>
    </div>
  );
}

function ProjectTable({ projects, withEntity }: { projects: readonly Project[]; withEntity: boolean }) {
  const [now] = useState(() => Date.now() / 1000);
  const newest = [...projects].sort((a, b) => b.updated_at - a.updated_at);
  return (
    <table className="table" aria-label="projects">
      <thead>
        <tr>
          <th scope="col">Project</th>
          <th scope="col" className="right">Runs</th>
          <th scope="col">Running</th>
          <th scope="col" className="right">Artifacts</th>
          <th scope="col" className="right">Storage</th>
          <th scope="col" className="right">Last active</th>
        </tr>
      </thead>
      <tbody>
        {newest.map((project) => <ProjectRow key={`${project.entity}/${project.name}`} project={project} withEntity={withEntity} now={now} />)}
      </tbody>
    </table>
  );
}

function ProjectRow({ project, withEntity, now }: { project: Project; withEntity: boolean; now: number }) {
  const { entity, name, description, runs, running, artifacts, size, updated_at } = project;
  return (
    <tr>
      <th scope="row" style={{ fontWeight: 400 }}>
        {withEntity && <span className="muted">{entity} / </span>}
        <Link to="/$entity/$project" params={{ entity, project: name }}><strong>{name}</strong></Link>
        {description && <span className="muted"> · {description}</span>}
      </th>
      <td className="right">{runs.toLocaleString("en-US")}</td>
      <td>{running > 0 && <span className="state state-running num">{running}</span>}</td>
      <td className="right">{artifacts.toLocaleString("en-US")}</td>
      <td className="right">{formatSize(size)}</td>
      <td className="right" title={formatTime(updated_at)}>{formatAgo(updated_at, now)}</td>
    </tr>
  );
}

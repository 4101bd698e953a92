import { useQuery } from "@tanstack/react-query";
import type { Run } from "@/api/runs";
import { formatDuration, formatTime } from "@/core/format";
import type { ProjectRef } from "@/core/project";
import { Values } from "@/ui/files/values";
import { Facts, Items, State, versionItem, Waiting } from "./facts";
import { runArtifactsQuery, runQuery } from "@/api/queries";

interface RunDetailsProps {
  project: ProjectRef;
  run: string;
  hrefOfNode: (id: string) => string;
}

/** A run: what it is, what it measured, what it used and made, how it was configured. */
export function RunDetails({ project, run, hrefOfNode }: RunDetailsProps) {
  const { data, error } = useQuery(runQuery(project, run));
  const artifacts = useQuery(runArtifactsQuery(project, run));
  if (!data) return <Waiting error={error} />;
  const { inputs = [], outputs = [] } = artifacts.data ?? {};
  return (
    <>
      <Facts facts={runFacts(data)} />
      {data.notes && <p>{data.notes}</p>}
      <Items title="Inputs" items={inputs.map(versionItem)} hrefOfNode={hrefOfNode} />
      <Items title="Outputs" items={outputs.map(versionItem)} hrefOfNode={hrefOfNode} />
      <Values title="Summary" values={data.summary} />
      <Values title="Config" values={data.config} />
    </>
  );
}

function runFacts(run: Run): [string, React.ReactNode][] {
  const end = run.finished_at ?? (run.state === "running" ? run.updated_at : null);
  return [
    ["State", <State key="state" state={run.state} />],
    ["Job type", run.job_type],
    ["Group", run.group],
    ["Created", formatTime(run.created_at)],
    ["Duration", end === null ? null : formatDuration(end - run.created_at)],
    ["By", run.user],
    ["Tags", run.tags.join(", ")],
    ["Id", <code key="id">{run.id}</code>],
  ];
}

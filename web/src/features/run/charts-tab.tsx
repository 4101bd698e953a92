import { useMemo } from "react";
import { useQuery } from "@tanstack/react-query";
import { keysQuery } from "@/api/run-queries";
import type { Key, Run } from "@/api/runs";
import { isMedia } from "@/core/media";
import type { ProjectRef } from "@/core/project";
import { matcher, sectionOf, sections } from "@/core/sections";
import { MediaPanel } from "@/ui/panels/media-panel";
import panels from "@/ui/panels/panels.module.css";
import { ChartSections, Fold } from "@/ui/panels/sections";
import { ChartToolbar } from "@/ui/panels/toolbar";
import type { Drawn } from "@/ui/panels/use-lines";
import { Failure, Loading } from "@/ui/parts";
import type { ChangeRun, RunSearch } from "./page";

interface ChartsTabProps {
  project: ProjectRef;
  run: Run;
  search: RunSearch;
  onChange: ChangeRun;
  /** The machine's own metrics instead of what was logged. */
  system: boolean;
}

/** The curves of one run. */
export function ChartsTab({ project, run, search, onChange, system }: ChartsTabProps) {
  const { data: keys, error, refetch } = useQuery(keysQuery(project, run.id));
  const drawn = useAlone(project, run);
  const axes = useMemo(() => (keys ?? []).filter(({ kind }) => kind === "number").map(({ key }) => key), [keys]);
  const found = useMemo(() => chosen(keys ?? [], search.mq, system), [keys, search.mq, system]);
  if (error && !keys) return <Failure error={error} onRetry={() => { void refetch(); }} />;
  if (!keys) return <Loading />;
  return (
    <>
      <ChartToolbar view={search} onChange={onChange} axes={axes} />
      <ChartSections drawn={drawn} sections={found.sections} view={search} onChange={onChange} openSystem />
      {found.media.length > 0 && <Media project={project} run={run} media={found.media} />}
      {found.sections.length + found.media.length === 0 && <p className={panels.message}>{nothing(system, search.mq)}</p>}
    </>
  );
}

function chosen(keys: readonly Key[], mq: string | undefined, system: boolean) {
  const wanted = matcher(mq);
  const ours = keys.filter(({ key }) => (sectionOf(key) === "system") === system && wanted(key));
  return {
    sections: sections(ours.filter(({ kind }) => kind === "number").map(({ key }) => key)),
    media: ours.filter(({ kind, last }) => kind === "value" && isMedia(last)),
  };
}

function Media({ project, run, media }: { project: ProjectRef; run: Run; media: readonly Key[] }) {
  return (
    <Fold title="Media" count={media.length} open>
      {() => (
        <div className={panels.grid}>
          {media.map(({ key }) => <MediaPanel key={key} project={project} run={run} metric={key} named={false} />)}
        </div>
      )}
    </Fold>
  );
}

/** The run alone, as charts see it: the same object as long as name and stroke are the same. */
function useAlone(project: ProjectRef, run: Run): Drawn {
  // eslint-disable-next-line react-hooks/exhaustive-deps -- these are all a chart shows of a run
  return useMemo(() => ({ project, runs: [run], groups: undefined, band: "none" }), [project, run.id, run.name, run.color_index]);
}

function nothing(system: boolean, mq: string | undefined): string {
  if (mq !== undefined) return `No key matches ${mq}.`;
  return system ? "The run has not measured its machine." : "Nothing has been logged yet: run.log() makes charts appear.";
}

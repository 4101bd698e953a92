import { useMemo } from "react";
import { useQuery } from "@tanstack/react-query";
import { keysQuery } from "@/api/run-queries";
import type { Run } from "@/api/runs";
import { isMedia } from "@/core/media";
import type { ProjectRef } from "@/core/project";
import { matcher } from "@/core/sections";
import { MediaPanel } from "@/ui/panels/media-panel";
import panels from "@/ui/panels/panels.module.css";
import { FilterField } from "@/ui/panels/toolbar";
import { Failure, Loading } from "@/ui/parts";
import type { ChangeRun, RunSearch } from "./page";
import styles from "./run.module.css";

interface MediaTabProps {
  project: ProjectRef;
  run: Run;
  search: RunSearch;
  onChange: ChangeRun;
}

/** Pictures, sounds, tables and what else was logged to be looked at, large. */
export function MediaTab({ project, run, search, onChange }: MediaTabProps) {
  const { data: keys, error, refetch } = useQuery(keysQuery(project, run.id));
  const media = useMemo(() => (keys ?? []).filter(({ kind, last }) => kind === "value" && isMedia(last)), [keys]);
  if (error && !keys) return <Failure error={error} onRetry={() => { void refetch(); }} />;
  if (!keys) return <Loading />;
  if (media.length === 0) return <p className={panels.message}>No media: run.log({"{\"examples\": museion.Image(…)}"}) shows pictures here.</p>;
  return (
    <>
      <div className={`toolbar ${panels.toolbar ?? ""}`}>
        <FilterField main label="Filter media" placeholder="Filter media (regex)" value={search.mq} onChange={(mq) => { onChange({ mq }); }} />
      </div>
      <div className={styles.media}>
        {media.filter(({ key }) => matcher(search.mq)(key)).map(({ key }) => (
          <MediaPanel key={key} project={project} run={run} metric={key} named={false} />
        ))}
      </div>
    </>
  );
}

import { useMemo, useState } from "react";
import { useQuery } from "@tanstack/react-query";
import { valuesQuery } from "@/api/run-queries";
import type { Run, ValueAt } from "@/api/runs";
import { apiHref } from "@/api/client";
import { thumbnailUrl } from "@/api/previews";
import { charted, mediaOf, type Media } from "@/core/media";
import type { ProjectRef } from "@/core/project";
import { Failure, RunStroke } from "../parts";
import { useVisible } from "../use-visible";
import { MediaItem } from "./media-item";
import styles from "./panels.module.css";

interface MediaPanelProps {
  project: ProjectRef;
  run: Run;
  metric: string;
  /** Name the run above the pictures, where several runs are shown. */
  named: boolean;
}

/** They need the whole width. */
const TABLES: ReadonlySet<string> = new Set(["table", "join"]);

/** What a run logged under one key, a step at a time. */
export function MediaPanel({ project, run, metric, named }: MediaPanelProps) {
  const [ref, isVisible] = useVisible();
  const { data, error, refetch } = useQuery({ ...valuesQuery(project, run.id, metric), enabled: isVisible });
  const values = useMemo(() => (data?.values ?? []).filter((value) => mediaOf(value.value).length > 0), [data]);
  const isTable = TABLES.has(mediaOf(values[0]?.value)[0]?.kind ?? "");
  return (
    <figure className={`${styles.panel ?? ""} ${styles.media ?? ""} ${isTable ? (styles.wide ?? "") : ""}`} aria-label={`media of ${metric}`} data-metric={metric}>
      <figcaption>
        <h3 className="cut" title={metric}>{metric}</h3>
        {named && <span className={styles.owner}><RunStroke index={run.color_index} />{run.name}</span>}
      </figcaption>
      <div ref={ref}>
        {error && <Failure error={error} onRetry={() => { void refetch(); }} />}
        {values.length > 0 && <Steps project={project} run={run} metric={metric} values={values} />}
        {data?.truncated && <p className={styles.message}>Only the first {values.length} steps are shown.</p>}
      </div>
    </figure>
  );
}

const WIDE = 512;

/** A small copy of a large picture, made by the server. */
function smallUrl(base: string, shot: Media): string | undefined {
  if (shot.kind !== "image" || Math.max(shot.width ?? 0, shot.height ?? 0) <= WIDE) return undefined;
  return thumbnailUrl(base, shot.path, WIDE);
}

/** The newest step at first; as long as nobody moves the slider it follows the run. */
function Steps({ project, run, metric, values }: { project: ProjectRef; run: Run; metric: string; values: readonly ValueAt[] }) {
  const [chosen, setChosen] = useState<number>();
  const index = Math.min(chosen ?? values.length - 1, values.length - 1);
  const value = values[index];
  if (!value) return null;
  const shots = mediaOf(charted(value.value, run.metadata, metric));
  const base = apiHref(project, "runs", run.id);
  const columns = `repeat(auto-fill, minmax(min(${shots.length > 1 ? "110px" : "240px"}, 100%), 1fr))`;
  return (
    <>
      <label className={styles.steps}>
        <span className="num">step {value.step}</span>
        {values.length > 1 && (
          <input type="range" min={0} max={values.length - 1} value={index} aria-label={`step of ${metric}`}
            aria-valuetext={`step ${String(value.step)}`} onChange={(event) => { setChosen(Number(event.target.value)); }} />
        )}
      </label>
      <div className={styles.shots} style={{ gridTemplateColumns: columns }}>
        {shots.map((shot, i) => (
          <MediaItem key={i} media={shot} name={`${metric} ${String(i + 1)}`} base={base} small={smallUrl(base, shot)} />
        ))}
      </div>
    </>
  );
}

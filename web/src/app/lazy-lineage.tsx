import { lazy, Suspense, type ReactNode } from "react";
import type { ProjectRef } from "@/core/project";
import { Loading } from "@/ui/parts";

const EgoGraph = lazy(async () => ({ default: (await import("@/features/graph/ego-graph")).EgoGraph }));
const RUN_DEPTH = 2;

/** Draws the lineage around a run; its code is fetched when it is first wanted. */
export function lazyEgoGraph(project: ProjectRef): (run: string) => ReactNode {
  return function lineageOfRun(run) {
    return (
      <Suspense fallback={<Loading />}>
        <EgoGraph project={project} root={`run:${run}`} depth={RUN_DEPTH} />
      </Suspense>
    );
  };
}

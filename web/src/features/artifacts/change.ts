import { useMutation, useQueryClient } from "@tanstack/react-query";
import { changeVersion, type Version, type VersionChange } from "@/api/artifacts";
import type { ProjectRef } from "@/core/project";

const SHOWN = ["version", "version-runs", "collection", "collections", "graph", "project"];

/** Asks again for everything that shows artifacts of this project. */
export function useRefresh(project: ProjectRef): () => Promise<void> {
  const queries = useQueryClient();
  return async () => {
    await Promise.all(SHOWN.map((what) => queries.invalidateQueries({ queryKey: [what, project.entity, project.project] })));
  };
}

/** Change a version; afterwards everything that shows versions of this project is asked again. */
export function useChange(project: ProjectRef, version: Version) {
  const refresh = useRefresh(project);
  return useMutation({
    mutationFn: (change: VersionChange) => changeVersion({ ...project, name: version.name, pointer: version.version }, change),
    onSuccess: refresh,
  });
}

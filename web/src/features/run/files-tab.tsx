import { useInfiniteQuery } from "@tanstack/react-query";
import { runFilesQuery } from "@/api/run-queries";
import { fileHref, runHref } from "@/core/lineage/hrefs";
import type { ProjectRef } from "@/core/project";
import { apiHref } from "@/api/client";
import { FileBrowser } from "@/ui/files/file-browser";
import { Failure, Loading } from "@/ui/parts";
import styles from "./run.module.css";

interface FilesTabProps {
  project: ProjectRef;
  run: string;
  /** The run as the address names it: its id or `latest`. */
  address: string;
  path: string | undefined;
}

export function FilesTab({ project, run, address, path }: FilesTabProps) {
  const { data, error, refetch, hasNextPage, isFetching, fetchNextPage } = useInfiniteQuery(runFilesQuery(project, run));
  if (error && !data) return <Failure error={error} onRetry={() => { void refetch(); }} />;
  if (!data) return <Loading />;
  return (
    <div className={styles.padded}>
      <FileBrowser
        base={apiHref(project, "runs", run)}
        files={data.pages.flatMap((page) => page.files)}
        total={data.pages[0]?.total}
        selected={path ?? null}
        hrefOf={(file) => fileHref(runHref(project, address), file)}
        onMore={hasNextPage && !isFetching ? () => { void fetchNextPage(); } : undefined}
      />
    </div>
  );
}

import { useInfiniteQuery } from "@tanstack/react-query";
import type { Version } from "@/api/artifacts";
import { versionFilesQuery } from "@/api/queries";
import { fileHref, versionHref } from "@/core/lineage/hrefs";
import type { ProjectRef } from "@/core/project";
import { apiHref } from "@/api/client";
import { FileBrowser } from "@/ui/files/file-browser";

interface FilesTabProps {
  project: ProjectRef;
  version: Version;
  /** As in the address, so that a link to a file under an alias stays under it. */
  pointer: string;
  path: string | null;
}

/** The files of a version, one of them opened by the address. */
export function FilesTab({ project, version, pointer, path }: FilesTabProps) {
  const { data, error, fetchNextPage, hasNextPage } = useInfiniteQuery(versionFilesQuery(project, version.name, version.version));
  const base = versionHref(project, version.type, version.name, pointer);
  if (error) return <p role="alert">{error.message}</p>;
  if (!data) return <p className="muted">Reading…</p>;
  const files = data.pages.flatMap((page) => page.files);
  return (
    <FileBrowser
      base={apiHref(project, "artifacts", version.name, version.version)}
      files={files}
      total={data.pages[0]?.total}
      selected={path ?? (files.length === 1 ? (files[0]?.path ?? null) : null)}
      hrefOf={(one) => fileHref(base, one)}
      onMore={hasNextPage ? () => void fetchNextPage() : undefined}
    />
  );
}

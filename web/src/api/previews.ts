import { queryOptions } from "@tanstack/react-query";
import { demand, request, type Schemas } from "./client";

export type Preview = Schemas["Preview"];
export type PreviewColumn = Schemas["PreviewColumn"];

/** What a file holds, told by the server without running it. `base` is the API's address of its run or version. */
export function previewQuery(base: string, path: string, digest: string | null | undefined) {
  const url = `${base}/preview?path=${encodeURIComponent(path)}`;
  return queryOptions({
    queryKey: ["preview", digest ?? url, path.slice(path.lastIndexOf("."))],
    queryFn: async ({ signal }) => (await (await demand(await request(url, { signal }))).json()) as Preview,
    staleTime: digest ? Infinity : 10_000,
    retry: false,
  });
}

/** A small file that never changes, as text. */
export function textQuery(url: string) {
  return queryOptions({ queryKey: ["text", url], queryFn: async ({ signal }) => (await demand(await request(url, { signal }))).text(), staleTime: Infinity });
}

/** Address of a small copy of a picture. */
export function thumbnailUrl(base: string, path: string, width: number): string {
  return `${base}/thumbnail?path=${encodeURIComponent(path)}&width=${String(width)}`;
}

/** Address of a file. */
export function fileUrl(base: string, path: string): string {
  return `${base}/files/${path.split("/").map(encodeURIComponent).join("/")}`;
}

import { useQuery } from "@tanstack/react-query";
import type { FileEntry } from "@/api/artifacts";
import { demand, request } from "@/api/client";
import { PREVIEW_CAP, type FileKind } from "@/core/preview/kind";

export interface FileBytes {
  bytes: Uint8Array;
  /** Only the beginning was fetched. */
  cut: boolean;
}

/** The bytes of a file, or its beginning as far as its kind is previewed. Content under a digest never changes. */
export function useFile(file: FileEntry, kind: FileKind) {
  const cap = PREVIEW_CAP[kind];
  return useQuery({
    queryKey: ["file", file.digest ?? file.url, kind],
    queryFn: ({ signal }) => readStart(file, cap, signal),
    staleTime: file.digest ? Infinity : 10_000,
    gcTime: 60_000,
  });
}

async function readStart(file: FileEntry, cap: number, signal: AbortSignal): Promise<FileBytes> {
  if (file.size === 0) return { bytes: new Uint8Array(), cut: false };
  const answer = await demand(await request(file.url, { signal, headers: { Range: `bytes=0-${String(cap - 1)}` } }));
  const bytes = await readAtMost(answer, cap);
  return { bytes, cut: bytes.length < file.size };
}

/** A server may ignore the range: what is beyond the cap is not read. */
async function readAtMost(answer: Response, cap: number): Promise<Uint8Array> {
  const reader = answer.body?.getReader();
  if (!reader) return new Uint8Array(await answer.arrayBuffer()).slice(0, cap);
  const parts: Uint8Array[] = [];
  let length = 0;
  while (length < cap) {
    const { done, value } = await reader.read();
    if (done) break;
    parts.push(value);
    length += value.length;
  }
  await reader.cancel();
  return joined(parts, Math.min(length, cap));
}

function joined(parts: readonly Uint8Array[], length: number): Uint8Array {
  const all = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    all.set(part.subarray(0, length - at), at);
    at += part.length;
    if (at >= length) break;
  }
  return all;
}

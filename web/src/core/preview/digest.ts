/** `blake3:0123456789abcdef…` as its first twelve digits. */
export function shortDigest(digest: string | null | undefined): string {
  if (!digest) return "–";
  return digest.slice(digest.indexOf(":") + 1).slice(0, 12);
}

import { sourceHref } from "@/core/lineage/hrefs";
import { AppLink } from "@/ui/app-link";

/** The version itself, from a place in a registry that links to it. */
export function SourceLink({ type, source }: { type: string; source: string }) {
  const href = sourceHref(type, source);
  return href === undefined ? <>{source}</> : <AppLink href={href}>{source}</AppLink>;
}

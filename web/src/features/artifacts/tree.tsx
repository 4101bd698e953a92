import { useState } from "react";
import { useQuery } from "@tanstack/react-query";
import type { Collection } from "@/api/artifacts";
import { allCollectionsQuery } from "@/api/queries";
import { hueOf, hueToken } from "@/core/lineage/colour";
import { collectionHref, projectHref, typeHref } from "@/core/lineage/hrefs";
import type { ProjectRef } from "@/core/project";
import { AppLink } from "@/ui/app-link";
import styles from "./artifacts.module.css";

interface TreeProps {
  project: ProjectRef;
  type?: string | undefined;
  name?: string | undefined;
}

/** All collections by type, at the left of every artifact page. */
export function Tree({ project, type, name }: TreeProps) {
  const { data } = useQuery(allCollectionsQuery(project));
  const [query, setQuery] = useState("");
  const isStorage = location.pathname.endsWith("/storage");
  const found = (data?.collections ?? []).filter((one) => one.name.toLowerCase().includes(query.toLowerCase()));
  return (
    <nav className={styles.tree} aria-label="artifacts">
      <input type="search" placeholder="Find a collection" aria-label="find a collection" value={query} onChange={(event) => setQuery(event.target.value)} />
      <AppLink href={`${projectHref(project)}/artifacts`} className={styles.all} aria-current={!type && !name && !isStorage ? "page" : undefined}>
        All artifacts
      </AppLink>
      <AppLink href={`${projectHref(project)}/storage`} className={styles.all} aria-current={isStorage ? "page" : undefined}>Storage</AppLink>
      {byType(found).map(([group, collections]) => (
        <section key={group} style={{ ["--hue" as string]: `var(${hueToken(hueOf({ kind: "artifact", type: group }))})` }}>
          <AppLink href={typeHref(project, group)} className={styles.group} aria-current={type === group && !name ? "page" : undefined}>
            <span aria-hidden>◆</span> {group}
          </AppLink>
          {collections.map((one) => (
            <AppLink key={one.name} href={collectionHref(project, one.type, one.name)} className={styles.leaf} aria-current={one.name === name ? "page" : undefined}>
              <span className="cut grow">{one.name}</span>
              <span className="muted num">{one.versions}</span>
            </AppLink>
          ))}
        </section>
      ))}
    </nav>
  );
}

/** Collections under their types, both in the order of their names. */
export function byType(collections: readonly Collection[]): [string, Collection[]][] {
  const groups = new Map<string, Collection[]>();
  for (const one of [...collections].sort((a, b) => a.name.localeCompare(b.name))) {
    groups.set(one.type, [...(groups.get(one.type) ?? []), one]);
  }
  return [...groups].sort(([a], [b]) => a.localeCompare(b));
}

import { useState, type ReactNode } from "react";
import { useQuery } from "@tanstack/react-query";
import type { Version } from "@/api/artifacts";
import { versionQuery } from "@/api/queries";
import { collectionHref, versionHref } from "@/core/lineage/hrefs";
import type { ProjectRef } from "@/core/project";
import { AppLink } from "@/ui/app-link";
import styles from "./artifacts.module.css";
import { DiffTab } from "./diff-tab";
import { FilesTab } from "./files-tab";
import { Frame } from "./frame";
import { MetadataTab } from "./metadata-tab";
import { OverviewTab } from "./overview-tab";
import { UsageTab } from "./usage-tab";
import { VersionActions } from "./version-actions";

export const VERSION_TABS = ["overview", "files", "metadata", "diff", "usage", "lineage"] as const;
export type VersionTab = (typeof VERSION_TABS)[number];

interface VersionPageProps {
  project: ProjectRef;
  type: string;
  name: string;
  /** A version, an alias or the beginning of a digest, as the address has it. */
  pointer: string;
  tab: VersionTab;
  /** The file that is shown. */
  path?: string | undefined;
  /** The version that the difference is told from. */
  against?: string | undefined;
  /** The lineage around a node id, which another feature draws. */
  lineage: (root: string) => ReactNode;
}

/** One version of an artifact. An alias in the address stays one: it shows what the alias means now. */
export function VersionPage(props: VersionPageProps) {
  const { project, type, name, pointer } = props;
  const { data, error } = useQuery(versionQuery(project, name, pointer));
  return (
    <Frame project={project} type={data?.type ?? type} name={name}>
      {error && (
        <div className={styles.empty} role="alert">
          <p>{error.message}</p>
          <AppLink href={collectionHref(project, type, name)}>All versions of {name}</AppLink>
        </div>
      )}
      {data && (
        <>
          <Head project={project} version={data} pointer={pointer} />
          <Tabs {...props} version={data} />
          <div className={styles.tab} data-tab={props.tab}>{tabContent(props, data)}</div>
        </>
      )}
    </Frame>
  );
}

function tabContent({ project, pointer, tab, path, against, lineage }: VersionPageProps, version: Version): ReactNode {
  if (tab === "files") return <FilesTab project={project} version={version} pointer={pointer} path={path ?? null} />;
  if (tab === "metadata") return <MetadataTab project={project} version={version} />;
  if (tab === "diff") return <DiffTab project={project} version={version} against={against} />;
  if (tab === "usage") return <UsageTab project={project} version={version} pointer={pointer} />;
  if (tab === "lineage") return lineage(`artifact:${version.name}:${version.version}`);
  return <OverviewTab project={project} version={version} />;
}

function Head({ project, version, pointer }: { project: ProjectRef; version: Version; pointer: string }) {
  const permanent = versionHref(project, version.type, version.name, version.version);
  return (
    <header className={styles.head}>
      <p className="muted">
        {version.type} · <AppLink href={collectionHref(project, version.type, version.name)}>all versions</AppLink>
      </p>
      <h1>
        {version.name}
        <span className="muted">:</span>
        {pointer}
      </h1>
      {pointer !== version.version && (
        <p className={styles.resolved}>
          → <AppLink href={permanent}>{version.version}</AppLink>
        </p>
      )}
      <span className="grow" />
      <CopyLink href={permanent} />
      <VersionActions project={project} version={version} />
    </header>
  );
}

function CopyLink({ href }: { href: string }) {
  const [copied, setCopied] = useState(false);
  const copy = (): void => {
    void navigator.clipboard.writeText(location.origin + href).then(() => setCopied(true));
  };
  return (
    <button type="button" className={styles.button} onClick={copy}>
      {copied ? "Copied" : "Copy permanent link"}
    </button>
  );
}

function Tabs({ project, type, name, pointer, tab, version }: VersionPageProps & { version: Version }) {
  const base = versionHref(project, type, name, pointer);
  return (
    <nav className={styles.tabs} aria-label="about this version">
      {VERSION_TABS.map((one) => (
        <AppLink key={one} href={`${base}/${one}`} aria-current={one === tab ? "page" : undefined}>
          {one[0]?.toUpperCase()}
          {one.slice(1)}
          {one === "files" && <span className="num"> {version.files.toLocaleString("en-US")}</span>}
        </AppLink>
      ))}
    </nav>
  );
}

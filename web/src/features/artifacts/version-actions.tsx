import { useState } from "react";
import { useMutation, useQuery } from "@tanstack/react-query";
import { deleteVersion, getVersionUsage, linkVersion, type Version, type VersionChange } from "@/api/artifacts";
import { collectionQuery } from "@/api/queries";
import { formatSize } from "@/core/format";
import { collectionHref, versionHref } from "@/core/lineage/hrefs";
import type { ProjectRef } from "@/core/project";
import { daysOf, readDays } from "@/core/ttl";
import { DeleteDialog } from "@/ui/delete-dialog";
import { FormDialog } from "@/ui/dialog";
import { notify } from "@/ui/notices";
import { Menu } from "@/ui/popover";
import { useRouter } from "@tanstack/react-router";
import styles from "./artifacts.module.css";
import { useChange, useRefresh } from "./change";

interface VersionProps {
  project: ProjectRef;
  version: Version;
}

type Asking = "edit" | "link" | "delete" | undefined;

/** What can be done with a version. */
export function VersionActions({ project, version }: VersionProps) {
  const [asking, setAsking] = useState<Asking>();
  const close = (): void => { setAsking(undefined); };
  return (
    <>
      <CompareMenu project={project} version={version} />
      <button type="button" className="button" onClick={() => { setAsking("edit"); }}>Edit</button>
      <Menu label="⋯" name="more" className="button icon" choices={[
        { label: "Link into a registry…", onChoose: () => { setAsking("link"); } },
        { label: "Delete…", isDanger: true, onChoose: () => { setAsking("delete"); } },
      ]} />
      {asking === "edit" && <EditDialog project={project} version={version} onClose={close} />}
      {asking === "link" && <LinkDialog project={project} version={version} onClose={close} />}
      {asking === "delete" && <DeleteVersion project={project} version={version} onClose={close} />}
    </>
  );
}

/** The other versions, to see what changed. */
function CompareMenu({ project, version }: VersionProps) {
  const { data } = useQuery(collectionQuery(project, version.name));
  const router = useRouter();
  const base = versionHref(project, version.type, version.name, version.version);
  const others = (data?.versions ?? []).filter((one) => one.version !== version.version).sort((a, b) => b.number - a.number).slice(0, 50);
  if (others.length === 0) return null;
  return (
    <Menu label="Compare with ▾" choices={others.map((one) => ({
      label: `${one.version}${one.aliases.length > 0 ? ` · ${one.aliases.join(", ")}` : ""}`,
      onChoose: () => { router.history.push(`${base}/diff?against=${one.version}`); },
    }))} />
  );
}

interface DialogProps extends VersionProps {
  onClose: () => void;
}

function DeleteVersion({ project, version, onClose }: DialogProps) {
  const [withAliases, setWithAliases] = useState(version.aliases.length === 0);
  const router = useRouter();
  const refresh = useRefresh(project);
  const onDone = async (freed: number): Promise<void> => {
    router.history.push(collectionHref(project, version.type, version.name));
    await refresh();
    notify(`Deleted ${version.name}:${version.version}; ${formatSize(freed)} freed.`);
  };
  const others = version.aliases.filter((alias) => alias !== "latest");
  return (
    <DeleteDialog what={`${version.name}:${version.version}`} count={1} onClose={onClose} onDone={onDone} ask={async () => (await getVersionUsage({ ...project, name: version.name, pointer: version.version })).unique}
      act={async () => (await deleteVersion({ ...project, name: version.name, pointer: version.version }, withAliases)).freed}>
      {others.length > 0 && (
        <label className={styles.check}>
          <input type="checkbox" checked={withAliases} onChange={(event) => { setWithAliases(event.target.checked); }} /> Also its aliases: {others.join(", ")}
        </label>
      )}
      <p className="muted">It can be restored from the project's storage page for a while.</p>
    </DeleteDialog>
  );
}

function LinkDialog({ project, version, onClose }: DialogProps) {
  const [target, setTarget] = useState("");
  const [aliases, setAliases] = useState("");
  const refresh = useRefresh(project);
  const link = useMutation({
    mutationFn: () => linkVersion({ ...project, name: version.name, pointer: version.version }, target.trim(), aliases.split(",").map((alias) => alias.trim()).filter(Boolean)),
    onSuccess: async (made) => { await refresh(); notify(`Linked as ${made.name}:${made.version}.`); onClose(); },
  });
  return (
    <FormDialog title={`Link ${version.name}:${version.version} into a registry`} action="Link" onClose={onClose} onSubmit={() => { link.mutate(); }} isReady={target.trim() !== ""} isBusy={link.isPending} error={link.error}>
      <label>
        Place: name, project/name or entity/project/name
        {/* eslint-disable-next-line jsx-a11y/no-autofocus -- the dialog was opened to type this */}
        <input type="text" className="field" autoFocus placeholder="registry/production-model" value={target} onChange={(event) => { setTarget(event.target.value); }} />
      </label>
      <label>Aliases there, parted by commas<input type="text" className="field" placeholder="staging" value={aliases} onChange={(event) => { setAliases(event.target.value); }} /></label>
    </FormDialog>
  );
}

function parsed(text: string): Record<string, unknown> | undefined {
  try {
    const found: unknown = JSON.parse(text);
    return typeof found === "object" && found !== null && !Array.isArray(found) ? (found as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

const words = (text: string): string[] => [...new Set(text.split(",").map((word) => word.trim()).filter(Boolean))];

/** Description, tags, lifetime and metadata of a version: its papers, not its content. */
function EditDialog({ project, version, onClose }: DialogProps) {
  const before = JSON.stringify(version.metadata, null, 2);
  const [draft, setDraft] = useState({ description: version.description ?? "", tags: version.tags.join(", "), days: daysOf(version.ttl), metadata: before });
  const set = (change: Partial<typeof draft>): void => { setDraft({ ...draft, ...change }); };
  const change = useChange(project, version);
  const metadata = parsed(draft.metadata);
  const ttl = readDays(draft.days);
  const save = (): void => {
    const edit: VersionChange = { description: draft.description, tags: words(draft.tags), ...(ttl === undefined ? {} : { ttl }), ...(draft.metadata === before || !metadata ? {} : { metadata }) };
    change.mutate(edit, { onSuccess: onClose });
  };
  return (
    <FormDialog title={`Edit ${version.name}:${version.version}`} action="Save" onClose={onClose} onSubmit={save} isReady={metadata !== undefined && ttl !== undefined} isBusy={change.isPending} error={change.error}>
      <label>Description<textarea className={styles.textarea} rows={3} value={draft.description} onChange={(event) => { set({ description: event.target.value }); }} /></label>
      <label>Tags, parted by commas<input type="text" className="field" value={draft.tags} onChange={(event) => { set({ tags: event.target.value }); }} /></label>
      <label>Lives for so many days (0: for ever; empty: as the collection has it)<input type="text" inputMode="decimal" className="field" value={draft.days} onChange={(event) => { set({ days: event.target.value }); }} /></label>
      <label>Metadata as JSON<textarea className={`${styles.textarea ?? ""} mono`} rows={8} spellCheck={false} aria-invalid={metadata === undefined} value={draft.metadata} onChange={(event) => { set({ metadata: event.target.value }); }} /></label>
      {metadata === undefined && <p className={styles.error} role="alert">The metadata is not a JSON object yet.</p>}
    </FormDialog>
  );
}

import { useState } from "react";
import { useMutation } from "@tanstack/react-query";
import { useRouter } from "@tanstack/react-router";
import { changeCollection, deleteCollection, getCollectionUsage, type Collection } from "@/api/artifacts";
import { formatSize, plural } from "@/core/format";
import { projectHref } from "@/core/lineage/hrefs";
import type { ProjectRef } from "@/core/project";
import { daysOf, readDays } from "@/core/ttl";
import { DeleteDialog } from "@/ui/delete-dialog";
import { FormDialog } from "@/ui/dialog";
import { notify } from "@/ui/notices";
import { Menu } from "@/ui/popover";
import styles from "./artifacts.module.css";
import { useRefresh } from "./change";
import { CleanButton } from "./storage-page";

interface CollectionProps {
  project: ProjectRef;
  collection: Collection;
}

/** What can be done with an artifact as a whole. */
export function CollectionActions({ project, collection }: CollectionProps) {
  const [asking, setAsking] = useState<"edit" | "delete">();
  const router = useRouter();
  const refresh = useRefresh(project);
  const { name } = collection;
  const close = (): void => { setAsking(undefined); };
  return (
    <>
      <button type="button" className="button" onClick={() => { setAsking("edit"); }}>Edit</button>
      {collection.versions > 1 && <CleanButton project={project} collection={collection} />}
      <Menu label="⋯" name="more" className="button icon" choices={[{ label: "Delete…", isDanger: true, onChoose: () => { setAsking("delete"); } }]} />
      {asking === "edit" && <EditDialog project={project} collection={collection} onClose={close} />}
      {asking === "delete" && (
        <DeleteDialog what={name} count={collection.versions} onClose={close} ask={async () => (await getCollectionUsage({ ...project, name })).unique} act={async () => (await deleteCollection({ ...project, name })).freed}
          onDone={async (freed) => { router.history.push(`${projectHref(project)}/artifacts`); await refresh(); notify(`Deleted ${name}; ${formatSize(freed)} freed.`); }}>
          <p>All {plural(collection.versions, "version")} of {name} go, with their aliases. They can be brought back from the storage page for a while.</p>
        </DeleteDialog>
      )}
    </>
  );
}

function EditDialog({ project, collection, onClose }: CollectionProps & { onClose: () => void }) {
  const [draft, setDraft] = useState({ description: collection.description ?? "", tags: collection.tags.join(", "), days: daysOf(collection.ttl) });
  const refresh = useRefresh(project);
  const ttl = readDays(draft.days);
  const tags = [...new Set(draft.tags.split(",").map((tag) => tag.trim()).filter(Boolean))];
  const save = useMutation({
    mutationFn: () => changeCollection({ ...project, name: collection.name }, { description: draft.description, tags, ttl: Math.max(0, ttl ?? 0) }),
    onSuccess: async () => { await refresh(); onClose(); },
  });
  return (
    <FormDialog title={`Edit ${collection.name}`} action="Save" onClose={onClose} onSubmit={() => { save.mutate(); }} isReady={ttl !== undefined} isBusy={save.isPending} error={save.error}>
      <label>Description<textarea className={styles.textarea} rows={3} value={draft.description} onChange={(event) => { setDraft({ ...draft, description: event.target.value }); }} /></label>
      <label>Tags, parted by commas<input type="text" className="field" value={draft.tags} onChange={(event) => { setDraft({ ...draft, tags: event.target.value }); }} /></label>
      <label>Versions live for so many days (0 or empty: for ever)<input type="text" inputMode="decimal" className="field" value={draft.days} onChange={(event) => { setDraft({ ...draft, days: event.target.value }); }} /></label>
    </FormDialog>
  );
}

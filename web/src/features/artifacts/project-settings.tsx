import { useState } from "react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useRouter } from "@tanstack/react-router";
import { setProtectedAliases, setQuota } from "@/api/artifacts";
import { deleteProject } from "@/api/projects";
import { projectUsageQuery, protectedAliasesQuery, quotaQuery, viewerQuery } from "@/api/queries";
import { formatSize } from "@/core/format";
import type { ProjectRef } from "@/core/project";
import { readSize, sizeWords } from "@/core/size";
import { DeleteDialog } from "@/ui/delete-dialog";
import { FormDialog } from "@/ui/dialog";
import { notify } from "@/ui/notices";
import styles from "./artifacts.module.css";
import { useRefresh } from "./change";
import { Pills } from "./pills";

type Asking = "quota" | "aliases" | "delete" | undefined;

/** What holds for the project as a whole: how much it may hold, which aliases only admins move, and its end. */
export function ProjectSettings({ project }: { project: ProjectRef }) {
  const [asking, setAsking] = useState<Asking>();
  const isAdmin = useQuery(viewerQuery()).data?.role === "admin";
  const quota = useQuery(quotaQuery(project)).data;
  const aliases = useQuery(protectedAliasesQuery(project)).data;
  const close = (): void => { setAsking(undefined); };
  return (
    <section>
      <h2>The project</h2>
      <dl className={styles.facts} aria-label="settings of the project">
        <div>
          <dt>Quota</dt>
          <dd className={styles.setting}>
            {quota && <Held held={quota.held} most={quota.bytes} />}
            {isAdmin && <button type="button" className="button" onClick={() => { setAsking("quota"); }}>Change the quota…</button>}
          </dd>
        </div>
        <div>
          <dt>Protected aliases</dt>
          <dd className={styles.setting}>
            {aliases && (aliases.length > 0 ? <Pills words={aliases} /> : <span className="muted">none: whoever may write moves every alias</span>)}
            {isAdmin && <button type="button" className="button" onClick={() => { setAsking("aliases"); }}>Change protected aliases…</button>}
          </dd>
        </div>
        {isAdmin && (
          <div>
            <dt>Delete</dt>
            <dd><button type="button" className="button danger" onClick={() => { setAsking("delete"); }}>Delete the project…</button></dd>
          </div>
        )}
      </dl>
      {asking === "quota" && quota && <QuotaDialog project={project} bytes={quota.bytes} onClose={close} />}
      {asking === "aliases" && aliases && <AliasesDialog project={project} aliases={aliases} onClose={close} />}
      {asking === "delete" && <DeleteProject project={project} onClose={close} />}
    </section>
  );
}

function Held({ held, most }: { held: number; most: number | null }) {
  if (most === null) return <span><span className="num">{formatSize(held)}</span> <span className="muted">held, no limit</span></span>;
  const part = most > 0 ? Math.min(1, held / most) : 1;
  return (
    <span>
      <span className="num">{formatSize(held)} of {formatSize(most)}</span> <span className="muted">held</span>
      <meter className={styles.meter} min={0} max={1} high={0.9} optimum={0} value={part} aria-label="how much of the quota is held" />
    </span>
  );
}

interface DialogProps {
  project: ProjectRef;
  onClose: () => void;
}

function QuotaDialog({ project, bytes, onClose }: DialogProps & { bytes: number | null }) {
  const [text, setText] = useState(bytes === null ? "" : sizeWords(bytes));
  const refresh = useRefresh(project);
  const size = readSize(text);
  const save = useMutation({ mutationFn: () => setQuota(project, size ?? null), onSuccess: async () => { await refresh(); onClose(); } });
  return (
    <FormDialog title="Change the quota" action="Save" onClose={onClose} onSubmit={() => { save.mutate(); }} isReady={size !== undefined} isBusy={save.isPending} error={save.error}>
      <label>The most it may hold, such as 20 GB (empty: no limit)<input type="text" className="field" value={text} onChange={(event) => { setText(event.target.value); }} /></label>
      <p className="muted">What is over it is not taken; nothing is deleted.</p>
    </FormDialog>
  );
}

function AliasesDialog({ project, aliases, onClose }: DialogProps & { aliases: readonly string[] }) {
  const [text, setText] = useState(aliases.join(", "));
  const refresh = useRefresh(project);
  const named = [...new Set(text.split(",").map((word) => word.trim()).filter(Boolean))];
  const save = useMutation({ mutationFn: () => setProtectedAliases(project, named), onSuccess: async () => { await refresh(); onClose(); } });
  return (
    <FormDialog title="Change protected aliases" action="Save" onClose={onClose} onSubmit={() => { save.mutate(); }} isBusy={save.isPending} error={save.error}>
      <label>Aliases that only admins give and take away, parted by commas<input type="text" className="field" value={text} placeholder="production, staging" onChange={(event) => { setText(event.target.value); }} /></label>
    </FormDialog>
  );
}

function DeleteProject({ project, onClose }: DialogProps) {
  const [typed, setTyped] = useState("");
  const router = useRouter();
  const queries = useQueryClient();
  const done = (freed: number): void => {
    router.history.push("/");
    void queries.invalidateQueries({ queryKey: ["projects"] });
    notify(`Deleted ${project.project}; ${formatSize(freed)} freed.`);
  };
  return (
    <DeleteDialog what={`the project ${project.project}`} count={1} isReady={typed === project.project} onClose={onClose} onDone={done}
      ask={async () => (await queries.fetchQuery(projectUsageQuery(project))).unique} act={async () => (await deleteProject(project)).freed}>
      <p>All its runs and artifacts go, at once and for good.</p>
      <label>Type {project.project} to confirm<input type="text" className="field" value={typed} onChange={(event) => { setTyped(event.target.value); }} /></label>
    </DeleteDialog>
  );
}

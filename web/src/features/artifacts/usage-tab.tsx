import { useQuery } from "@tanstack/react-query";
import type { Version } from "@/api/artifacts";
import { versionRunsQuery } from "@/api/queries";
import { usageSnippets } from "@/core/preview/usage";
import type { ProjectRef } from "@/core/project";
import { Snippet } from "@/ui/files/snippet";
import styles from "./artifacts.module.css";
import { UsedBy } from "./overview-tab";

interface UsageTabProps {
  project: ProjectRef;
  version: Version;
  pointer: string;
}

/** How to get the files, in code and on the command line; and who did. */
export function UsageTab({ project, version, pointer }: UsageTabProps) {
  const runs = useQuery(versionRunsQuery(project, version.name, version.version));
  const code = usageSnippets(version, location.origin, pointer);
  return (
    <div className={styles.usage}>
      {pointer !== version.version && (
        <p className="muted">The code follows the alias “{pointer}”, which is {version.version} now. Open {version.version} for code that stays with it.</p>
      )}
      <Snippet label="Python, with museion" code={code.python} />
      <Snippet label="Python, with the wandb client" code={code.wandb} />
      <Snippet label="Command line" code={code.cli} />
      <Snippet label="HTTP" code={code.curl} />
      <UsedBy project={project} runs={runs.data?.used_by ?? []} />
    </div>
  );
}

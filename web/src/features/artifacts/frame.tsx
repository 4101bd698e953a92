import type { ReactNode } from "react";
import type { ProjectRef } from "@/core/project";
import styles from "./artifacts.module.css";
import { Tree } from "./tree";

interface FrameProps {
  project: ProjectRef;
  type?: string | undefined;
  name?: string | undefined;
  children: ReactNode;
}

/** The tree at the left, the page at the right. */
export function Frame({ project, type, name, children }: FrameProps) {
  return (
    <div className={styles.frame}>
      <Tree project={project} type={type} name={name} />
      <div className={styles.page}>{children}</div>
    </div>
  );
}

import { useState, type ReactNode } from "react";
import type { Run } from "@/api/runs";
import type { ChartView } from "@/core/chart-view";
import type { ProjectRef } from "@/core/project";
import type { Range } from "@/core/search";
import type { Section } from "@/core/sections";
import { LinePanel } from "./line-panel";
import styles from "./panels.module.css";

const OPEN_SECTIONS = 8;

interface FoldProps {
  title: string;
  count: number;
  open: boolean;
  children: () => ReactNode;
}

/** A section that can be folded; what is folded is not there at all. */
export function Fold({ title, count, open, children }: FoldProps) {
  const [isOpen, setOpen] = useState(open);
  return (
    <section className={styles.section} aria-label={title}>
      <h2>
        <button type="button" aria-expanded={isOpen} onClick={() => { setOpen(!isOpen); }}>
          <span className={styles.arrow} aria-hidden="true">▸</span>
          {title}
          <span className="muted num">{count}</span>
        </button>
      </h2>
      {isOpen && children()}
    </section>
  );
}

interface ChartSectionsProps {
  project: ProjectRef;
  runs: readonly Run[];
  sections: readonly Section[];
  view: ChartView;
  onZoom: (range: Range | undefined) => void;
  /** Are the system's own metrics open at first? */
  openSystem?: boolean;
}

/** Panels in sections by prefix; `system` and all after the first eight are folded at first. */
export function ChartSections({ project, runs, sections, view, onZoom, openSystem = false }: ChartSectionsProps) {
  return sections.map(({ name, keys }, i) => (
    <Fold key={name} title={name} count={keys.length} open={name === "system" ? openSystem : i < OPEN_SECTIONS}>
      {() => (
        <div className={styles.grid}>
          {keys.map((key) => (
            <LinePanel key={key} project={project} runs={runs} metric={key} view={view} onZoom={onZoom} />
          ))}
        </div>
      )}
    </Fold>
  ));
}

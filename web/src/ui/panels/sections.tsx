import { useCallback, useEffect, useMemo, useState, type ReactNode } from "react";
import type { Run } from "@/api/runs";
import { tidyRange, type ChartView } from "@/core/chart-view";
import type { Range } from "@/core/search";
import type { Section } from "@/core/sections";
import { clearHover, setHover } from "../chart/hover";
import { Dialog } from "../dialog";
import { RunStroke } from "../parts";
import { LinePanel, type ChangeView } from "./line-panel";
import styles from "./panels.module.css";
import type { Drawn } from "./use-lines";

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
  drawn: Drawn;
  sections: readonly Section[];
  view: ChartView;
  onChange: ChangeView;
  /** Are the system's own metrics open at first? */
  openSystem?: boolean;
}

/** Panels in sections by prefix, the pinned ones before all; `system` and all after the first eight are folded at first. */
export function ChartSections({ drawn, sections, view, onChange, openSystem = false }: ChartSectionsProps) {
  const axes = useMemo(() => sections.flatMap(({ keys }) => keys), [sections]);
  const starred = useMemo(() => view.star.filter((key) => axes.includes(key)), [view.star, axes]);
  const onZoom = useCallback((range: Range | undefined) => { onChange({ x: range && tidyRange(range) }); }, [onChange]);
  const shared = { drawn, view, onChange, onZoom, axes };
  return (
    <>
      {starred.length > 0 && <ChartSection name="Pinned" keys={starred} open {...shared} />}
      {sections.map(({ name, keys }, i) => (
        <ChartSection key={name} name={name} keys={keys} open={name === "system" ? openSystem : i < OPEN_SECTIONS} {...shared} />
      ))}
      {view.full !== undefined && <FullPanel all={axes} {...shared} />}
    </>
  );
}

interface SharedProps {
  drawn: Drawn;
  view: ChartView;
  onChange: ChangeView;
  onZoom: (range: Range | undefined) => void;
  axes: readonly string[];
}

/** Panels that are there at once; the rest comes as one scrolls, so that a thousand metrics cost what is looked at. */
const FIRST_PANELS = 60;

function ChartSection({ name, keys, open, ...shared }: SharedProps & { name: string; keys: readonly string[]; open: boolean }) {
  const [most, setMost] = useState(FIRST_PANELS);
  return (
    <Fold title={name} count={keys.length} open={open}>
      {() => (
        <div className={styles.grid}>
          {keys.slice(0, most).map((key) => <LinePanel key={key} metric={key} {...shared} />)}
          {most < keys.length && <button type="button" className={`button ${styles.wide ?? ""}`} onClick={() => { setMost(most + 4 * FIRST_PANELS); }}>Show more of {keys.length.toLocaleString("en-US")} panels</button>}
        </div>
      )}
    </Fold>
  );
}

/** One panel over the whole window; the arrow keys go to its neighbours. */
function FullPanel({ all, ...shared }: SharedProps & { all: readonly string[] }) {
  const { view, onChange } = shared;
  const key = view.full ?? "";
  useEffect(() => {
    const press = (event: KeyboardEvent): void => {
      const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      const next = by === undefined || event.target instanceof HTMLInputElement ? undefined : all[all.indexOf(key) + by];
      if (next !== undefined) onChange({ full: next });
    };
    addEventListener("keydown", press);
    return () => { removeEventListener("keydown", press); };
  }, [all, key, onChange]);
  const place = all.indexOf(key);
  return (
    <Dialog title={`${key}${place < 0 ? "" : ` · ${String(place + 1)} of ${String(all.length)}, ← →`}`} wide onClose={() => { onChange({ full: undefined }); }}>
      <div className={styles.full}>
        <LinePanel key={key} metric={key} {...shared} isFull height={Math.max(240, innerHeight - 250)} />
        <Legend runs={shared.drawn.runs} />
      </div>
    </Dialog>
  );
}

const MOST_NAMES = 40;

function Legend({ runs }: { runs: readonly Run[] }) {
  return (
    <ul className={styles.legend} aria-label="runs">
      {runs.slice(0, MOST_NAMES).map((run) => (
        <li key={run.id} onMouseEnter={() => { setHover({ run: run.id, x: undefined, source: undefined }); }} onMouseLeave={clearHover}>
          <RunStroke index={run.color_index} /> {run.name}
        </li>
      ))}
      {runs.length > MOST_NAMES && <li className="muted">{runs.length - MOST_NAMES} more</li>}
    </ul>
  );
}

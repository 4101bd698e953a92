import type { ReactNode } from "react";
import type { Version } from "@/api/artifacts";
import type { Run } from "@/api/runs";
import { AppLink } from "@/ui/app-link";
import styles from "./graph.module.css";

/** Name and value pairs; those without a value are left out. */
export function Facts({ facts }: { facts: readonly (readonly [string, ReactNode])[] }) {
  return (
    <dl className={styles.facts}>
      {facts
        .filter(([, value]) => value !== null && value !== undefined && value !== "")
        .map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
    </dl>
  );
}

export function State({ state }: { state: string }) {
  return (
    <span className={styles.state} data-state={state}>
      {state}
    </span>
  );
}

/** One of a list of nodes in the panel. A click selects it in the graph. */
export interface Item {
  id: string;
  label: string;
  note?: ReactNode;
  kind: "run" | "artifact";
}

interface ItemsProps {
  title: string;
  items: readonly Item[];
  hrefOfNode: (id: string) => string;
  empty?: string;
}

export function Items({ title, items, hrefOfNode, empty }: ItemsProps) {
  if (!items.length && !empty) return null;
  return (
    <section className={styles.items} aria-label={title}>
      <h3>
        {title} <span className="muted num">{items.length || ""}</span>
      </h3>
      {!items.length && <p className="muted">{empty}</p>}
      <ul>
        {items.map((item) => (
          <li key={item.id}>
            <AppLink href={hrefOfNode(item.id)}>
              <span className={styles.sign} aria-hidden>
                {item.kind === "run" ? "▸" : "◆"}
              </span>
              <span className="cut grow">{item.label}</span>
              {item.note && <span className={styles.itemnote}>{item.note}</span>}
            </AppLink>
          </li>
        ))}
      </ul>
    </section>
  );
}

export function versionItem(version: Version): Item {
  const aliases = version.aliases.join(", ");
  const label = `${version.name}:${version.version}`;
  return { id: `artifact:${label}`, kind: "artifact", label, note: aliases || version.type };
}

export function runItem(run: Run): Item {
  return { id: `run:${run.id}`, kind: "run", label: run.name, note: run.state === "finished" ? run.job_type : <State state={run.state} /> };
}

/** What stands in the panel until the answer is there, or the reason why there is none. */
export function Waiting({ error }: { error: Error | null }) {
  return error ? <p role="alert">{error.message}</p> : <p className="muted">Reading…</p>;
}

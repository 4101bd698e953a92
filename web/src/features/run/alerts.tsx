import { useQuery } from "@tanstack/react-query";
import { alertsQuery } from "@/api/run-queries";
import { formatTime } from "@/core/format";
import type { ProjectRef } from "@/core/project";
import styles from "./run.module.css";

/** What the run has called attention to, the last first. */
export function Alerts({ project, run }: { project: ProjectRef; run: string }) {
  const { data } = useQuery(alertsQuery(project, run));
  if (!data || data.alerts.length === 0) return null;
  return (
    <section className={styles.card} aria-label="alerts">
      <h2>Alerts <span className="muted num">{data.alerts.length}{data.next !== null && "+"}</span></h2>
      <ul className={styles.alerts}>
        {data.alerts.map((alert) => (
          <li key={alert.number} data-level={alert.level}>
            <strong>{alert.level}: {alert.title}</strong>
            <span className="muted num">{formatTime(alert.created_at)}</span>
            {alert.text && <p>{alert.text}</p>}
          </li>
        ))}
      </ul>
    </section>
  );
}

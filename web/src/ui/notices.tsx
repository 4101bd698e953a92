import { useSyncExternalStore } from "react";
import styles from "./notices.module.css";

/** What was just done, said at the edge of the page for a few seconds. */
interface Notice {
  readonly id: number;
  readonly text: string;
  readonly isError: boolean;
}

const SHOWN_MS = 6000;
let notices: readonly Notice[] = [];
let next = 1;
const listeners = new Set<() => void>();

function set(list: readonly Notice[]): void {
  notices = list;
  for (const listener of listeners) listener();
}

function drop(id: number): void {
  set(notices.filter((notice) => notice.id !== id));
}

export function notify(text: string, isError = false): void {
  const notice = { id: next++, text, isError };
  set([...notices.slice(-3), notice]);
  setTimeout(() => { drop(notice.id); }, isError ? 2 * SHOWN_MS : SHOWN_MS);
}

/** Says an error as the server words it. */
export function notifyError(error: Error): void {
  notify([error.message, (error as Partial<{ advice: string }>).advice].filter(Boolean).join(" "), true);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => { listeners.delete(listener); };
}

export function Notices() {
  const shown = useSyncExternalStore(subscribe, () => notices);
  return (
    <div className={styles.notices} role="status" aria-live="polite">
      {shown.map(({ id, text, isError }) => (
        <p key={id} className={styles.notice} data-error={isError || undefined}>
          {text}
          <button type="button" className="button quiet icon" aria-label="Dismiss" onClick={() => { drop(id); }}>✕</button>
        </p>
      ))}
    </div>
  );
}

import { useEffect, useId, useRef, type FormEvent, type ReactNode } from "react";
import styles from "./dialog.module.css";

interface DialogProps {
  title: string;
  onClose: () => void;
  children: ReactNode;
  /** Wide enough for charts and tables. */
  wide?: boolean;
}

/** A window above the page, as long as it is rendered; Escape closes it and gives the focus back. */
export function Dialog({ title, onClose, children, wide = false }: DialogProps) {
  const ref = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const dialog = ref.current;
    dialog?.showModal();
    return () => { dialog?.close(); };
  }, []);
  return (
    <dialog ref={ref} className={styles.dialog} data-wide={wide || undefined} aria-labelledby={id} onCancel={(event) => { event.preventDefault(); onClose(); }}>
      <header className={styles.head}>
        <h2 id={id}>{title}</h2>
        <button type="button" className="button quiet icon" aria-label="Close" onClick={onClose}>✕</button>
      </header>
      {children}
    </dialog>
  );
}

interface FormDialogProps {
  title: string;
  /** What the button that does it says. */
  action: string;
  onClose: () => void;
  onSubmit: () => void;
  children: ReactNode;
  isDanger?: boolean;
  isReady?: boolean;
  isBusy?: boolean;
  error?: Error | null;
}

/** A question with a button that does it and one that does not; what goes wrong is said inside. */
export function FormDialog({ title, action, onClose, onSubmit, children, isDanger = false, isReady = true, isBusy = false, error }: FormDialogProps) {
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (isReady && !isBusy) onSubmit();
  };
  return (
    <Dialog title={title} onClose={onClose}>
      <form onSubmit={submit} className={styles.form}>
        {children}
        {error && <p className={styles.error} role="alert">{error.message} {(error as Partial<{ advice: string }>).advice ?? ""}</p>}
        <footer className={styles.foot}>
          <button type="button" className="button" onClick={onClose}>Cancel</button>
          <button type="submit" className={`button ${isDanger ? "danger" : "primary"}`} disabled={!isReady || isBusy}>{action}</button>
        </footer>
      </form>
    </Dialog>
  );
}

import { useId, useRef, useState, type KeyboardEvent, type ReactNode, type ToggleEvent } from "react";
import { flushSync } from "react-dom";
import styles from "./popover.module.css";

interface PopoverProps {
  /** What the button shows. */
  label: ReactNode;
  /** What the button is called, where it shows but a sign. */
  name?: string;
  className?: string;
  disabled?: boolean;
  /** Drawn while open only. */
  children: (close: () => void) => ReactNode;
}

const GAP = 4;
const EDGE = 8;

/** Below the button if there is room, else above it; never beyond the window. */
function place(panel: HTMLElement, button: HTMLElement): void {
  const at = button.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = panel;
  const left = Math.max(EDGE, Math.min(at.left, innerWidth - width - EDGE));
  const below = at.bottom + GAP;
  const top = below + height > innerHeight - EDGE ? Math.max(EDGE, at.top - GAP - height) : below;
  panel.style.left = `${String(left)}px`;
  panel.style.top = `${String(top)}px`;
  panel.dataset["placed"] = "";
}

/** A button that opens a small panel above everything; Escape or a click elsewhere closes it. */
export function Popover({ label, name, className = "button", disabled = false, children }: PopoverProps) {
  const id = useId();
  const button = useRef<HTMLButtonElement>(null);
  const panel = useRef<HTMLDivElement>(null);
  const [isOpen, setOpen] = useState(false);
  const onBeforeToggle = (event: ToggleEvent<HTMLDivElement>): void => {
    if (event.newState !== "open") return;
    delete event.currentTarget.dataset["placed"];
    flushSync(() => { setOpen(true); });
  };
  const onToggle = (event: ToggleEvent<HTMLDivElement>): void => {
    if (event.newState === "closed") setOpen(false);
    else if (button.current) place(event.currentTarget, button.current);
  };
  const close = (): void => { panel.current?.hidePopover(); };
  return (
    <>
      <button ref={button} type="button" className={className} popoverTarget={id} aria-expanded={isOpen} aria-haspopup="dialog" disabled={disabled}
        {...(name ? { "aria-label": name, title: name } : {})}>
        {label}
      </button>
      <div ref={panel} id={id} popover="auto" className={styles.panel} onBeforeToggle={onBeforeToggle} onToggle={onToggle}>
        {isOpen && children(close)}
      </div>
    </>
  );
}

export interface Choice {
  readonly label: ReactNode;
  readonly onChoose?: () => void;
  /** A choice that leads somewhere or downloads something. */
  readonly href?: string;
  readonly download?: boolean;
  readonly isDanger?: boolean;
  readonly isDisabled?: boolean;
}

function step(event: KeyboardEvent<HTMLDivElement>): void {
  const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (by === undefined) return;
  event.preventDefault();
  const all = [...event.currentTarget.querySelectorAll<HTMLElement>("button:not(:disabled), a")];
  const now = all.indexOf(document.activeElement as HTMLElement);
  all[(now + by + all.length) % all.length]?.focus();
}

/** A button that opens a list of choices. */
export function Menu({ choices, ...button }: Omit<PopoverProps, "children"> & { choices: readonly Choice[] }) {
  return (
    <Popover {...button}>
      {(close) => (
        // The arrow keys are a convenience: Tab reaches every choice, too.
        // eslint-disable-next-line jsx-a11y/no-static-element-interactions
        <div className={styles.menu} onKeyDown={step}>
          {choices.map((choice, i) => <Entry key={i} choice={choice} close={close} isFirst={i === 0} />)}
        </div>
      )}
    </Popover>
  );
}

function Entry({ choice: { label, onChoose, href, download, isDanger, isDisabled }, close, isFirst }: { choice: Choice; close: () => void; isFirst: boolean }) {
  const focus = (element: HTMLElement | null): void => { if (isFirst) element?.focus(); };
  if (href !== undefined && !isDisabled) return <a ref={focus} href={href} {...(download ? { download: "" } : {})} onClick={close}>{label}</a>;
  const choose = (): void => {
    close();
    onChoose?.();
  };
  return <button ref={focus} type="button" data-danger={isDanger || undefined} disabled={isDisabled} onClick={choose}>{label}</button>;
}

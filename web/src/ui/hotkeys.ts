import { useEffect } from "react";

export type Hotkeys = Readonly<Record<string, () => void>>;

const PAUSE = 900;

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}

/** Keys alone (`t`) or one after another (`g w`); never while typing, never with Ctrl, Alt or Meta. */
export function useHotkeys(keys: Hotkeys): void {
  useEffect(() => {
    let before = { key: "", at: 0 };
    const press = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      const pair = event.timeStamp - before.at < PAUSE ? keys[`${before.key} ${event.key}`] : undefined;
      const action = pair ?? keys[event.key];
      before = { key: event.key, at: event.timeStamp };
      if (!action) return;
      event.preventDefault();
      action();
    };
    addEventListener("keydown", press);
    return () => { removeEventListener("keydown", press); };
  }, [keys]);
}

/** Puts the cursor into the first field that is marked as the page's filter. */
export function focusFilter(): void {
  document.querySelector<HTMLInputElement>("[data-filter]")?.focus();
}

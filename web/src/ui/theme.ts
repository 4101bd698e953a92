import { useSyncExternalStore } from "react";
import type { Theme } from "@/core/palette";

/** The theme is an attribute of the document, set by /assets/theme.js before the first paint. */
const STORED = "museion.theme";
const system = matchMedia("(prefers-color-scheme: dark)");

function current(): Theme {
  return document.documentElement.dataset["theme"] === "dark" ? "dark" : "light";
}

function show(theme: Theme): void {
  document.documentElement.dataset["theme"] = theme;
}

function chosen(): string | null {
  try {
    return localStorage.getItem(STORED);
  } catch {
    return null;
  }
}

function remember(theme: Theme): void {
  try {
    // What the system says anyway need not be remembered: the page follows it again.
    if (theme === (system.matches ? "dark" : "light")) localStorage.removeItem(STORED);
    else localStorage.setItem(STORED, theme);
  } catch {
    // Storage is off: the choice lasts as long as the page.
  }
}

system.addEventListener("change", () => {
  if (chosen() === null) show(system.matches ? "dark" : "light");
});

function subscribe(changed: () => void): () => void {
  const observer = new MutationObserver(changed);
  observer.observe(document.documentElement, { attributeFilter: ["data-theme"] });
  return () => { observer.disconnect(); };
}

export function useTheme(): Theme {
  return useSyncExternalStore(subscribe, current);
}

export function toggleTheme(): void {
  const next = current() === "dark" ? "light" : "dark";
  show(next);
  remember(next);
}

import { useEffect, useState, type ReactNode } from "react";
import { xFormat, type ChartView, type PanelView } from "@/core/chart-view";
import type { ChangeView } from "./line-panel";
import { AxisSelect, SmoothingFields, Switch } from "./panel-settings";
import styles from "./panels.module.css";

interface ChartToolbarProps {
  view: ChartView;
  onChange: ChangeView;
  /** Keys that may stand on the x axis. */
  axes: readonly string[];
  children?: ReactNode;
}

const TYPING_PAUSE = 200;

/** One row above the charts that rules them all: filter, x axis, smoothing, outliers, scales, zoom. */
export function ChartToolbar({ view, onChange, axes, children }: ChartToolbarProps) {
  const onPanel = (change: Partial<PanelView>): void => { onChange("xaxis" in change ? { ...change, x: undefined } : change); };
  return (
    <div className={`toolbar ${styles.toolbar ?? ""}`} role="toolbar" aria-label="charts">
      <FilterField label="Filter panels" placeholder="Filter panels (regex)" value={view.mq} onChange={(mq) => { onChange({ mq }); }} />
      <span className={styles.field}>x <AxisSelect view={view} axes={axes} onChange={onPanel} /></span>
      <span className={styles.field}><span className={styles.word}>Smooth</span> <SmoothingFields view={view} onChange={onPanel} /></span>
      <Switch name="Ignore outliers" isOn={view.robust} onChange={(robust) => { onChange({ robust }); }} />
      <Switch name="log x" isOn={view.logx} onChange={(logx) => { onChange({ logx }); }} />
      <Switch name="log y" isOn={view.log} onChange={(log) => { onChange({ log }); }} />
      {view.x && <ZoomChip view={view} onReset={() => { onChange({ x: undefined }); }} />}
      <span className="grow" />
      {children}
    </div>
  );
}

function ZoomChip({ view, onReset }: { view: ChartView; onReset: () => void }) {
  const format = xFormat(view.xaxis);
  return (
    <button type="button" className="button" aria-pressed="true" title="Show everything" onClick={onReset}>
      ✕ {view.x?.map(format).join(" – ")}
    </button>
  );
}

interface FilterFieldProps {
  label: string;
  placeholder: string;
  value: string | undefined;
  onChange: (value: string | undefined) => void;
  /** Is this the page's main filter, to which `/` leads? */
  main?: boolean;
}

/** A search field whose value goes into the address once the typing pauses. */
export function FilterField({ label, placeholder, value = "", onChange, main = false }: FilterFieldProps) {
  const [typed, setTyped] = useState(value);
  const [known, setKnown] = useState(value);
  if (known !== value) {
    // The address changed from outside (back button): follow it.
    setKnown(value);
    setTyped(value);
  }
  useEffect(() => {
    if (typed === value) return;
    const timer = setTimeout(() => { onChange(typed === "" ? undefined : typed); }, TYPING_PAUSE);
    return () => { clearTimeout(timer); };
  }, [typed, value, onChange]);
  return (
    <input
      type="search"
      className="field"
      aria-label={label}
      placeholder={placeholder}
      value={typed}
      {...(main ? { "data-filter": "" } : {})}
      onChange={(event) => { setTyped(event.target.value); }}
    />
  );
}

import { useEffect, useState, type ReactNode } from "react";
import { xFormat, type ChartView, type XAxis } from "@/core/chart-view";
import styles from "./panels.module.css";

export type ChangeView = (change: Partial<ChartView>) => void;

interface ChartToolbarProps {
  view: ChartView;
  onChange: ChangeView;
  children?: ReactNode;
}

const AXES: readonly (readonly [XAxis, string])[] = [["step", "Step"], ["relative", "Relative time"], ["wall", "Wall time"]];
const TYPING_PAUSE = 200;

/** One row above the charts that rules them all: filter, x axis, smoothing, scale, zoom. */
export function ChartToolbar({ view, onChange, children }: ChartToolbarProps) {
  return (
    <div className={`toolbar ${styles.toolbar ?? ""}`} role="toolbar" aria-label="charts">
      <FilterField label="Filter panels" placeholder="Filter panels (regex)" value={view.mq} onChange={(mq) => { onChange({ mq }); }} />
      <label>
        x
        <select className="select" value={view.xaxis} onChange={(event) => { onChange({ xaxis: event.target.value as XAxis, x: undefined }); }}>
          {AXES.map(([value, name]) => <option key={value} value={value}>{name}</option>)}
        </select>
      </label>
      <label>
        Smoothing
        <input type="range" min={0} max={0.99} step={0.01} value={view.sw} onChange={(event) => { onChange({ sw: Number(event.target.value) }); }} />
        <output className={`num ${styles.amount ?? ""}`}>{view.sw.toFixed(2)}</output>
      </label>
      <button type="button" className="button" aria-pressed={view.log} onClick={() => { onChange({ log: !view.log }); }}>log y</button>
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

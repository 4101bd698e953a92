import { mostSmoothing, SMOOTHINGS, X_AXES, type PanelView, type Smoothing } from "@/core/chart-view";
import type { Range } from "@/core/search";
import { Popover } from "../popover";
import styles from "./panels.module.css";

export type ChangePanel = (change: Partial<PanelView> | undefined) => void;

const AXIS_NAMES: Readonly<Record<string, string>> = { step: "Step", relative: "Relative time", wall: "Wall time" };
const SMOOTHING_NAMES: Readonly<Record<Smoothing, string>> = {
  ema: "Exponential", time_ema: "Time-weighted", gaussian: "Gaussian", mean: "Running mean",
};
const MOST_AXES = 300;

interface FieldsProps {
  view: PanelView;
  onChange: (change: Partial<PanelView>) => void;
}

/** Which x: step, a time, or another metric. */
export function AxisSelect({ view, axes, onChange }: FieldsProps & { axes: readonly string[] }) {
  const isOther = !X_AXES.some((axis) => axis === view.xaxis) && !axes.includes(view.xaxis);
  return (
    <select className="select" aria-label="x axis" value={view.xaxis} onChange={(event) => { onChange({ xaxis: event.target.value }); }}>
      {X_AXES.map((axis) => <option key={axis} value={axis}>{AXIS_NAMES[axis]}</option>)}
      {isOther && <option value={view.xaxis}>{view.xaxis}</option>}
      {axes.length > 0 && <optgroup label="Metrics">{axes.slice(0, MOST_AXES).map((key) => <option key={key} value={key}>{key}</option>)}</optgroup>}
    </select>
  );
}

/** Kind and strength of the smoothing; the server does it, over every point. */
export function SmoothingFields({ view: { sk, sw }, onChange }: FieldsProps) {
  const isWeight = mostSmoothing(sk) < 1;
  const show = isWeight ? sw.toFixed(2) : String(Math.round(sw));
  const onKind = (kind: Smoothing): void => {
    // A weight means nothing as a number of points, and the other way round.
    const sameScale = mostSmoothing(kind) === mostSmoothing(sk);
    onChange({ sk: kind, sw: sw === 0 || sameScale ? sw : mostSmoothing(kind) < 1 ? 0.8 : 10 });
  };
  return (
    <>
      <select className="select" aria-label="kind of smoothing" value={sk} onChange={(event) => { onKind(event.target.value as Smoothing); }}>
        {SMOOTHINGS.map((kind) => <option key={kind} value={kind}>{SMOOTHING_NAMES[kind]}</option>)}
      </select>
      <input type="range" aria-label="strength of the smoothing" min={0} max={isWeight ? 0.99 : 100} step={isWeight ? 0.01 : 1} value={sw}
        onChange={(event) => { onChange({ sw: Number(event.target.value) }); }} />
      <output className={`num ${styles.amount ?? ""}`}>{show}</output>
    </>
  );
}

interface PanelSettingsProps {
  metric: string;
  view: PanelView;
  axes: readonly string[];
  isSet: boolean;
  onChange: ChangePanel;
}

/** What this panel does differently from the page. */
export function PanelSettings({ metric, view, axes, isSet, onChange }: PanelSettingsProps) {
  return (
    <Popover className="button quiet icon small" label="⚙" name={`settings of ${metric}`}>
      {() => (
        <div className={styles.settings} role="group" aria-label={`settings of ${metric}`}>
          <span className={styles.field}>x axis <AxisSelect view={view} axes={axes} onChange={onChange} /></span>
          <span className={styles.field}>Smoothing <SmoothingFields view={view} onChange={onChange} /></span>
          <div className={styles.switches}>
            <Switch name="log x" isOn={view.logx} onChange={(logx) => { onChange({ logx }); }} />
            <Switch name="log y" isOn={view.log} onChange={(log) => { onChange({ log }); }} />
            <Switch name="Ignore outliers" isOn={view.robust} onChange={(robust) => { onChange({ robust }); }} />
          </div>
          <Bounds y={view.y} onChange={(y) => { onChange({ y }); }} />
          {isSet && <button type="button" className="button" onClick={() => { onChange(undefined); }}>As the page</button>}
        </div>
      )}
    </Popover>
  );
}

export function Switch({ name, isOn, onChange }: { name: string; isOn: boolean; onChange: (isOn: boolean) => void }) {
  return <button type="button" className="button" aria-pressed={isOn} onClick={() => { onChange(!isOn); }}>{name}</button>;
}

/** Fixed bounds of the y axis; they hold once both can be read. */
function Bounds({ y, onChange }: { y: Range | undefined; onChange: (y: Range | undefined) => void }) {
  const read = (form: HTMLElement): void => {
    const [low, high] = [...form.querySelectorAll("input")].map((input) => (input.value === "" ? NaN : Number(input.value)));
    const isRange = low !== undefined && high !== undefined && low < high;
    if (isRange) onChange([low, high]);
    else if (y !== undefined && Number.isNaN(low) && Number.isNaN(high)) onChange(undefined);
  };
  return (
    <div className={styles.bounds} onBlur={(event) => { read(event.currentTarget); }}>
      y from <input type="number" step="any" className="field" aria-label="lowest y" defaultValue={y?.[0]} placeholder="auto" />
      to <input type="number" step="any" className="field" aria-label="highest y" defaultValue={y?.[1]} placeholder="auto" />
    </div>
  );
}

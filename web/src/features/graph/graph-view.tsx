import { useCallback, useEffect, useImperativeHandle, useMemo, useRef, useState, type KeyboardEvent, type MouseEvent, type Ref } from "react";
import { isPlainClick } from "@/ui/app-link";
import { worldView } from "@/core/lineage/camera";
import type { GraphNode } from "@/core/lineage/graph";
import type { Layout, PlacedNode } from "@/core/lineage/layout";
import { nodeAt, shownNodes } from "@/core/lineage/level-of-detail";
import { firstNode, isArrow, stepTo } from "@/core/lineage/walk";
import styles from "./graph.module.css";
import { NodeLink } from "./node-link";
import { edgeSet, paint } from "./paint";
import { readTheme, type Theme } from "./theme";
import { useCamera, type CameraControl } from "./use-camera";
import { usePointer } from "./use-pointer";

export interface GraphViewProps {
  layout: Layout;
  /** Names the view; the picture is fitted to the screen when it changes. */
  view: string;
  selected: string | null;
  /** Ids that stay bright; null: all. */
  lit: ReadonlySet<string> | null;
  inset?: number;
  hrefOf: (node: GraphNode) => string;
  onSelect: (node: GraphNode | null) => void;
  onOpen: (node: GraphNode) => void;
  control?: Ref<CameraControl>;
}

/** The picture: edges (and, from afar, nodes) on a canvas; near nodes are real links above it. */
export function GraphView(props: GraphViewProps) {
  const { layout, selected, lit, hrefOf, view, inset = 0, control } = props;
  const box = useRef<HTMLDivElement>(null);
  const { canvas, overlay, links, schedule, attach } = useFrames(box, layout, selected, lit);
  const camera = useCamera({ box, layout, inset, view, onMove: schedule });
  attach(camera);
  usePointer(box, camera);
  useImperativeHandle(control, () => camera, [camera]);
  const { reveal } = camera;
  useEffect(() => {
    if (selected) reveal(selected);
  }, [selected, reveal]);
  const onKeyDown = useKeys(props, camera);
  const onClick = useClicks(props, box, camera);
  const described = layout.nodes.find((node) => node.id === selected);
  return (
    // One stop for the keyboard; inside it the arrow keys walk along the edges.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <div
      ref={box}
      className={styles.view}
      role="application"
      aria-label={`lineage graph, ${String(layout.nodes.length)} nodes, ${String(layout.edges.length)} edges`}
      data-nodes={layout.nodes.length}
      data-edges={layout.edges.length}
      // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
      tabIndex={0}
      onKeyDown={onKeyDown}
      onClick={onClick.single}
      onDoubleClick={onClick.double}
    >
      <canvas ref={canvas} aria-hidden />
      <div ref={overlay} className={styles.overlay}>
        {links.map((node) => (
          <NodeLink key={node.id} node={node} href={hrefOf(node)} selected={node.id === selected} faded={lit !== null && !lit.has(node.id)} />
        ))}
      </div>
      <p className="visually-hidden" aria-live="polite">
        {described ? announcement(layout, described) : ""}
      </p>
    </div>
  );
}

function announcement(layout: Layout, node: PlacedNode): string {
  const inputs = layout.edges.filter((edge) => edge.target === node.id).length;
  const outputs = layout.edges.filter((edge) => edge.source === node.id).length;
  return `${node.label}, ${String(inputs)} inputs, ${String(outputs)} outputs`;
}

/** Draw at most once a frame, whatever moved. Links are React's; it is told only when other nodes come into view. */
function useFrames(
  box: React.RefObject<HTMLDivElement | null>,
  layout: Layout,
  selected: string | null,
  lit: ReadonlySet<string> | null,
) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const overlay = useRef<HTMLDivElement>(null);
  const [links, setLinks] = useState<PlacedNode[]>([]);
  const control = useRef<CameraControl | null>(null);
  const frame = useRef(0);
  const theme = useRef<Theme | null>(null);
  const edges = useMemo(() => edgeSet(layout, lit), [layout, lit]);
  const draw = useRef<() => void>(() => undefined);
  useEffect(() => {
    draw.current = () => {
      frame.current = 0;
      const camera = control.current?.camera.current;
      const pen = canvas.current?.getContext("2d");
      if (!box.current || !camera || !pen) return;
      const screen = { width: box.current.clientWidth, height: box.current.clientHeight };
      const density = window.devicePixelRatio || 1;
      fitCanvas(pen.canvas, screen, density);
      const view = worldView(camera, screen);
      const { nodes, asLinks } = shownNodes(layout, view, camera.zoom);
      theme.current ??= readTheme();
      paint(pen, { camera, screen, nodes, asLinks, edges, view, lit, selected, theme: theme.current }, density);
      const { style } = overlay.current ?? {};
      if (style) style.transform = `translate(${String(camera.x)}px, ${String(camera.y)}px) scale(${String(camera.zoom)})`;
      setLinks((before) => (sameNodes(before, asLinks ? nodes : []) ? before : asLinks ? nodes : []));
    };
  });
  const schedule = useCallback(() => {
    frame.current ||= requestAnimationFrame(() => draw.current());
  }, []);
  useEffect(schedule, [schedule, layout, lit, selected]);
  useRepaint(box, theme, schedule);
  const attach = (camera: CameraControl): void => {
    control.current = camera;
  };
  return { canvas, overlay, links, schedule, attach };
}

function sameNodes(before: readonly PlacedNode[], after: readonly PlacedNode[]): boolean {
  return before.length === after.length && before.every((node, i) => node === after[i]);
}

function fitCanvas(canvas: HTMLCanvasElement, { width, height }: { width: number; height: number }, density: number): void {
  const [w, h] = [Math.round(width * density), Math.round(height * density)];
  if (canvas.width === w && canvas.height === h) return;
  canvas.width = w;
  canvas.height = h;
}

/** The window's size and the theme change without React. */
function useRepaint(box: React.RefObject<HTMLDivElement | null>, theme: React.RefObject<Theme | null>, schedule: () => void): void {
  useEffect(() => {
    const sizes = new ResizeObserver(schedule);
    if (box.current) sizes.observe(box.current);
    const themes = new MutationObserver(() => {
      theme.current = null;
      schedule();
    });
    themes.observe(document.documentElement, { attributeFilter: ["data-theme"] });
    return () => {
      sizes.disconnect();
      themes.disconnect();
    };
  }, [box, theme, schedule]);
}

function useKeys({ layout, selected, onSelect, onOpen }: GraphViewProps, camera: CameraControl) {
  return (event: KeyboardEvent): void => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    if (pressed(event.key)) event.preventDefault();
  };
  function pressed(key: string): boolean {
    if (key === "0") return did(camera.fitAll());
    if (key === "+" || key === "=") return did(camera.zoom(1.25));
    if (key === "-") return did(camera.zoom(0.8));
    if (key === "f" && selected) return did(camera.centre(selected));
    if (key === "Escape" && selected) return did(onSelect(null));
    if (isArrow(key)) return did(step(key));
    const node = layout.nodes.find((one) => one.id === selected);
    return (key === "Enter" || key === " ") && node ? did(onOpen(node)) : false;
  }
  function step(key: Parameters<typeof stepTo>[2]): void {
    const next = selected ? stepTo(layout, selected, key) : firstNode(layout);
    if (next) onSelect(next);
  }
}

/** Something was done with the key, so the page must not scroll by it. */
function did(done: void): true {
  return done ?? true;
}

function useClicks({ layout, onSelect, onOpen }: GraphViewProps, box: React.RefObject<HTMLDivElement | null>, camera: CameraControl) {
  const under = (event: MouseEvent): PlacedNode | undefined => {
    const { left = 0, top = 0 } = box.current?.getBoundingClientRect() ?? {};
    const { x, y, zoom } = camera.camera.current;
    return nodeAt(layout.nodes, (event.clientX - left - x) / zoom, (event.clientY - top - y) / zoom);
  };
  return {
    single: (event: MouseEvent): void => {
      if (!isPlainClick(event)) return;
      event.preventDefault();
      onSelect(under(event) ?? null);
    },
    double: (event: MouseEvent): void => {
      const node = under(event);
      if (node) onOpen(node);
    },
  };
}

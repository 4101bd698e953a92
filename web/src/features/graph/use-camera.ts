import { useCallback, useEffect, useRef, type RefObject } from "react";
import { centreOn, fit, isInView, zoomAt, type Camera, type Size } from "@/core/lineage/camera";
import type { Layout } from "@/core/lineage/layout";

export interface CameraControl {
  camera: RefObject<Camera>;
  move: (change: (camera: Camera) => Camera) => void;
  zoom: (factor: number) => void;
  fitAll: () => void;
  centre: (id: string) => void;
  reveal: (id: string) => void;
}

interface CameraOptions {
  box: RefObject<HTMLDivElement | null>;
  layout: Layout;
  /** Px at the right that a panel covers. */
  inset: number;
  /** Everything is fitted again when this changes, and only then: new data never moves the picture. */
  view: string;
  onMove: () => void;
}

/** Where we look. It lives outside React, because it moves at every frame. */
export function useCamera({ box, layout, inset, view, onMove }: CameraOptions): CameraControl {
  const camera = useRef<Camera>({ zoom: 1, x: 0, y: 0 });
  const screen = useCallback((): Size => sizeOf(box.current), [box]);
  const move = useCallback(
    (change: (camera: Camera) => Camera) => {
      camera.current = change(camera.current);
      onMove();
    },
    [onMove],
  );
  const fitAll = useCallback(() => move(() => fit(layout.bounds, screen(), inset)), [move, layout, screen, inset]);
  const centre = useCallback(
    (id: string) => move((now) => centredOn(layout, id, now, screen(), inset) ?? now),
    [move, layout, screen, inset],
  );
  const reveal = useCallback(
    (id: string) => {
      if (isHidden(layout, id, camera.current, screen(), inset)) centre(id);
    },
    [layout, screen, inset, centre],
  );
  const zoom = useCallback(
    (factor: number) => move((now) => zoomAt(now, factor, { x: (screen().width - inset) / 2, y: screen().height / 2 })),
    [move, screen, inset],
  );
  useFitOnNewView(view, layout, fitAll);
  return { camera, move, zoom, fitAll, centre, reveal };
}

function useFitOnNewView(view: string, layout: Layout, fitAll: () => void): void {
  const fitted = useRef<string | null>(null);
  useEffect(() => {
    if (!layout.nodes.length || fitted.current === view) return;
    fitted.current = view;
    fitAll();
  }, [view, layout, fitAll]);
}

function sizeOf(box: HTMLDivElement | null): Size {
  return { width: box?.clientWidth ?? 1, height: box?.clientHeight ?? 1 };
}

function centredOn(layout: Layout, id: string, { zoom }: Camera, screen: Size, inset: number): Camera | null {
  const node = layout.nodes.find((one) => one.id === id);
  if (!node) return null;
  const free = { width: screen.width - inset, height: screen.height };
  return centreOn(node.x + node.width / 2, node.y + node.height / 2, Math.max(zoom, 0.6), free);
}

function isHidden(layout: Layout, id: string, camera: Camera, screen: Size, inset: number): boolean {
  const node = layout.nodes.find((one) => one.id === id);
  if (!node) return false;
  const box = { left: node.x, top: node.y, right: node.x + node.width, bottom: node.y + node.height };
  return !isInView(box, camera, screen, inset);
}

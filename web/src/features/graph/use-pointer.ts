import { useEffect, type RefObject } from "react";
import { zoomAt } from "@/core/lineage/camera";
import type { CameraControl } from "./use-camera";

/** A hand trembles: less than this many px is a click. */
const DRAG_FROM = 4;
const WHEEL_SPEED = 0.0022;

/** Drag to pan and turn the wheel to zoom at the pointer. A drag ends without a click. */
export function usePointer(box: RefObject<HTMLDivElement | null>, { move }: Pick<CameraControl, "move">): void {
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const stopDrag = listenToDrag(element, (dx, dy) => move((now) => ({ ...now, x: now.x + dx, y: now.y + dy })));
    const onWheel = (event: WheelEvent): void => {
      event.preventDefault();
      const { left, top } = element.getBoundingClientRect();
      const point = { x: event.clientX - left, y: event.clientY - top };
      move((now) => zoomAt(now, 2 ** (-pixels(event) * WHEEL_SPEED), point));
    };
    element.addEventListener("wheel", onWheel, { passive: false });
    return () => {
      stopDrag();
      element.removeEventListener("wheel", onWheel);
    };
  }, [box, move]);
}

function pixels(event: WheelEvent): number {
  const unit = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : event.deltaMode === WheelEvent.DOM_DELTA_PAGE ? 400 : 1;
  return event.deltaY * unit;
}

function listenToDrag(element: HTMLElement, onDrag: (dx: number, dy: number) => void): () => void {
  let last: { x: number; y: number } | null = null;
  let dragging = false;
  const down = (event: PointerEvent): void => {
    if (event.button === 0) last = { x: event.clientX, y: event.clientY };
    dragging = false;
  };
  const moved = (event: PointerEvent): void => {
    if (!last) return;
    const [dx, dy] = [event.clientX - last.x, event.clientY - last.y];
    if (!dragging && Math.hypot(dx, dy) < DRAG_FROM) return;
    if (!dragging) element.setPointerCapture(event.pointerId);
    dragging = true;
    last = { x: event.clientX, y: event.clientY };
    onDrag(dx, dy);
  };
  const up = (): void => {
    last = null;
  };
  const click = (event: MouseEvent): void => {
    if (!dragging) return;
    event.preventDefault();
    event.stopPropagation();
    dragging = false;
  };
  const stop = new AbortController();
  const options = { signal: stop.signal };
  element.addEventListener("pointerdown", down, options);
  element.addEventListener("pointermove", moved, options);
  element.addEventListener("pointerup", up, options);
  element.addEventListener("pointercancel", up, options);
  element.addEventListener("click", click, { ...options, capture: true });
  return () => stop.abort();
}

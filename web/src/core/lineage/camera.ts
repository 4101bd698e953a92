/** How the drawing lies on the screen: screen = world × zoom + (x, y), in CSS px. */
export interface Camera {
  zoom: number;
  x: number;
  y: number;
}

export interface Box {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

export interface Size {
  width: number;
  height: number;
}

const SMALLEST_ZOOM = 0.02;
const LARGEST_ZOOM = 2.5;
/** Small graphs are not blown up to fill a large screen. */
const LARGEST_FIT = 1.1;
const MARGIN = 28;

/** Everything on screen, in the middle of what is left beside a panel `inset` px wide at the right. */
export function fit(box: Box, screen: Size, inset = 0): Camera {
  const free = { width: screen.width - inset, height: screen.height };
  const zoom = clampZoom(
    Math.min(
      LARGEST_FIT,
      (free.width - 2 * MARGIN) / Math.max(1, box.right - box.left),
      (free.height - 2 * MARGIN) / Math.max(1, box.bottom - box.top),
    ),
  );
  return centreOn((box.left + box.right) / 2, (box.top + box.bottom) / 2, zoom, free);
}

/** The world's point (x, y) in the middle of the screen. */
export function centreOn(x: number, y: number, zoom: number, screen: Size): Camera {
  return { zoom, x: screen.width / 2 - zoom * x, y: screen.height / 2 - zoom * y };
}

/** Zoom by a factor so that what is under the screen point stays there. */
export function zoomAt(camera: Camera, factor: number, point: { x: number; y: number }): Camera {
  const zoom = clampZoom(camera.zoom * factor);
  const ratio = zoom / camera.zoom;
  return { zoom, x: point.x - (point.x - camera.x) * ratio, y: point.y - (point.y - camera.y) * ratio };
}

/** The part of the world that is on screen. */
export function worldView(camera: Camera, screen: Size): Box {
  return {
    left: -camera.x / camera.zoom,
    top: -camera.y / camera.zoom,
    right: (screen.width - camera.x) / camera.zoom,
    bottom: (screen.height - camera.y) / camera.zoom,
  };
}

/** Is a box wholly on screen, beside the panel? */
export function isInView(box: Box, camera: Camera, screen: Size, inset = 0): boolean {
  const view = worldView(camera, { width: screen.width - inset, height: screen.height });
  return box.left >= view.left && box.right <= view.right && box.top >= view.top && box.bottom <= view.bottom;
}

function clampZoom(zoom: number): number {
  return Math.min(LARGEST_ZOOM, Math.max(SMALLEST_ZOOM, zoom));
}

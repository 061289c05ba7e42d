/** How a drawing lies in its window: a point of it stands at `x + point * scale`. */
export interface PanZoom {
  readonly x: number;
  readonly y: number;
  readonly scale: number;
}

interface Extent {
  readonly width: number;
  readonly height: number;
}

interface Point {
  readonly x: number;
  readonly y: number;
}

export const scaleMin = 0.15;
export const scaleMax = 2.5;

/** The whole drawing in the middle of the window, never larger than life. */
export function fitInside(drawing: Extent, window: Extent): PanZoom {
  if (drawing.width <= 0 || drawing.height <= 0 || window.width <= 0 || window.height <= 0)
    return { x: 0, y: 0, scale: 1 };
  const scale = clamp(Math.min(1, window.width / drawing.width, window.height / drawing.height));
  return {
    scale,
    x: (window.width - drawing.width * scale) / 2,
    y: (window.height - drawing.height * scale) / 2,
  };
}

/** Below this too little of the words finds room in the boxes. */
const readable = 0.5;
/** The scale of a drawing of which only a part is shown: three layers of boxes fit a phone of 390 px. */
const comfortable = 0.55;

/** As `fitInside`, but never so small that it cannot be read: then around `focus`, or from the top left with `start` in sight. */
export function fitReadable(
  drawing: Extent,
  window: Extent,
  places: { readonly focus?: Point | undefined; readonly start?: Point | undefined },
): PanZoom {
  const whole = fitInside(drawing, window);
  if (whole.scale >= readable || window.width <= 0) return whole;
  const at = places.focus ?? firstInSight(places.start ?? { x: 0, y: 0 }, window);
  return {
    scale: comfortable,
    x: place(drawing.width * comfortable, window.width, at.x * comfortable),
    y: place(drawing.height * comfortable, window.height, at.y * comfortable),
  };
}

/** Most of the window lies right of and below a start, so the top left corner stays where it can. */
const startShare = 0.8;

function firstInSight(start: Point, window: Extent): Point {
  return {
    x: start.x * comfortable <= window.width * startShare ? 0 : start.x,
    y: start.y * comfortable <= window.height * startShare ? 0 : start.y,
  };
}

/** Where a length begins in a window, so that `at` is as near to the middle as the ends allow. */
function place(length: number, window: number, at: number): number {
  if (length <= window) return (window - length) / 2;
  return Math.min(0, Math.max(window - length, window / 2 - at));
}

/** Nearer or further, with the point under `at` (in the window) staying where it is. */
export function zoomAt(view: PanZoom, at: Point, factor: number): PanZoom {
  const scale = clamp(view.scale * factor);
  const change = scale / view.scale;
  return { scale, x: at.x - (at.x - view.x) * change, y: at.y - (at.y - view.y) * change };
}

function clamp(scale: number): number {
  return Math.min(scaleMax, Math.max(scaleMin, scale));
}

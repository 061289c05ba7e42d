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

/** Below this the names in the boxes cannot be read. */
const readable = 0.72;

/** As `fitInside`, but never so small that it cannot be read: then around `focus`, or from the left. */
export function fitReadable(
  drawing: Extent,
  window: Extent,
  focus: { readonly x: number; readonly y: number } | undefined,
): PanZoom {
  const whole = fitInside(drawing, window);
  if (whole.scale >= readable || window.width <= 0) return whole;
  const at = focus ?? { x: 0, y: drawing.height / 2 };
  return {
    scale: readable,
    x: place(drawing.width * readable, window.width, at.x * readable),
    y: place(drawing.height * readable, window.height, at.y * readable),
  };
}

/** Where a length begins in a window, so that `at` is as near to the middle as the ends allow. */
function place(length: number, window: number, at: number): number {
  if (length <= window) return (window - length) / 2;
  return Math.min(0, Math.max(window - length, window / 2 - at));
}

/** Nearer or further, with the point under `at` (in the window) staying where it is. */
export function zoomAt(
  view: PanZoom,
  at: { readonly x: number; readonly y: number },
  factor: number,
): PanZoom {
  const scale = clamp(view.scale * factor);
  const change = scale / view.scale;
  return { scale, x: at.x - (at.x - view.x) * change, y: at.y - (at.y - view.y) * change };
}

function clamp(scale: number): number {
  return Math.min(scaleMax, Math.max(scaleMin, scale));
}

import { at, type TraceModel } from '../model/trace-model.ts';
import type { TimeView } from '../model/time-view.ts';
import type { CanvasPalette } from './palette.ts';
import { openSurface } from './surface.ts';

export const minimapHeight = 48;

/** The whole trace at a glance, drawn once per size and theme and then only copied. */
export function drawMinimapImage(
  model: TraceModel,
  size: { readonly width: number; readonly height: number },
  palette: CanvasPalette,
): HTMLCanvasElement {
  const image = document.createElement('canvas');
  const context = openSurface(image, size.width, size.height);
  if (context === undefined) return image;
  context.fillStyle = palette.surface;
  context.fillRect(0, 0, size.width, size.height);
  const laneHeight = Math.max(1, Math.min(4, (size.height - 8) / (model.depthMax + 1)));
  const laneStep = (size.height - 8) / Math.max(model.depthMax + 1, (size.height - 8) / 5);
  const scale = size.width / model.durationUs;
  const drawn = new Uint32Array(Math.ceil(size.width) * Math.ceil(size.height));
  for (let place = 0; place < model.size; place++) {
    const span = at(model.order, place);
    const left = at(model.startUs, span) * scale;
    const width = Math.max(1, (at(model.endUs, span) - at(model.startUs, span)) * scale);
    const top = 4 + at(model.depth, span) * laneStep;
    const isError = at(model.isError, span) === 1;
    // Spans thinner than a pixel pile up in the thousands; the first in a place stands for the rest.
    if (width <= 1 && !isError) {
      const cell = Math.floor(top) * Math.ceil(size.width) + Math.floor(left);
      if (drawn[cell] === 1) continue;
      drawn[cell] = 1;
    }
    context.fillStyle = isError ? palette.error : (palette.families[at(model.family, span)] ?? palette.faint);
    context.fillRect(left, top, width, laneHeight);
  }
  return image;
}

/** The picture, with what is outside the view dimmed. */
export function drawMinimap(
  context: CanvasRenderingContext2D,
  image: HTMLCanvasElement,
  frame: {
    readonly width: number;
    readonly height: number;
    readonly view: TimeView;
    readonly durationUs: number;
    readonly palette: CanvasPalette;
  },
): void {
  const { width, height, view, durationUs, palette } = frame;
  context.drawImage(image, 0, 0, width, height);
  const left = (view.fromUs / durationUs) * width;
  const right = (view.toUs / durationUs) * width;
  context.globalAlpha = 0.7;
  context.fillStyle = palette.sunken;
  context.fillRect(0, 0, left, height);
  context.fillRect(right, 0, width - right, height);
  context.globalAlpha = 1;
  context.fillStyle = palette.lineStrong;
  context.fillRect(0, height - 1, width, 1);
  if (left > 0.5 || right < width - 0.5) {
    context.fillStyle = palette.accent;
    context.fillRect(left - 1, 0, 2, height);
    context.fillRect(right - 1, 0, 2, height);
  }
}

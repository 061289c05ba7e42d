/** Sizes a canvas for the screen's pixels and gives a context that draws in CSS pixels. */
export function openSurface(
  canvas: HTMLCanvasElement,
  width: number,
  height: number,
): CanvasRenderingContext2D | undefined {
  const ratio = window.devicePixelRatio;
  const pixelWidth = Math.max(1, Math.round(width * ratio));
  const pixelHeight = Math.max(1, Math.round(height * ratio));
  if (canvas.width !== pixelWidth || canvas.height !== pixelHeight) {
    canvas.width = pixelWidth;
    canvas.height = pixelHeight;
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
  }
  const context = canvas.getContext('2d', { alpha: false }) ?? undefined;
  context?.setTransform(ratio, 0, 0, ratio, 0, 0);
  return context;
}

const widthsMax = 20_000;
const widths = new Map<string, number>();

/** `measureText` is the dearest call of a frame, and the same names come again and again. */
export function textWidth(context: CanvasRenderingContext2D, text: string): number {
  const key = `${context.font}|${text}`;
  let width = widths.get(key);
  if (width === undefined) {
    width = context.measureText(text).width;
    if (widths.size > widthsMax) widths.clear();
    widths.set(key, width);
  }
  return width;
}

/** `text`, cut with an ellipsis to fit; empty when not even one letter does. */
export function fitText(context: CanvasRenderingContext2D, text: string, widthMax: number): string {
  const width = textWidth(context, text);
  if (width <= widthMax) return text;
  let keep = Math.floor((text.length * widthMax) / width) - 1;
  while (keep > 0 && textWidth(context, `${text.slice(0, keep)}…`) > widthMax) keep--;
  return keep <= 0 ? '' : `${text.slice(0, keep)}…`;
}

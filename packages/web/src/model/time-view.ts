/** The zoomed stretch of a trace, in microseconds from its start. */
export interface TimeView {
  readonly fromUs: number;
  readonly toUs: number;
}

const widthMinUs = 1;

/** Zooms about a moment that stays where it is; never outside the trace. */
export function zoomView(view: TimeView, aroundUs: number, factor: number, durationUs: number): TimeView {
  const width = Math.min(durationUs, Math.max(widthMinUs, (view.toUs - view.fromUs) * factor));
  const share = (aroundUs - view.fromUs) / Math.max(view.toUs - view.fromUs, 1e-9);
  return clampView({ fromUs: aroundUs - share * width, toUs: aroundUs + (1 - share) * width }, durationUs);
}

export function panView(view: TimeView, byUs: number, durationUs: number): TimeView {
  return clampView({ fromUs: view.fromUs + byUs, toUs: view.toUs + byUs }, durationUs);
}

/** The same width, moved inside the trace. */
export function clampView(view: TimeView, durationUs: number): TimeView {
  const width = Math.min(durationUs, Math.max(widthMinUs, view.toUs - view.fromUs));
  const fromUs = Math.min(Math.max(0, view.fromUs), durationUs - width);
  return { fromUs, toUs: fromUs + width };
}

/** For the address: whole microseconds, nothing when the whole trace is seen. */
export function formatView(view: TimeView, durationUs: number): string | undefined {
  if (view.fromUs <= 0 && view.toUs >= durationUs) return undefined;
  return `${Math.floor(view.fromUs)}-${Math.ceil(view.toUs)}`;
}

export function parseView(text: string | undefined, durationUs: number): TimeView {
  const match = /^(\d+)-(\d+)$/.exec(text ?? '');
  if (match === null || Number(match[1]) >= Number(match[2])) return { fromUs: 0, toUs: durationUs };
  return clampView({ fromUs: Number(match[1]), toUs: Number(match[2]) }, durationUs);
}

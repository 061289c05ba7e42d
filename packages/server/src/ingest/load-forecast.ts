/** The loaders' slots, and what begins in them before a load that is not sealed yet. Milliseconds. */
export interface LoadPlan {
  readonly slots: number;
  /** Until each load under way is done. */
  readonly running: readonly number[];
  /** How long each load takes that begins before, in their order. */
  readonly ahead: readonly number[];
  /** Until the load may begin, even where a slot is free. */
  readonly restMs: number;
  readonly loadMs: number;
}

/** Milliseconds until the load is done: each takes the slot that is free first. */
export function doneInMs({ slots, running, ahead, restMs, loadMs }: LoadPlan): number {
  const freeIn = [...running, ...Array.from({ length: Math.max(0, slots - running.length) }, () => 0)];
  const first = (): number => freeIn.indexOf(Math.min(...freeIn));
  for (const each of ahead) freeIn[first()] = Math.min(...freeIn) + each;
  return Math.max(Math.min(...freeIn), restMs) + loadMs;
}

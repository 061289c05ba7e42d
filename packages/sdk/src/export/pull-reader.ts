/** The reader behind `prometheusHandler`: one per runtime, collecting only when asked. */
import type { FunctionDurations } from '../core/function-durations.ts';
import { PullReader } from './metric-pusher.ts';

const holder: { current: PullReader | undefined } = ensureHolder();

export function pullReader(functionDurations: FunctionDurations): PullReader {
  holder.current = new PullReader(functionDurations);
  return holder.current;
}

export function currentPullReader(): PullReader | undefined {
  return holder.current;
}

function ensureHolder(): { current: PullReader | undefined } {
  const key = Symbol.for('sightline.sdk.pull-reader');
  const scope = globalThis as { [key: symbol]: { current: PullReader | undefined } | undefined };
  return (scope[key] ??= { current: undefined });
}

import { PromqlExecutionError } from './ast.ts';
import type { GridSeries } from './series.ts';

/** Series that are the same after labels changed are one; they may not be there at one time. Throws PromqlExecutionError. */
export function mergeEqual(series: readonly GridSeries[], count: number): GridSeries[] {
  const results = new Map<string, GridSeries>();
  for (const each of series) {
    const known = results.get(each.labels.key);
    if (known === undefined) {
      results.set(each.labels.key, each);
      continue;
    }
    const merged = known.relabelled(known.labels);
    for (let step = 0; step < count; step += 1) {
      if (!each.has(step)) continue;
      if (merged.has(step))
        throw new PromqlExecutionError('vector cannot contain metrics with the same labelset');
      merged.set(step, each.at(step));
    }
    results.set(each.labels.key, merged);
  }
  return [...results.values()];
}

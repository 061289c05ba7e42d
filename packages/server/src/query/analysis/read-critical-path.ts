/** The critical path of one trace, named as people name its steps. */
import { findCriticalPath, findSlack, selfTimes } from '@sightline/schema/analysis';
import type { TraceCriticalPathResponse } from '@sightline/schema/api';
import { type QueryContext, Reader } from '../reader.ts';
import { normalTraceId, traceNotFound } from '../read-trace.ts';
import { splitByFirstToken } from './read-critical-paths.ts';
import { findSteps, readForest } from './read-forest.ts';
import { readSelection } from './read-selection.ts';

const spansMax = 250_000;

/** Throws `trace_not_found`. */
export async function readTraceCriticalPath(
  context: QueryContext,
  traceId: string,
): Promise<TraceCriticalPathResponse> {
  const reader = new Reader(context);
  const id = normalTraceId(traceId);
  const selection = { type: 'traces', traceIds: [id] } as const;
  const selected = await readSelection(reader, selection, { tracesMax: 1, spansMax });
  if (selected.total === 0) throw traceNotFound(id);
  if (selected.traces.length === 0)
    return { traceId: id, durationMs: 0, parts: [], steps: [], spans: [], ...reader.limitsMet };
  const forest = await readForest(reader, [selected], { withIds: true });
  const { tree, roots, words, wordOf, isAside, spanIds } = forest;
  const path = findCriticalPath({ ...tree, isAside }, roots);
  const { steps, keyOf, keyCount } = findSteps(forest);
  const selfUs = selfTimes(tree);
  const slackUs = findSlack({ ...tree, isAside });
  const first = splitByFirstToken(forest, path, { keyOf, keyCount });
  const originUs = tree.startUs[0] ?? 0;
  const parts = Array.from(path.span, (span, place) => ({
    spanId: spanIds[span] ?? '',
    spanName: words[wordOf[span] ?? 0]?.name ?? '',
    ...(steps[keyOf[span] ?? 0] ?? { kind: 'code' as const, name: '', service: '' }),
    fromMs: ((path.fromUs[place] ?? 0) - originUs) / 1000,
    toMs: ((path.toUs[place] ?? 0) - originUs) / 1000,
  }));
  const onPath = Map.groupBy(path.span, (span) => keyOf[span] ?? 0);
  return {
    traceId: id,
    durationMs: path.totalUs / 1000,
    parts: parts.toSorted((x, y) => x.fromMs - y.fromMs),
    steps: steps
      .flatMap((step, key) => {
        const spans = new Set(onPath.get(key));
        if (spans.size === 0) return [];
        const pathUs = [...spans].reduce((sum, span) => sum + (path.onPathUs[span] ?? 0), 0);
        return {
          ...step,
          calls: new Set([...spans].map((span) => stepAround(tree.parent, { span, keyOf }))).size,
          pathMs: pathUs / 1000,
          share: path.totalUs === 0 ? 0 : pathUs / path.totalUs,
          waitMs: (first.waitUs[key] ?? 0) / 1000,
          streamMs: (first.streamUs[key] ?? 0) / 1000,
        };
      })
      .toSorted((x, y) => y.pathMs - x.pathMs),
    spans: spanIds.map((spanId, span) => ({
      spanId,
      selfMs: (selfUs[span] ?? 0) / 1000,
      pathMs: (path.onPathUs[span] ?? 0) / 1000,
      slackMs: Number.isFinite(slackUs[span]) ? (slackUs[span] ?? 0) / 1000 : null,
    })),
    ...reader.limitsMet,
  };
}

/** The outermost span of the step that this one is a part of. */
function stepAround(
  parent: Int32Array,
  { span, keyOf }: { readonly span: number; readonly keyOf: Int32Array },
): number {
  let step = span;
  for (
    let above = parent[span] ?? -1;
    above !== -1 && keyOf[above] === keyOf[span];
    above = parent[above] ?? -1
  )
    step = above;
  return step;
}

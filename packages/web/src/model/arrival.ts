import type { Run, TraceSummary } from '@sightline/schema/api';
import { formatCostUsd, formatNumber } from '@sightline/base';

export interface Recent {
  readonly runs: readonly Run[];
  readonly traces: readonly TraceSummary[];
  /** Whether these are the runs of all of these traces: a second after it came a trace may not be known as a run yet. */
  readonly isSettled: boolean;
}

/** What came while somebody looked on. A run says more than a trace, so it is preferred, even where it came a moment later. */
export type Arrival =
  | { readonly kind: 'run'; readonly run: Run }
  | { readonly kind: 'trace'; readonly trace: TraceSummary };

/** Traces by which `findArrival` tells new from old. */
export function knownOf({ runs, traces }: Pick<Recent, 'runs' | 'traces'>): ReadonlySet<string> {
  return new Set([...runs, ...traces].map(({ traceId }) => traceId));
}

/**
 * The oldest of the new runs that called a model, else of the new runs, else of the new traces. A run that was found before stays, and is told as it is now,
 * unless a better one came.
 */
export function findArrival(
  { runs, traces, isSettled }: Recent,
  known: ReadonlySet<string>,
  before: Arrival | undefined,
): Arrival | undefined {
  const isNew = ({ traceId }: { readonly traceId: string }): boolean => !known.has(traceId);
  const foundBefore = before?.kind === 'run' ? before.run.traceId : undefined;
  const again = runs.find(({ traceId }) => traceId === foundBefore);
  if (again !== undefined && again.llmCalls > 0) return { kind: 'run', run: again };
  const run =
    runs.findLast((one) => isNew(one) && one.llmCalls > 0) ?? again ?? runs.findLast((one) => isNew(one));
  if (run !== undefined) return { kind: 'run', run };
  if (before !== undefined) return before;
  const trace = isSettled ? traces.findLast((one) => isNew(one)) : undefined;
  return trace === undefined ? undefined : { kind: 'trace', trace };
}

/** What a run was, part by part: service, agent, model, tokens, cost. */
export function runFacts(run: Run): readonly string[] {
  const tokens = [run.inputTokens, run.outputTokens];
  return [
    run.service,
    ...(run.agent === null ? [] : [`agent ${run.agent}`]),
    ...run.models.slice(0, 2).map(({ model }) => model),
    ...(tokens.every((count) => count === null)
      ? []
      : [`${formatNumber(run.inputTokens ?? 0)} tokens in, ${formatNumber(run.outputTokens ?? 0)} out`]),
    ...(run.costUsd === null ? [] : [formatCostUsd(run.costUsd)]),
  ];
}

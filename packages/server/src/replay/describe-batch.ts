/** A bulk replay as its page shows it: figures before and after, the gate, and its replays with regressions first. */
import { quantile } from '@sightline/schema/analysis';
import type {
  BatchFigures,
  Replay,
  ReplayBatch,
  ReplayBatchItem,
  ReplayBatchResponse,
} from '@sightline/schema/api';
import type { SqlRunner } from '../catalog/catalog-database.ts';
import { listReplays } from '../catalog/replays.ts';
import type { QueryContext } from '../query/reader.ts';
import { readUsages, type TraceUsage } from '../query/replay/read-usages.ts';
import { compareAnswers } from './compare-runs.ts';
import { judgeGate, parseGate } from './gate.ts';

const itemsMax = 1_000;
const order: readonly ReplayBatchItem['verdict'][] = [
  'regressed',
  'failed',
  'changed',
  'fixed',
  'same',
  'unknown',
];

export async function describeBatch(
  { catalog, context }: { readonly catalog: SqlRunner; readonly context: QueryContext },
  batch: ReplayBatch,
): Promise<ReplayBatchResponse> {
  const replays = await listReplays(catalog, context.project, { batchId: batch.id, limit: itemsMax });
  const usages = await readUsages(
    context,
    replays.flatMap(({ sourceTraceId, traceId }) =>
      traceId === null ? [sourceTraceId] : [sourceTraceId, traceId],
    ),
  );
  const ended = replays.filter(({ state }) => state === 'done' || state === 'failed');
  const before = figuresOf(
    ended.map((replay) => ({
      failed: replay.before.failed,
      durationMs: replay.before.durationMs,
      usage: usages.get(replay.sourceTraceId),
      same: null,
    })),
  );
  const after = figuresOf(
    ended.map((replay) => ({
      failed: replay.state === 'failed',
      durationMs: replay.durationMs,
      usage: replay.traceId === null ? undefined : usages.get(replay.traceId),
      same: compareAnswers(replay.before.answer, replay.answer).same,
    })),
  );
  return {
    batch,
    before,
    after,
    gate: batch.gate === null ? null : judged(batch.gate, { before, after }),
    items: replays
      .map((replay) => describeItem(replay, usages))
      .toSorted((a, b) => order.indexOf(a.verdict) - order.indexOf(b.verdict)),
  };
}

function judged(gate: string, figures: { readonly before: BatchFigures; readonly after: BatchFigures }) {
  const { passed, conditions } = judgeGate(parseGate(gate), figures);
  return { passed, conditions: [...conditions] };
}

function describeItem(replay: Replay, usages: ReadonlyMap<string, TraceUsage>): ReplayBatchItem {
  return {
    replay,
    verdict: verdictOf(replay),
    costUsd: {
      before: usages.get(replay.sourceTraceId)?.costUsd ?? null,
      after: usages.get(replay.traceId ?? '')?.costUsd ?? null,
    },
    durationMs: { before: replay.before.durationMs, after: replay.durationMs },
  };
}

function verdictOf({ state, before, answer }: Replay): ReplayBatchItem['verdict'] {
  if (state === 'failed' || state === 'lost') return before.failed ? 'failed' : 'regressed';
  if (state !== 'done') return 'unknown';
  if (before.failed) return 'fixed';
  return compareAnswers(before.answer, answer).same === true ? 'same' : 'changed';
}

interface Outcome {
  readonly failed: boolean;
  readonly durationMs: number | null;
  readonly usage: TraceUsage | undefined;
  readonly same: boolean | null;
}

function figuresOf(outcomes: readonly Outcome[]): BatchFigures {
  const durations = Float64Array.from(
    outcomes.flatMap(({ durationMs }) => (durationMs === null ? [] : [durationMs])),
  ).sort();
  const level = (share: number): number | null =>
    durations.length === 0 ? null : quantile(durations, share);
  const share = (part: number, of: number) => (of === 0 ? null : part / of);
  const known = outcomes.filter(({ same }) => same !== null);
  const sum = (name: 'costUsd' | 'tokens') => {
    const values = outcomes.flatMap(({ usage }) =>
      usage === undefined || usage[name] === null ? [] : [usage[name]],
    );
    return values.length === 0 ? null : values.reduce((a, b) => a + b);
  };
  return {
    runs: outcomes.length,
    passRate: share(outcomes.filter(({ failed }) => !failed).length, outcomes.length),
    sameAnswerRate: share(known.filter(({ same }) => same === true).length, known.length),
    p50DurationMs: level(0.5),
    p95DurationMs: level(0.95),
    costUsd: sum('costUsd'),
    tokens: sum('tokens'),
  };
}

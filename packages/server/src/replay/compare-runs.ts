/** A replay beside the run it repeats: what was answered, step by step what was done, and what it took. */
import type { ReplayedStep, Replay, ReplayComparison, RunResponse, RunStep } from '@sightline/schema/api';
import { SightlineError } from '@sightline/schema/errors';
import { readRun } from '../query/agents/read-run.ts';
import type { QueryContext } from '../query/reader.ts';
import { alignLists } from './align-lists.ts';

export async function compareRuns(context: QueryContext, replay: Replay): Promise<ReplayComparison> {
  const [before, after] = await Promise.all([
    findRun(context, replay.sourceTraceId),
    replay.traceId === null ? undefined : findRun(context, replay.traceId),
  ]);
  const figure = (name: 'inputTokens' | 'outputTokens' | 'costUsd') => ({
    before: before?.run[name] ?? null,
    after: after?.run[name] ?? null,
  });
  return {
    replay,
    answer: compareAnswers(replay.before.answer, replay.answer),
    durationMs: {
      before: before?.run.durationMs ?? replay.before.durationMs,
      after: after?.run.durationMs ?? replay.durationMs,
    },
    inputTokens: figure('inputTokens'),
    outputTokens: figure('outputTokens'),
    costUsd: figure('costUsd'),
    errors: { before: before?.run.errorCount ?? null, after: after?.run.errorCount ?? null },
    scores: compareScores(before, after),
    steps: before === undefined || after === undefined ? [] : compareSteps(before.steps, after.steps),
    stepsLeftOut:
      before === undefined
        ? 'The recorded run is not stored any more, or has no steps.'
        : after === undefined
          ? 'No spans of the new run have arrived. The target must send traces here, and take the trace id from the traceparent header.'
          : null,
  };
}

async function findRun(context: QueryContext, traceId: string): Promise<RunResponse | undefined> {
  try {
    return await readRun(context, traceId);
  } catch (error) {
    if (error instanceof SightlineError && ['trace_not_found', 'run_not_found'].includes(error.code))
      return undefined;
    throw error;
  }
}

export function compareAnswers(before: string | null, after: string | null): ReplayComparison['answer'] {
  if (before === null || after === null) return { before, after, same: null, diff: [] };
  const [left, right] = [lines(before), lines(after)];
  return {
    before,
    after,
    same: left.length === right.length && left.every((line, at) => line === right[at]),
    diff: alignLists(left, right).map((pair) =>
      pair.before === undefined
        ? { mark: '+', text: right[pair.after ?? 0] ?? '' }
        : { mark: pair.after === undefined ? '-' : ' ', text: left[pair.before] ?? '' },
    ),
  };
}

/** JSON in one form, whatever the order of its keys. */
function lines(text: string): readonly string[] {
  if (/^\s*[{[]/.test(text))
    try {
      return JSON.stringify(JSON.parse(text), sortedKeys, 2).split('\n');
    } catch {
      // A text that only looks like it.
    }
  return text.trim().split('\n');
}

function sortedKeys(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** Steps with the same name at the same depth belong together, in their order. */
export function compareSteps(before: readonly RunStep[], after: readonly RunStep[]): ReplayedStep[] {
  const key = ({ depth, operation, name }: RunStep) => `${depth} ${operation} ${name}`;
  const side = (step: RunStep | undefined) =>
    step === undefined
      ? null
      : { spanId: step.spanId, durationMs: step.durationMs, failed: step.status === 'error' };
  return alignLists(before.map(key), after.map(key)).map((pair) => {
    const left = pair.before === undefined ? undefined : before[pair.before];
    const right = pair.after === undefined ? undefined : after[pair.after];
    const { name = '', depth = 0, operation = '' } = left ?? right ?? {};
    const differs =
      left?.status !== right?.status ||
      left?.model !== right?.model ||
      left?.outputTokens !== right?.outputTokens;
    return {
      state: left === undefined ? 'added' : right === undefined ? 'removed' : differs ? 'changed' : 'same',
      name,
      depth,
      operation,
      before: side(left),
      after: side(right),
    };
  });
}

function compareScores(
  before: RunResponse | undefined,
  after: RunResponse | undefined,
): ReplayComparison['scores'] {
  const values = (run: RunResponse | undefined) =>
    new Map(run?.run.scores.map((score) => [score.name, score.average]));
  const [left, right] = [values(before), values(after)];
  return [...new Set([...left.keys(), ...right.keys()])].map((name) => ({
    name,
    before: left.get(name) ?? null,
    after: right.get(name) ?? null,
  }));
}

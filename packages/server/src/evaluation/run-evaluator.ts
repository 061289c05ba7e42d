import type { EvaluatorRun, EvaluatorRule, Score } from '@sightline/schema/api';
import { formatNanos, nanosFromMs } from '@sightline/base';
import { SightlineError } from '@sightline/schema/errors';
import { recordRun } from '../catalog/evaluators.ts';
import type { CatalogDatabase } from '../catalog/catalog.ts';
import { matchRegex } from '../query/evaluation/match-regex.ts';
import { readJudgedTrace } from '../query/evaluation/read-judged-trace.ts';
import type { QueryContext } from '../query/reader.ts';
import { evaluateInCode } from './code/evaluate-in-code.ts';
import { evaluateWithJudge, type Judgement, type JudgeSurroundings } from './judge/evaluate-with-judge.ts';
import { recordScores } from './record-scores.ts';
import { scoreIdOf } from './sampling.ts';
import { readFacts, type TraceFacts } from './trace-facts.ts';

export interface RunSurroundings {
  readonly context: QueryContext;
  readonly catalog: CatalogDatabase;
  readonly judge: JudgeSurroundings;
}

export async function readTraceFacts(context: QueryContext, traceId: string): Promise<TraceFacts> {
  const { spans, logs, costs } = await readJudgedTrace(context, traceId);
  return readFacts(spans, logs, costs);
}

/** Judges one trace by one rule, without writing anything down. What goes wrong is a verdict, never an exception. */
export async function judgeTrace(
  rule: Pick<EvaluatorRule, 'settings'>,
  facts: TraceFacts,
  { context, judge }: Pick<RunSurroundings, 'context' | 'judge'>,
): Promise<Judgement> {
  const { settings } = rule;
  try {
    if (settings.type === 'judge') return await evaluateWithJudge(settings, facts, judge);
    const match = async (text: string, pattern: string): Promise<boolean> =>
      matchRegex(context, text, pattern);
    return { verdict: await evaluateInCode(settings, facts, match), judge: null };
  } catch (error) {
    const reason =
      error instanceof SightlineError ? error.message : 'the evaluator failed; see the server’s log';
    return { verdict: { type: 'failed', reason }, judge: null };
  }
}

export interface Finished {
  readonly run: EvaluatorRun;
  readonly score: Score | null;
}

/** Judges, writes the score and then the run: a crash between them shows as a score without its run, never the other way round. */
export async function runEvaluator(
  evaluator: Pick<EvaluatorRule, 'settings' | 'name'> & { readonly id: string },
  facts: TraceFacts,
  surroundings: RunSurroundings & { readonly save: boolean },
): Promise<Finished> {
  const { context, catalog, save } = surroundings;
  const started = performance.now();
  const { verdict, judge } = await judgeTrace(evaluator, facts, surroundings);
  const scored = verdict.type === 'scored' ? verdict : undefined;
  const toRecord = scored && {
    id: scoreIdOf(evaluator.id, facts.traceId),
    traceId: facts.traceId,
    name: evaluator.name,
    value: scored.value,
    label: scored.label,
    comment: scored.comment ?? null,
    source: evaluator.settings.type === 'judge' ? ('judge' as const) : ('code' as const),
    who: null,
    evaluatorId: evaluator.id,
    judge,
  };
  const [score = null] = toRecord !== undefined && save ? await recordScores(context, [toRecord]) : [];
  const run = {
    evaluatorId: evaluator.id,
    traceId: facts.traceId,
    status: verdict.type,
    reason: verdict.type === 'scored' ? (verdict.comment ?? null) : verdict.reason,
    durationMs: performance.now() - started,
    value: scored?.value ?? null,
    label: scored?.label ?? null,
  };
  // What a stop of the server broke off is done again after the next start.
  const isBrokenOff = verdict.type === 'failed' && surroundings.judge.signal.aborted;
  const time = save && !isBrokenOff ? await recordRun(catalog, { ...run, judge }) : undefined;
  const nanos = time === undefined ? context.clock.now() : nanosFromMs(time.getTime());
  return { run: { ...run, time: formatNanos(nanos) }, score };
}

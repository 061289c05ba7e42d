import { setImmediate as nextTurn } from 'node:timers/promises';
import { formatNanos, nanosFromMs, unixNano } from '@sightline/base';
import type { EvaluatorRule, EvaluatorRun, Score } from '@sightline/schema/api';
import { SightlineError } from '@sightline/schema/errors';
import type { CatalogDatabase } from '../catalog/catalog-database.ts';
import { recordRuns } from '../catalog/evaluators.ts';
import { RegexMatcher } from '../query/evaluation/regex-matcher.ts';
import type { QueryContext } from '../query/reader.ts';
import { evaluateInCode } from './code/evaluate-in-code.ts';
import { evaluateWithJudge, type Judgement, type JudgeSurroundings } from './judge/evaluate-with-judge.ts';
import { partsOf, tellLeftOut } from './judged-parts.ts';
import { recordScores, type ScoreToRecord } from './record-scores.ts';
import { scoreIdOf } from './sampling.ts';
import type { TraceFacts } from './trace-facts.ts';

export interface RunSurroundings {
  readonly context: QueryContext;
  readonly catalog: CatalogDatabase;
  readonly judge: JudgeSurroundings;
}

export type RunnableRule = Pick<EvaluatorRule, 'settings' | 'name'> & { readonly id: string };

/** One rule on one trace. A trace that could not be read has a reason instead of facts. */
export interface RunJob {
  readonly rule: RunnableRule;
  readonly trace: TraceFacts | { readonly traceId: string; readonly unreadable: string };
}

export interface Finished {
  readonly run: EvaluatorRun;
  readonly score: Score | null;
}

type Judged = RunJob & Judgement & { readonly durationMs: number };

/** A score may be older than the clock of who sent the trace says that it began. */
const clockSkewNanos = 86_400_000_000_000n;

export async function runEvaluator(
  job: RunJob,
  surroundings: RunSurroundings & { readonly save: boolean },
): Promise<Finished> {
  const [finished] = await runEvaluators([job], surroundings);
  if (finished === undefined) throw new Error('A run has no result.');
  return finished;
}

/**
 * Judges, writes the scores and then the runs, each all at once: a crash between them shows as a score without its run, never the other way round. In the order of
 * the jobs.
 */
export async function runEvaluators(
  jobs: readonly RunJob[],
  surroundings: RunSurroundings & { readonly save: boolean },
): Promise<readonly Finished[]> {
  const { context, catalog, save } = surroundings;
  const judged = await judgeAll(jobs, surroundings);
  const scores = save ? await saveScores(context, judged) : new Map<string, Score>();
  const runs = judged.map(({ rule, trace, verdict, durationMs }) => ({
    evaluatorId: rule.id,
    traceId: trace.traceId,
    status: verdict.type,
    reason: verdict.type === 'scored' ? (verdict.comment ?? null) : verdict.reason,
    durationMs,
    value: verdict.type === 'scored' ? verdict.value : null,
    label: verdict.type === 'scored' ? verdict.label : null,
  }));
  // What a stop of the server broke off is done again after the next start.
  const isStopped = surroundings.judge.signal.aborted;
  const toRecord = runs.flatMap((run, at) =>
    isStopped && run.status === 'failed' ? [] : [{ ...run, judge: judged[at]?.judge ?? null }],
  );
  const recorded = save && toRecord.length > 0 ? await recordRuns(catalog, toRecord) : undefined;
  const time = formatNanos(recorded === undefined ? context.clock.now() : nanosFromMs(recorded.getTime()));
  return runs.map((run) => ({
    run: { ...run, time },
    score: scores.get(scoreIdOf(run.evaluatorId, run.traceId)) ?? null,
  }));
}

async function judgeAll(
  jobs: readonly RunJob[],
  { context, judge }: RunSurroundings,
): Promise<readonly Judged[]> {
  const matcher = new RegexMatcher(context);
  const judged: Promise<Judged>[] = [];
  let traceId = '';
  for (const job of jobs) {
    // Others have their turn between two traces: to compare a long answer takes a while.
    if (job.trace.traceId !== traceId) await nextTurn();
    ({ traceId } = job.trace);
    judged.push(judgeOne(job, matcher, judge));
  }
  await matcher.flush();
  return Promise.all(judged);
}

/** What goes wrong is a verdict, never an exception. */
async function judgeOne(job: RunJob, matcher: RegexMatcher, judge: JudgeSurroundings): Promise<Judged> {
  const started = performance.now();
  const { rule, trace } = job;
  const { verdict, judge: paid } =
    'unreadable' in trace
      ? { verdict: { type: 'failed' as const, reason: trace.unreadable }, judge: null }
      : await judgeTrace(rule, trace, { matcher, judge });
  return { ...job, verdict, judge: paid, durationMs: performance.now() - started };
}

async function judgeTrace(
  { settings }: RunnableRule,
  facts: TraceFacts,
  { matcher, judge }: { readonly matcher: RegexMatcher; readonly judge: JudgeSurroundings },
): Promise<Judgement> {
  try {
    const judgement =
      settings.type === 'judge'
        ? await evaluateWithJudge(settings, facts, judge)
        : { verdict: await evaluateInCode(settings, facts, matcher), judge: null };
    return { ...judgement, verdict: tellLeftOut(judgement.verdict, facts, partsOf(settings)) };
  } catch (error) {
    const reason =
      error instanceof SightlineError ? error.message : 'the evaluator failed; see the server’s log';
    return { verdict: { type: 'failed', reason }, judge: null };
  }
}

async function saveScores(
  context: QueryContext,
  judged: readonly Judged[],
): Promise<ReadonlyMap<string, Score>> {
  const scores: ScoreToRecord[] = [];
  let since = 2n ** 62n;
  for (const { rule, trace, verdict, judge } of judged) {
    if (verdict.type !== 'scored' || 'unreadable' in trace) continue;
    if (trace.startNanos < since) since = trace.startNanos;
    scores.push({
      id: scoreIdOf(rule.id, trace.traceId),
      traceId: trace.traceId,
      name: rule.name,
      value: verdict.value,
      label: verdict.label,
      comment: verdict.comment ?? null,
      source: rule.settings.type === 'judge' ? 'judge' : 'code',
      who: null,
      evaluatorId: rule.id,
      judge,
    });
  }
  if (scores.length === 0) return new Map();
  const written = await recordScores(context, scores, {
    knownSince: unixNano(since > clockSkewNanos ? since - clockSkewNanos : 0n),
  });
  return new Map(written.map((score) => [score.id, score]));
}

/** Scores of the results of an experiment: by the evaluators that judge traces, and by what its items expect. */
import { createHash } from 'node:crypto';
import type { ExperimentEvaluator, ExperimentScore, NewResult } from '@sightline/schema/api';
import { SightlineError } from '@sightline/schema/errors';
import { hashOf, type StoredItem } from '../catalog/datasets.ts';
import type { JudgedResult } from '../catalog/experiments.ts';
import { evaluateInCode } from '../evaluation/code/evaluate-in-code.ts';
import { evaluateWithJudge, type JudgeSurroundings } from '../evaluation/judge/evaluate-with-judge.ts';
import { recordScores, type ScoreToRecord } from '../evaluation/record-scores.ts';
import { textMax, type TraceFacts } from '../evaluation/trace-facts.ts';
import { passOrFail, type Verdict } from '../evaluation/verdict.ts';
import { RegexMatcher } from '../query/evaluation/regex-matcher.ts';
import type { QueryContext } from '../query/reader.ts';

export interface ResultToJudge {
  readonly result: NewResult;
  readonly item: Pick<StoredItem, 'input' | 'expected'>;
}

export interface JudgedOutcome {
  readonly result: JudgedResult;
  readonly notJudged: Readonly<Record<string, string>>;
}

/** Models are asked about so many results at a time. */
const judgedTogether = 8;

export async function judgeResults(
  context: QueryContext,
  given: readonly ResultToJudge[],
  {
    evaluators,
    judge,
  }: { readonly evaluators: readonly ExperimentEvaluator[]; readonly judge: JudgeSurroundings },
): Promise<readonly JudgedOutcome[]> {
  const matcher = new RegexMatcher(context);
  const outcomes: JudgedOutcome[] = [];
  for (let at = 0; at < given.length; at += judgedTogether) {
    const judged = given
      .slice(at, at + judgedTogether)
      .map(async (each) => judgeResult(each, evaluators, { matcher, judge }));
    await matcher.flush();
    outcomes.push(...(await Promise.all(judged)));
  }
  return outcomes;
}

async function judgeResult(
  { result, item }: ResultToJudge,
  evaluators: readonly ExperimentEvaluator[],
  means: { readonly matcher: RegexMatcher; readonly judge: JudgeSurroundings },
): Promise<JudgedOutcome> {
  const { documents: _documents, scores: own, ...rest } = result;
  const verdicts = await Promise.all(
    evaluators.map(async ({ name, settings }) => ({
      name,
      verdict: await verdictOf({ result, item }, settings, means),
    })),
  );
  const scores: Record<string, ExperimentScore> = { ...own };
  const notJudged: Record<string, string> = {};
  for (const { name, verdict } of verdicts)
    if (verdict.type === 'scored')
      scores[name] = { value: verdict.value, label: verdict.label, comment: verdict.comment ?? null };
    else notJudged[name] = verdict.reason;
  return { result: { ...rest, scores }, notJudged };
}

async function verdictOf(
  { result, item }: ResultToJudge,
  settings: ExperimentEvaluator['settings'],
  { matcher, judge }: { readonly matcher: RegexMatcher; readonly judge: JudgeSurroundings },
): Promise<Verdict> {
  if (result.error !== null) return { type: 'skipped', reason: 'The target failed.' };
  try {
    if (settings.type === 'expected')
      return compareWithExpected(result.output, item.expected, settings.ignoreCase);
    const facts = factsOf({ result, item }, settings.type === 'judge');
    if (settings.type === 'judge') return (await evaluateWithJudge(settings, facts, judge)).verdict;
    return await evaluateInCode(settings, facts, matcher);
  } catch (error) {
    return {
      type: 'failed',
      reason: error instanceof SightlineError ? error.message : 'the evaluator failed',
    };
  }
}

/** What a judge is shown as the question says what is expected, too: it has nothing else to compare with. */
function factsOf({ result, item }: ResultToJudge, isForJudge: boolean): TraceFacts {
  const expected =
    isForJudge && item.expected !== null ? `\n\nThe answer that is expected:\n${textOf(item.expected)}` : '';
  return {
    traceId: result.traceId ?? '',
    startNanos: 0n,
    question: `${textOf(item.input).slice(0, textMax)}${expected.slice(0, textMax)}`,
    answer: textOf(result.output).slice(0, textMax),
    documents: result.documents,
    durationMs: result.durationMs,
    costUsd: result.costUsd,
    leftOut: {},
  };
}

function compareWithExpected(output: unknown, expected: unknown, ignoreCase: boolean): Verdict {
  if (expected === null) return { type: 'skipped', reason: 'The item expects nothing.' };
  if (typeof expected === 'string') {
    const normal = (text: string): string => {
      const tidy = text.normalize('NFC').trim().replaceAll(/\s+/g, ' ');
      return ignoreCase ? tidy.toLowerCase() : tidy;
    };
    return passOrFail(normal(textOf(output)) === normal(expected));
  }
  const value = typeof output === 'string' ? (tryJson(output) ?? output) : output;
  return passOrFail(hashOf(value) === hashOf(expected));
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

const textOf = (value: unknown): string =>
  value === null ? '' : typeof value === 'string' ? value : JSON.stringify(value);

/** Scores stand with the traces, too, where lists and charts find them. A second time they replace themselves. */
export async function recordExperimentScores(
  context: QueryContext,
  experimentId: string,
  { results, judges }: { readonly results: readonly JudgedResult[]; readonly judges: ReadonlySet<string> },
): Promise<void> {
  const scores = results.flatMap(({ traceId, itemId, repeat, scores: own }): ScoreToRecord[] =>
    traceId === null
      ? []
      : Object.entries(own).map(([name, { value, label, comment }]) => ({
          id: createHash('sha256')
            .update(JSON.stringify([experimentId, itemId, repeat, name]))
            .digest('hex')
            .slice(0, 32),
          traceId,
          name,
          value,
          label,
          comment,
          source: judges.has(name) ? ('judge' as const) : ('code' as const),
          who: null,
        })),
  );
  for (let at = 0; at < scores.length; at += 500) await recordScores(context, scores.slice(at, at + 500));
}

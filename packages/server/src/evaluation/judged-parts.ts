import type { EvaluatorSettings, EvaluatorType } from '@sightline/schema/api';
import type { TraceFacts, TracePart } from './trace-facts.ts';
import { joinSentences, type Verdict } from './verdict.ts';

const partsOfCode: Readonly<Record<Exclude<EvaluatorType, 'judge'>, readonly TracePart[]>> = {
  exact: ['answer'],
  regex: ['answer'],
  json_schema: ['answer'],
  latency: ['duration'],
  cost: ['cost'],
  groundedness: ['answer', 'documents'],
  refusal: ['answer'],
  language: ['answer'],
};

/** What an evaluator looks at. */
export function partsOf(settings: EvaluatorSettings): readonly TracePart[] {
  return settings.type === 'judge' ? settings.include : partsOfCode[settings.type];
}

/** The verdict, saying what of these parts was not looked at. */
export function tellLeftOut(verdict: Verdict, { leftOut }: TraceFacts, parts: readonly TracePart[]): Verdict {
  const missing = [...new Set(parts.flatMap((part) => leftOut[part] ?? []))].join(' ');
  if (missing === '') return verdict;
  if (verdict.type === 'failed') return verdict;
  if (verdict.type === 'skipped') return { ...verdict, reason: `${verdict.reason} ${missing}` };
  return { ...verdict, comment: joinSentences([`Judged in part: ${missing}`, verdict.comment]) };
}

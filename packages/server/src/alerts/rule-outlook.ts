/** What the past of a rule's value says of it now: whether it is unusual, and when it gets somewhere. */
import type { RuleCondition } from '@sightline/schema/rules';
import { detectUnusual, forecastSeries, reachOfForecast } from '@sightline/schema/series';
import { describeReach, describeUnusual } from '../outlook/describe-unusual.ts';
import type { ValueHistories } from '../outlook/value-histories.ts';
import {
  dayMs,
  type GridSeries,
  seriesKindOf,
  stepFor,
  type ValueQuestion,
} from '../outlook/value-series.ts';
import type { LabelledValue } from '../query/alerts/read-rule-values.ts';
import type { QueryContext } from '../query/reader.ts';
import { badRule, type CompiledRule, labelsKey } from './compiled-rule.ts';

export interface Outlook {
  readonly unusual?: 'above' | 'below' | undefined;
  readonly reachedInS?: number | undefined;
  /** The reason in words; '' where there is none. */
  readonly note: string;
  readonly low?: number;
  readonly high?: number;
}

/** Undefined of conditions that need no past. */
export type Outlooks = ReadonlyMap<string, Outlook>;

export type PastCondition = Extract<RuleCondition, { type: 'anomalous' | 'forecast' }>;

export const isOfPast = (condition: RuleCondition): condition is PastCondition =>
  condition.type === 'anomalous' || condition.type === 'forecast';

/** Of all that a series was, so much is read: three weeks and a half day tell a weekly shape. */
const bandDays = 21;
const pointsMax = 6_048;
const leastStepMs = 300_000;
/** A forecast goes so many points ahead at most. */
const pointsAheadMax = 200;
/** It looks back so many times as far as ahead, and at least two weeks. */
const backForAhead = 4;
const forecastDaysMin = 14;
const forecastDaysMax = 92;

export function questionOf({ body }: Pick<CompiledRule, 'body'>): ValueQuestion {
  if (body.kind === 'value') return { kind: 'value', query: body.node.query };
  if (body.kind === 'promql') return body;
  throw badRule(
    'What is expected of a value is asked of rules in our words and of PromQL.',
    'Write the rule in one of these, or compare with a threshold.',
  );
}

export function pastOf(
  rule: Pick<CompiledRule, 'body'>,
  condition: PastCondition,
): { readonly stepMs: number; readonly count: number } {
  const question = questionOf(rule);
  if (condition.type === 'anomalous') {
    const stepMs = stepFor(question, leastStepMs);
    return { stepMs, count: Math.min(pointsMax, Math.round((bandDays * dayMs) / stepMs)) };
  }
  const stepMs = stepFor(question, Math.max(leastStepMs, (condition.withinS * 1000) / pointsAheadMax));
  const backMs = Math.min(
    forecastDaysMax * dayMs,
    Math.max(forecastDaysMin * dayMs, backForAhead * condition.withinS * 1000),
  );
  return { stepMs, count: Math.min(pointsMax, Math.round(backMs / stepMs)) };
}

/** By label set: of those that have a value now, and of those that had one and count nothing now. */
export async function readOutlooks(
  context: QueryContext,
  {
    rule,
    condition,
    timeMs,
    now,
    histories,
  }: {
    readonly rule: CompiledRule;
    readonly condition: PastCondition;
    readonly timeMs: number;
    readonly now: readonly LabelledValue[];
    readonly histories: ValueHistories;
  },
): Promise<{ readonly outlooks: Outlooks; readonly now: readonly LabelledValue[] }> {
  const question = questionOf(rule);
  const { stepMs, count } = pastOf(rule, condition);
  const { series } = await histories.read(context, {
    key: `${rule.id}`,
    text: `${rule.rule.kind}\n${rule.rule.query}\n${rule.rule.condition}`,
    question,
    stepMs,
    count,
    beforeMs: timeMs,
  });
  const values = new Map(now.map((each) => [labelsKey(each.labels), each]));
  const outlooks = new Map<string, Outlook>();
  const all = [...now];
  for (const past of series) {
    const key = labelsKey(past.labels);
    const known = values.get(key);
    // What is counted and is not there is 0: that may be what is unusual.
    const value = known?.value ?? (seriesKindOf(question) === 'count' ? 0 : undefined);
    if (value === undefined) continue;
    if (known === undefined) all.push({ labels: past.labels, value });
    outlooks.set(key, outlookOf(rule, condition, { past, value, items: known?.items, stepMs }));
  }
  return { outlooks, now: all };
}

export function outlookOf(
  rule: Pick<CompiledRule, 'body' | 'unit'>,
  condition: PastCondition,
  {
    past,
    value,
    items,
    stepMs,
  }: {
    readonly past: Pick<GridSeries, 'values' | 'trials'>;
    readonly value: number;
    readonly items: number | undefined;
    readonly stepMs: number;
  },
): Outlook {
  const { unit } = rule;
  const stepsPerDay = Math.max(1, Math.round(dayMs / stepMs));
  if (condition.type === 'anomalous') {
    const point = detectUnusual([...past.values, value], {
      stepsPerDay,
      kind: seriesKindOf(questionOf(rule)),
      sensitivity: condition.sensitivity,
      trials: [...past.trials, items],
    }).at(-1);
    if (point === undefined) return { note: '' };
    return {
      unusual: point.isUnusual ? (value > point.expected ? 'above' : 'below') : undefined,
      note: describeUnusual(point, { unit, stepMs }),
      low: point.low,
      high: point.high,
    };
  }
  const { target, direction, withinS } = condition;
  if (direction === 'rises' ? value >= target : value <= target)
    return { reachedInS: 0, note: 'it is there now' };
  const steps = Math.max(1, Math.ceil((withinS * 1000) / stepMs));
  const forecast = forecastSeries([...past.values, value], { stepsPerDay, steps });
  if (forecast === undefined) return { note: '' };
  const reach = reachOfForecast(forecast, { target, direction });
  return {
    reachedInS: reach.expected === undefined ? undefined : (reach.expected * stepMs) / 1000,
    note: `expected there ${describeReach(reach, stepMs)}`,
  };
}

/** What looks of a range would have known of the past: for tries of rules whose condition compares with it. */
import { detectUnusual } from '@sightline/schema/series';
import { describeUnusual } from '../outlook/describe-unusual.ts';
import { dayMs, type Grid, type GridSeries, readGrid, seriesKindOf } from '../outlook/value-series.ts';
import type { QueryContext } from '../query/reader.ts';
import { type CompiledRule, labelsKey } from './compiled-rule.ts';
import {
  type Outlook,
  outlookOf,
  type Outlooks,
  type PastCondition,
  pastOf,
  questionOf,
} from './rule-outlook.ts';

/** Forecasts are made at so many looks at most: each asks itself a dozen times. */
const forecastLooksMax = 48;

export interface TriedPast {
  readonly looks: Grid;
  readonly series: readonly GridSeries[];
  readonly outlooksAt: (look: number) => Outlooks;
}

export async function tryPast(
  context: QueryContext,
  {
    rule,
    condition,
    fromMs,
    toMs,
  }: {
    readonly rule: CompiledRule;
    readonly condition: PastCondition;
    readonly fromMs: number;
    readonly toMs: number;
  },
): Promise<TriedPast> {
  const question = questionOf(rule);
  const { stepMs: pointMs, count: pastCount } = pastOf(rule, condition);
  const every =
    condition.type === 'anomalous' ? 1 : Math.max(1, Math.ceil((toMs - fromMs) / pointMs / forecastLooksMax));
  const stepMs = pointMs * every;
  const firstMs = Math.ceil(fromMs / pointMs) * pointMs;
  const count = Math.max(1, Math.floor((toMs - firstMs) / stepMs) + 1);
  const all = await readGrid(context, question, {
    firstMs: firstMs - pastCount * pointMs,
    stepMs: pointMs,
    count: pastCount + (count - 1) * every + 1,
  });
  const known = all.map((series) => ({
    key: labelsKey(series.labels),
    outlookAt: outlookReader(rule, condition, { series, pointMs, pastCount }),
  }));
  return {
    looks: { firstMs, stepMs, count },
    series: all.map(({ labels, values, trials }) => ({
      labels,
      values: Array.from({ length: count }, (_each, look) => values[pastCount + look * every]),
      trials: Array.from({ length: count }, (_each, look) => trials[pastCount + look * every]),
    })),
    outlooksAt: (look) =>
      new Map(
        known.flatMap(({ key, outlookAt }) => {
          const outlook = outlookAt(pastCount + look * every);
          return outlook === undefined ? [] : [[key, outlook] as const];
        }),
      ),
  };
}

function outlookReader(
  of: CompiledRule,
  by: PastCondition,
  {
    series: { values, trials },
    pointMs: step,
    pastCount: past,
  }: { readonly series: GridSeries; readonly pointMs: number; readonly pastCount: number },
): (at: number) => Outlook | undefined {
  if (by.type === 'forecast')
    return (at) => {
      const value = values[at];
      if (value === undefined) return undefined;
      const before = { values: values.slice(at - past, at), trials: trials.slice(at - past, at) };
      return outlookOf(of, by, { past: before, value, items: trials[at], stepMs: step });
    };
  const points = detectUnusual(values, {
    stepsPerDay: Math.max(1, Math.round(dayMs / step)),
    kind: seriesKindOf(questionOf(of)),
    sensitivity: by.sensitivity,
    trials,
  });
  return (at) => {
    const point = points[at];
    const value = values[at];
    if (point === undefined || value === undefined) return undefined;
    return {
      unusual: point.isUnusual ? (value > point.expected ? 'above' : 'below') : undefined,
      note: describeUnusual(point, { unit: of.unit, stepMs: step }),
      low: point.low,
      high: point.high,
    };
  };
}

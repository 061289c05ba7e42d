/** Good and all events of an indicator of metrics, minute by minute. */
import type { SloIndicator } from '@sightline/schema/api';
import { PromqlExecutionError } from '../../promql/ast.ts';
import { parsePromql } from '../../promql/parse.ts';
import { askRange } from '../prometheus/questions.ts';
import type { QueryContext } from '../reader.ts';
import type { CountsByMinute, MinuteSpan, MinuteTotals } from './count-items.ts';

export type MetricIndicator = Extract<SloIndicator, { kind: 'promql' }>;

const minuteMs = 60_000;
const lookbackMs = 300_000;
/** Long enough for scrapes a minute apart. */
const window = '5m';

/**
 * Each minute has the rate of the five before its end: `$window` in the expressions. Series are added up. Where a share is asked for, each minute that has an
 * answer is one event. Throws PromqlSyntaxError, PromqlExecutionError and SightlineError.
 */
export async function countMetrics(
  context: QueryContext,
  indicator: MetricIndicator,
  span: MinuteSpan,
): Promise<CountsByMinute> {
  if (indicator.badShare !== undefined) {
    const shares = await sumsByMinute(context, indicator.badShare, span);
    return mapValues(shares, (share) => ({ good: 1 - Math.min(1, Math.max(0, share)), total: 1 }));
  }
  const totals = await sumsByMinute(context, indicator.total ?? '', span);
  const some = await sumsByMinute(context, indicator.good ?? indicator.bad ?? '', span);
  const counts = new Map<number, MinuteTotals>();
  for (const [minute, perSecond] of totals) {
    if (perSecond <= 0) continue;
    const total = perSecond * 60;
    const part = Math.min(total, Math.max(0, (some.get(minute) ?? 0) * 60));
    counts.set(minute, { good: indicator.good === undefined ? total - part : part, total });
  }
  return counts;
}

/** As it is asked: `$window` may be written in braces too. */
export function metricExpression(text: string): string {
  return text.replaceAll(/\$\{?window\}?/g, window);
}

async function sumsByMinute(
  context: QueryContext,
  written: string,
  { fromMs, toMs }: MinuteSpan,
): Promise<ReadonlyMap<number, number>> {
  const text = metricExpression(written);
  const { value, grid } = await askRange(context, {
    text,
    expression: parsePromql(text),
    lookbackMs,
    startMs: fromMs + minuteMs,
    endMs: toMs,
    stepMs: minuteMs,
  });
  const sums = new Map<number, number>();
  const add = (step: number, sample: unknown): void => {
    if (typeof sample !== 'number' || !Number.isFinite(sample)) return;
    const minute = fromMs + step * minuteMs;
    sums.set(minute, (sums.get(minute) ?? 0) + sample);
  };
  if (value.kind !== 'scalar' && value.kind !== 'vector')
    throw new PromqlExecutionError('an indicator gives a scalar or an instant vector');
  for (let step = 0; step < grid.count; step++) {
    if (value.kind === 'scalar') add(step, value.values[step]);
    else for (const series of value.series) add(step, series.at(step));
  }
  return sums;
}

function mapValues<Before, After>(
  map: ReadonlyMap<number, Before>,
  change: (value: Before) => After,
): Map<number, After> {
  return new Map([...map].map(([key, value]) => [key, change(value)]));
}

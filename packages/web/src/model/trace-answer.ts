import type { FacetsResponse, HistogramResponse } from '@sightline/schema/api';
import { formatCount, formatDurationMs, counted } from '@sightline/base';
import { describeRangeInSentence, type TimeRange } from './time-range.ts';

/** The totals of a range. */
export type Totals = HistogramResponse['buckets'][number];

export interface TracesAnswerInput {
  readonly totals: Totals;
  readonly before: Totals | undefined;
  readonly failingServices: FacetsResponse['facets'][number] | undefined;
  readonly range: TimeRange;
  readonly nowMs: number;
  readonly isFiltered: boolean;
}

/** `12 of 240 traces failed in the last hour, 9 of them in search`. */
export function tracesSentence(input: TracesAnswerInput): string {
  const { totals, failingServices, range, nowMs, isFiltered } = input;
  const when = describeRangeInSentence(range, nowMs);
  const noun = isFiltered ? 'matching trace' : 'trace';
  if (totals.count === 0) return `No ${noun}s ${when}`;
  if (totals.errorCount === 0) {
    return totals.count === 1
      ? `1 ${noun} ${when}, and it did not fail`
      : `${counted(totals.count, noun)} ${when}, none failed`;
  }
  const failed = `${formatCount(totals.errorCount)} of ${counted(totals.count, noun)} failed ${when}`;
  const worst = failingServices?.values[0];
  if (worst === undefined || totals.errorCount < 2) return failed;
  const share = worst.count >= totals.errorCount ? 'all' : formatCount(worst.count);
  return `${failed}, ${share} of them in ${worst.value}`;
}

/** `p50 about 120 ms · p95 about 2.10 s, ▲ 34 % against the hour before`. */
export function tracesDetail({ totals, before, range }: TracesAnswerInput): string {
  if (totals.p50Ms === null || totals.p95Ms === null) return '';
  const parts = [
    `p50 about ${formatDurationMs(totals.p50Ms)}`,
    `p95 about ${formatDurationMs(totals.p95Ms)}`,
  ];
  const change = describeChange(totals.p95Ms, before?.p95Ms ?? null);
  const then = beforeWords[range.from];
  return `${parts.join(' · ')}${change === '' ? '' : `, ${change} ${range.to === 'now' && then !== undefined ? then : 'against the time before'}`}`;
}

/** `▲ 34 %`, `▼ 5 %`, `unchanged`; nothing without something to compare to. */
export function describeChange(now: number, before: number | null): string {
  if (before === null || before === 0) return '';
  const percent = Math.round((now / before - 1) * 100);
  if (percent === 0) return 'unchanged';
  if (percent > 999) return `▲ ${formatCount(Math.round(now / before))}×`;
  return percent > 0 ? `▲ ${percent} %` : `▼ ${-percent} %`;
}

const beforeWords: Readonly<Record<string, string>> = {
  '-5m': 'against the 5 minutes before',
  '-15m': 'against the 15 minutes before',
  '-1h': 'against the hour before',
  '-6h': 'against the 6 hours before',
  '-24h': 'against the day before',
  '-7d': 'against the week before',
  '-30d': 'against the 30 days before',
};

/**
 * The totals of the buckets a strip shows. Percentiles cannot be added up; the mean weighted by count is near enough
 * to compare with, and is said to be about right.
 */
export function totalsOf(histogram: HistogramResponse): Totals {
  let count = 0;
  let errorCount = 0;
  let p50Sum = 0;
  let p95Sum = 0;
  let weight = 0;
  for (const bucket of histogram.buckets) {
    count += bucket.count;
    errorCount += bucket.errorCount;
    if (bucket.p50Ms === null || bucket.p95Ms === null) continue;
    weight += bucket.count;
    p50Sum += bucket.p50Ms * bucket.count;
    p95Sum += bucket.p95Ms * bucket.count;
  }
  const share = (sum: number): number | null => (weight === 0 ? null : sum / weight);
  return {
    startMs: histogram.buckets[0]?.startMs ?? 0,
    count,
    errorCount,
    p50Ms: share(p50Sum),
    p95Ms: share(p95Sum),
  };
}

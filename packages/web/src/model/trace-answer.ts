import type { FacetsResponse, HistogramResponse } from '@sightline/schema/api';
import { formatCount, formatDurationMs, plural } from './format.ts';
import { describeRangeInSentence, type TimeRange } from './time-range.ts';

/** The totals of a range: a histogram of one bucket. */
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
      : `${plural(totals.count, noun)} ${when}, none failed`;
  }
  const failed = `${formatCount(totals.errorCount)} of ${plural(totals.count, noun)} failed ${when}`;
  const worst = failingServices?.values[0];
  if (worst === undefined || totals.errorCount < 2) return failed;
  const share = worst.count >= totals.errorCount ? 'all' : formatCount(worst.count);
  return `${failed}, ${share} of them in ${worst.value}`;
}

/** `p50 120 ms · p95 2.10 s, ▲ 34 % against the hour before`. */
export function tracesDetail({ totals, before, range }: TracesAnswerInput): string {
  if (totals.p50Ms === null || totals.p95Ms === null) return '';
  const parts = [`p50 ${formatDurationMs(totals.p50Ms)}`, `p95 ${formatDurationMs(totals.p95Ms)}`];
  const change = describeChange(totals.p95Ms, before?.p95Ms ?? null);
  const then = beforeWords[range.from];
  return `${parts.join(' · ')}${change === '' ? '' : `, ${change} ${range.to === 'now' && then !== undefined ? then : 'against the time before'}`}`;
}

/** `▲ 34 %`, `▼ 5 %`, `unchanged`; nothing without something to compare to. */
export function describeChange(now: number, before: number | null): string {
  if (before === null || before === 0) return '';
  const percent = Math.round((now / before - 1) * 100);
  if (percent === 0) return 'unchanged';
  if (percent > 999) return `▲ ${Math.round(now / before)}×`;
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

import type { FacetsResponse, HistogramResponse } from '@sightline/schema/api';
import { formatCount, counted } from '@sightline/base';
import { describeRangeInSentence, type TimeRange } from './time-range.ts';

/** `1,234 log lines in the last hour, 45 of them errors, most from llm-gateway`. */
export function logsSentence(input: {
  readonly totals: HistogramResponse['buckets'][number] | undefined;
  readonly failingServices: FacetsResponse['facets'][number] | undefined;
  readonly range: TimeRange;
  readonly nowMs: number;
  readonly isFiltered: boolean;
}): string {
  const { totals, failingServices, range, nowMs, isFiltered } = input;
  const when = describeRangeInSentence(range, nowMs);
  const count = totals?.count ?? 0;
  const noun = isFiltered ? 'matching log line' : 'log line';
  if (count === 0) return `No ${noun}s ${when}`;
  const errors = totals?.errorCount ?? 0;
  const found = `${counted(count, noun)} ${when}`;
  if (errors === 0) return `${found}, no errors`;
  const worst = failingServices?.values[0];
  const most =
    worst === undefined || errors < 2
      ? ''
      : `, ${worst.count >= errors ? 'all' : 'most'} from ${worst.value}`;
  return `${found}, ${errors === count ? 'all of them errors' : `${formatCount(errors)} of them errors`}${most}`;
}

import type { HistogramResponse } from '@sightline/schema/api';
import { useQuery } from '@tanstack/react-query';
import { facetsQuery, histogramQuery } from '../../api/queries.ts';
import { addTerm } from '../../model/filter-text.ts';
import { rangeFromMs, resolveRange } from '../../model/time-range.ts';
import { totalsOf, tracesDetail, tracesSentence } from '../../model/trace-answer.ts';
import type { Question } from '../../widgets/use-question.ts';

/** The sentence over the list, and how this range compares with the equally long one before it. */
export function useTracesAnswer(
  question: Question,
  histogram: HistogramResponse | undefined,
  asOf: number,
): { sentence: string; detail: string } | undefined {
  const { asked, range, filter } = question;
  const totals = histogram === undefined ? undefined : totalsOf(histogram);
  const buckets = 40;
  const { fromMs, toMs } = resolveRange(range, asOf);
  const previous = rangeFromMs(fromMs - (toMs - fromMs), fromMs);
  const before = useQuery(histogramQuery({ ...asked, ...previous, signal: 'traces', buckets }, 0));
  const failing = useQuery({
    ...facetsQuery(
      {
        ...asked,
        q: addTerm(filter, 'status', 'error', 'include'),
        signal: 'traces',
        fields: 'service',
        limit: 1,
      },
      asOf,
    ),
    enabled: (totals?.errorCount ?? 0) > 1,
  });
  if (totals === undefined) return undefined;
  const input = {
    totals,
    before: before.data === undefined ? undefined : totalsOf(before.data),
    failingServices: failing.data?.facets[0],
    range,
    nowMs: asOf,
    isFiltered: filter !== '',
  };
  return { sentence: tracesSentence(input), detail: tracesDetail(input) };
}

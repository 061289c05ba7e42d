import { useQuery } from '@tanstack/react-query';
import { facetsQuery, histogramQuery } from '../../api/queries.ts';
import { addTerm } from '../../model/filter-text.ts';
import { rangeFromMs, resolveRange } from '../../model/time-range.ts';
import { tracesDetail, tracesSentence } from '../../model/trace-answer.ts';
import type { Question } from '../../widgets/use-question.ts';

/** The sentence over the list, and how this range compares with the equally long one before it. */
export function useTracesAnswer(
  question: Question,
  asOf: number,
): { sentence: string; detail: string } | undefined {
  const { asked, range, filter } = question;
  const { fromMs, toMs } = resolveRange(range, asOf);
  const previous = rangeFromMs(fromMs - (toMs - fromMs), fromMs);
  const totals = useQuery(histogramQuery({ ...asked, signal: 'traces', buckets: 1 }, asOf));
  const before = useQuery(histogramQuery({ ...asked, ...previous, signal: 'traces', buckets: 1 }, 0));
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
    enabled: (totals.data?.buckets[0]?.errorCount ?? 0) > 1,
  });
  const now = totals.data?.buckets[0];
  if (totals.data === undefined) return undefined;
  const input = {
    totals: now ?? { startMs: fromMs, count: 0, errorCount: 0, p50Ms: null, p95Ms: null },
    before: before.data?.buckets[0],
    failingServices: failing.data?.facets[0],
    range,
    nowMs: asOf,
    isFiltered: filter !== '',
  };
  return { sentence: tracesSentence(input), detail: tracesDetail(input) };
}

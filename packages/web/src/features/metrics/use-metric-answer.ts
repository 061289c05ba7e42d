import type { MetricInfo, MetricQueryResponse } from '@sightline/schema/api';
import { useQuery, type UseQueryResult } from '@tanstack/react-query';
import { useMemo, useRef } from 'react';
import { metricSeriesQuery } from '../../api/queries.ts';
import { chartData, metricSentence, type ChartData } from '../../model/metric-series.ts';
import { mayPass } from '../../widgets/use-kept.ts';
import type { Question } from '../../widgets/use-question.ts';

export interface MetricAnswer {
  readonly query: UseQueryResult<MetricQueryResponse>;
  /** The last answer to this question, while asking again fails. */
  readonly response: MetricQueryResponse | undefined;
  readonly data: ChartData | undefined;
  readonly sentence: string | undefined;
}

const seriesMax = 20;

export function useMetricAnswer(options: {
  readonly question: Question;
  readonly name: string | undefined;
  readonly info: MetricInfo | undefined;
  readonly asOf: number;
}): MetricAnswer {
  const { question, name, asOf } = options;
  const { asked, search } = question;
  const query = useQuery({
    ...metricSeriesQuery(
      { ...asked, name: name ?? '', aggregation: search['agg'], groupBy: search['by'], limit: seriesMax },
      asOf,
    ),
    enabled: name !== undefined,
  });
  const response = useLast(query, JSON.stringify([name, asked, search['agg'], search['by']]));
  const data = useMemo(() => (response === undefined ? undefined : chartData(response)), [response]);
  const sentence = response === undefined || data === undefined ? undefined : metricSentence(response, data);
  return { query, response, data, sentence };
}

/** Of another metric the last answer says nothing. */
function useLast(query: MetricAnswer['query'], question: string): MetricQueryResponse | undefined {
  const last = useRef<{ readonly question: string; readonly response: MetricQueryResponse }>(undefined);
  if (query.data !== undefined && !query.isPlaceholderData) last.current = { question, response: query.data };
  if (query.data !== undefined || query.error === null || !mayPass(query.error)) return query.data;
  return last.current?.question === question ? last.current.response : undefined;
}

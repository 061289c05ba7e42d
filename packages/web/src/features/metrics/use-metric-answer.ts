import type { MetricInfo, MetricQueryResponse } from '@sightline/schema/api';
import { useQuery, type UseQueryResult } from '@tanstack/react-query';
import { useMemo } from 'react';
import { metricSeriesQuery } from '../../api/queries.ts';
import { chartData, metricSentence, type ChartData } from '../../model/metric-series.ts';
import type { Question } from '../../widgets/use-question.ts';

export interface MetricAnswer {
  readonly query: UseQueryResult<MetricQueryResponse>;
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
  const data = useMemo(() => (query.data === undefined ? undefined : chartData(query.data)), [query.data]);
  const sentence =
    query.data === undefined || data === undefined ? undefined : metricSentence(query.data, data);
  return { query, data, sentence };
}

import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import type { PromqlSeries } from '../model/promql-chart.ts';
import { ApiError, queryString, reach } from './client.ts';

export interface PromqlAnswer {
  readonly series: readonly PromqlSeries[];
  readonly notes: readonly string[];
}

interface RangeAsked {
  readonly expr: string;
  readonly startS: number;
  readonly endS: number;
  readonly stepS: number;
}

interface Envelope {
  readonly status: 'success' | 'error';
  readonly data?: { readonly result: readonly PromqlSeries[] };
  readonly warnings?: readonly string[];
  readonly infos?: readonly string[];
  readonly error?: string | { readonly code: string; readonly message: string; readonly hint: string };
}

/** One PromQL expression over time. */
export const promqlRangeQuery = ({ expr, startS, endS, stepS }: RangeAsked) =>
  queryOptions({
    queryKey: ['promql', expr, startS, endS, stepS],
    queryFn: async ({ signal }): Promise<PromqlAnswer> => {
      const parameters = queryString({ query: expr, start: startS, end: endS, step: stepS });
      const response = await reach(`/prometheus/api/v1/query_range${parameters}`, { signal });
      const { data, error, warnings = [], infos = [] } = (await response.json()) as Envelope;
      if (error !== undefined) throw failureOf(response.status, error);
      return { series: data?.result ?? [], notes: [...warnings, ...infos] };
    },
    placeholderData: keepPreviousData,
    // The same question gets the same answer.
    retry: false,
    staleTime: 60_000,
  });

/** Prometheus says what is wrong in one text; a key that is missing is said as everywhere. */
function failureOf(status: number, error: NonNullable<Envelope['error']>): ApiError {
  return new ApiError(
    status,
    typeof error === 'string' ? { code: 'promql', message: error, hint: '' } : error,
  );
}

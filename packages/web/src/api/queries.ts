import type {
  FacetsResponse,
  FieldsResponse,
  HistogramResponse,
  LedgerResponse,
  LogContextResponse,
  LogsResponse,
  MetricQueryResponse,
  MetricsResponse,
  ServicesResponse,
  SlimTraceResponse,
  Span,
  SpansResponse,
  StatusResponse,
  TimelineResponse,
  TracesResponse,
} from '@sightline/schema/api';
import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query';
import { getJson, type Parameters } from './client.ts';

/**
 * One factory per question. `asOf` names the moment a question with relative times was asked: a refresh asks anew
 * under another key, so pages of one answer never mix with those of the next.
 */
export interface Asked extends Parameters {
  readonly from: string;
  readonly to: string;
  readonly q: string | undefined;
}

export type SearchSignal = 'traces' | 'spans' | 'logs';

const pageSize = 100;

export const tracesQuery = (asked: Asked, asOf: number) =>
  infiniteQueryOptions({
    queryKey: ['traces', asked, asOf],
    queryFn: ({ pageParam, signal }) =>
      getJson<TracesResponse>('/traces', { ...asked, limit: pageSize, cursor: pageParam }, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.nextCursor ?? undefined,
    placeholderData: keepPreviousData,
    staleTime: Number.POSITIVE_INFINITY,
  });

/** The newest few, to count what came since the list was read. */
export const newestTracesQuery = (asked: Asked) =>
  queryOptions({
    queryKey: ['traces', 'newest', asked],
    queryFn: ({ signal }) => getJson<TracesResponse>('/traces', { ...asked, limit: pageSize }, signal),
  });

export const logsQuery = (asked: Asked & { readonly order?: 'asc' | 'desc' }, asOf: number) =>
  infiniteQueryOptions({
    queryKey: ['logs', asked, asOf],
    queryFn: ({ pageParam, signal }) =>
      getJson<LogsResponse>('/logs', { ...asked, limit: pageSize * 2, cursor: pageParam }, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.nextCursor ?? undefined,
    placeholderData: keepPreviousData,
    staleTime: Number.POSITIVE_INFINITY,
  });

export const logContextQuery = (
  id: string,
  lines: { readonly before: number; readonly after: number; readonly sameService?: string },
) =>
  queryOptions({
    queryKey: ['log-context', id, lines],
    queryFn: ({ signal }) =>
      getJson<LogContextResponse>(`/logs/${encodeURIComponent(id)}/context`, { ...lines }, signal),
    placeholderData: keepPreviousData,
    staleTime: 60_000,
  });

export const histogramQuery = (asked: Asked & { signal: SearchSignal; buckets: number }, asOf: number) =>
  queryOptions({
    queryKey: ['histogram', asked, asOf],
    queryFn: ({ signal }) => getJson<HistogramResponse>('/histogram', asked, signal),
    placeholderData: keepPreviousData,
    staleTime: 60_000,
  });

export const facetsQuery = (
  asked: Asked & { signal: SearchSignal; fields: string; limit: number },
  asOf: number,
) =>
  queryOptions({
    queryKey: ['facets', asked, asOf],
    queryFn: ({ signal }) => getJson<FacetsResponse>('/facets', asked, signal),
    placeholderData: keepPreviousData,
    staleTime: 60_000,
  });

export const fieldsQuery = (asked: {
  signal: SearchSignal | 'metrics';
  from: string;
  to: string;
  prefix: string;
}) =>
  queryOptions({
    queryKey: ['fields', asked],
    queryFn: ({ signal }) => getJson<FieldsResponse>('/fields', { ...asked, limit: 50 }, signal),
    placeholderData: keepPreviousData,
    staleTime: 30_000,
  });

export const servicesQuery = (range: { from: string; to: string }) =>
  queryOptions({
    queryKey: ['services', range],
    queryFn: ({ signal }) => getJson<ServicesResponse>('/services', range, signal),
    staleTime: 30_000,
  });

/** A whole trace by columns; what the drawing needs of 50,000 spans is about 3 MB. */
export const slimTraceQuery = (traceId: string) =>
  queryOptions({
    queryKey: ['trace', traceId],
    queryFn: ({ signal }) =>
      getJson<SlimTraceResponse>(`/traces/${traceId}`, { detail: 'slim', limit: 100_000 }, signal),
    staleTime: 60_000,
    // Structural sharing would walk every value of every column on refresh.
    structuralSharing: false,
  });

export const spanQuery = (traceId: string, spanId: string) =>
  queryOptions({
    queryKey: ['span', traceId, spanId],
    queryFn: ({ signal }) => getJson<Span>(`/traces/${traceId}/spans/${spanId}`, {}, signal),
    staleTime: 300_000,
  });

/** Spans of one trace that a filter finds, for search by attribute. */
export const spansOfTraceQuery = (traceId: string, q: string, range: { from: string; to: string }) =>
  queryOptions({
    queryKey: ['spans-of-trace', traceId, q, range],
    queryFn: ({ signal }) => getJson<SpansResponse>('/spans', { traceId, q, limit: 1000, ...range }, signal),
    staleTime: 60_000,
  });

export const logsOfTraceQuery = (traceId: string, range: { from: string; to: string }) =>
  queryOptions({
    queryKey: ['logs-of-trace', traceId, range],
    queryFn: ({ signal }) =>
      getJson<LogsResponse>('/logs', { traceId, order: 'asc', limit: 1000, ...range }, signal),
    staleTime: 60_000,
  });

export const metricsQuery = (range: { from: string; to: string }) =>
  queryOptions({
    queryKey: ['metrics', range],
    queryFn: ({ signal }) => getJson<MetricsResponse>('/metrics', { ...range, limit: 5000 }, signal),
    placeholderData: keepPreviousData,
    staleTime: 30_000,
  });

export const metricSeriesQuery = (
  asked: Asked & {
    name: string;
    aggregation: string | undefined;
    groupBy: string | undefined;
    limit: number;
  },
  asOf: number,
) =>
  queryOptions({
    queryKey: ['metric', asked, asOf],
    queryFn: ({ signal }) => getJson<MetricQueryResponse>('/metrics/query', asked, signal),
    placeholderData: keepPreviousData,
    staleTime: 60_000,
  });

export const timelineQuery = (id: string, range: { from: string; to: string }) =>
  queryOptions({
    queryKey: ['timeline', id, range],
    queryFn: ({ signal }) => getJson<TimelineResponse>(`/timeline/${encodeURIComponent(id)}`, range, signal),
    staleTime: 30_000,
  });

export const statusQuery = queryOptions({
  queryKey: ['status'],
  queryFn: ({ signal }) => getJson<StatusResponse>('/status', {}, signal),
  staleTime: 5000,
});

export const ledgerQuery = queryOptions({
  queryKey: ['ledger'],
  queryFn: ({ signal }) => getJson<LedgerResponse>('/ledger', {}, signal),
  staleTime: 2000,
});

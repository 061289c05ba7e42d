/** Where the time of many traces goes, and what tells some of them from others. Same rules as in `queries.ts`. */
import type {
  CompareResponse,
  CriticalPathResponse,
  ServiceMapResponse,
  StagesResponse,
} from '@sightline/schema/api';
import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { getJson, type Parameters } from './client.ts';

export const compareQuery = (asked: Parameters, asOf: number) =>
  queryOptions({
    queryKey: ['compare', asked, asOf],
    queryFn: ({ signal }) => getJson<CompareResponse>('/compare', asked, signal),
    placeholderData: keepPreviousData,
    staleTime: 60_000,
  });

export const criticalPathQuery = (asked: Parameters, asOf: number) =>
  queryOptions({
    queryKey: ['critical-path', asked, asOf],
    queryFn: ({ signal }) => getJson<CriticalPathResponse>('/critical-path', asked, signal),
    placeholderData: keepPreviousData,
    staleTime: 60_000,
  });

export const serviceMapQuery = (asked: Parameters, asOf: number) =>
  queryOptions({
    queryKey: ['service-map', asked, asOf],
    queryFn: ({ signal }) => getJson<ServiceMapResponse>('/service-map', asked, signal),
    placeholderData: keepPreviousData,
    staleTime: 60_000,
  });

/** Asked again every few seconds while the page is open, where the range goes up to now. */
export const stagesQuery = (asked: Parameters, asOf: number, isLive: boolean) =>
  queryOptions({
    queryKey: ['stages', asked, asOf],
    queryFn: ({ signal }) => getJson<StagesResponse>('/stages', asked, signal),
    placeholderData: keepPreviousData,
    staleTime: 2_000,
    refetchInterval: isLive ? 5_000 : false,
  });

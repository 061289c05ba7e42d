/** Reports of a period, when they are made, and those that were made. Same rules as in `queries.ts`. */
import type {
  MadeReport,
  MadeReportsResponse,
  ReportResponse,
  ReportSchedule,
  ReportScheduleInput,
  ReportSchedulesResponse,
} from '@sightline/schema/api';
import { queryOptions } from '@tanstack/react-query';
import { getJson, sendJson, type Parameters } from './client.ts';

export const reportQuery = (asked: Parameters, asOf: number) =>
  queryOptions({
    queryKey: ['report', asked, asOf],
    queryFn: ({ signal }) => getJson<ReportResponse>('/report', asked, signal),
    staleTime: Infinity,
  });

/** As it was made: it does not change. */
export const madeReportQuery = (id: string) =>
  queryOptions({
    queryKey: ['reports', id],
    queryFn: ({ signal }) => getJson<ReportResponse>(`/reports/${encodeURIComponent(id)}`, {}, signal),
    staleTime: Infinity,
  });

export const reportSchedulesQuery = queryOptions({
  queryKey: ['report-schedules'],
  queryFn: ({ signal }) => getJson<ReportSchedulesResponse>('/reports/schedules', {}, signal),
  staleTime: 2_000,
});

export const madeReportsQuery = queryOptions({
  queryKey: ['reports'],
  queryFn: ({ signal }) => getJson<MadeReportsResponse>('/reports', {}, signal),
  refetchInterval: 5_000,
  staleTime: 2_000,
});

export const saveSchedule = (id: string | undefined, schedule: ReportScheduleInput) =>
  id === undefined
    ? sendJson<ReportSchedule>('POST', '/reports/schedules', schedule)
    : sendJson<ReportSchedule>('PUT', `/reports/schedules/${id}`, schedule);
export const deleteSchedule = (id: string) => sendJson<unknown>('DELETE', `/reports/schedules/${id}`);
export const sendReport = (id: string) => sendJson<MadeReport>('POST', `/reports/schedules/${id}/send`, {});

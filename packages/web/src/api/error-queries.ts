/** Groups of errors. Same rules as in `queries.ts`. */
import type {
  ErrorForwarding,
  ErrorForwardingTest,
  ErrorResponse,
  ErrorsResponse,
  ErrorStateRequest,
} from '@sightline/schema/api';
import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { getJson, type Parameters, sendJson } from './client.ts';

export const errorsQuery = (asked: Parameters, asOf: number) =>
  queryOptions({
    queryKey: ['errors', asked, asOf],
    queryFn: ({ signal }) => getJson<ErrorsResponse>('/errors', asked, signal),
    placeholderData: keepPreviousData,
    staleTime: 60_000,
  });

export const errorQuery = (id: string, asked: Parameters, asOf: number) =>
  queryOptions({
    queryKey: ['errors', id, asked, asOf],
    queryFn: ({ signal }) => getJson<ErrorResponse>(`/errors/${id}`, asked, signal),
    placeholderData: keepPreviousData,
    staleTime: 60_000,
  });

interface Moved {
  readonly id: string;
}

export const changeErrorState = (id: string, state: Partial<ErrorStateRequest>) =>
  sendJson<Moved>('POST', `/errors/${id}/state`, state);
export const mergeErrors = (into: string, groups: readonly string[]) =>
  sendJson<Moved>('POST', '/errors/merge', { into, groups });
export const splitError = (id: string, parts: readonly string[]) =>
  sendJson<Moved>('POST', `/errors/${id}/split`, { parts });
export const unmergeError = (id: string, group: string) =>
  sendJson<Moved>('POST', `/errors/${id}/unmerge`, { group });

export const errorForwardingQuery = () =>
  queryOptions({
    queryKey: ['error-forwarding'],
    queryFn: ({ signal }) => getJson<ErrorForwarding>('/errors/forwarding', {}, signal),
    refetchInterval: 10_000,
  });
export const saveErrorForwarding = (input: { readonly dsn: string; readonly isActive: boolean }) =>
  sendJson<ErrorForwarding>('PUT', '/errors/forwarding', input);
export const deleteErrorForwarding = () => sendJson<{ deleted: boolean }>('DELETE', '/errors/forwarding');
export const testErrorForwarding = () => sendJson<ErrorForwardingTest>('POST', '/errors/forwarding/test', {});

/** What calls cost: models without a price, the project's own prices, and pricing the past anew. Same rules as in `queries.ts`. */
import type { HistoryJob, PriceSettings, UnpricedModelsResponse } from '@sightline/schema/api';
import { queryOptions } from '@tanstack/react-query';
import { getJson, request } from './client.ts';

export const unpricedModelsQuery = queryOptions({
  queryKey: ['unpriced-models'],
  queryFn: ({ signal }) => getJson<UnpricedModelsResponse>('/models/unpriced', { from: '-7d' }, signal),
  refetchInterval: 30_000,
  staleTime: 5_000,
});

export const priceSettingsQuery = queryOptions({
  queryKey: ['price-settings'],
  queryFn: ({ signal }) => getJson<PriceSettings>('/settings/prices', {}, signal),
  staleTime: 5_000,
});

export const savePrices = (settings: PriceSettings) =>
  send<PriceSettings>('PUT', '/settings/prices', settings);
export const startRepricing = (from: string) => send<HistoryJob>('POST', '/reprice', { from, to: 'now' });

/** Looks again until the rework is over. */
export const historyJobQuery = (id: string) =>
  queryOptions({
    queryKey: ['history-job', id],
    queryFn: ({ signal }) => getJson<HistoryJob>(`/history-jobs/${id}`, {}, signal),
    refetchInterval: ({ state }) => (state.data?.state === 'running' ? 500 : false),
  });

async function send<T>(method: string, path: string, body: unknown): Promise<T> {
  const headers = { 'content-type': 'application/json' };
  const response = await request(path, { method, body: JSON.stringify(body), headers });
  return (await response.json()) as T;
}

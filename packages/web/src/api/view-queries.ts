/** Saved views of lists. Same rules as in `queries.ts`. */
import type { View, ViewInput, ViewsResponse } from '@sightline/schema/api';
import { queryOptions } from '@tanstack/react-query';
import { browserName } from './browser-name.ts';
import { getJson, sendJson } from './client.ts';

export const viewsQuery = queryOptions({
  queryKey: ['views'],
  queryFn: ({ signal }) => getJson<ViewsResponse>('/views', { owner: browserName() }, signal),
  staleTime: 10_000,
});

export const saveView = async (view: ViewInput) => sendJson<View>('POST', '/views', view);
export const deleteView = async (id: string) => sendJson<unknown>('DELETE', `/views/${id}`);

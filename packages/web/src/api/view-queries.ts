/** Saved views of lists. Same rules as in `queries.ts`. */
import type { View, ViewInput, ViewsResponse } from '@sightline/schema/api';
import { queryOptions } from '@tanstack/react-query';
import { getJson, sendJson } from './client.ts';

const storageKey = 'sightline.browser';

/** What this browser calls itself: its views are seen in it alone. */
export function browserName(): string {
  try {
    const known = localStorage.getItem(storageKey);
    if (known !== null) return known;
    const made = crypto.randomUUID();
    localStorage.setItem(storageKey, made);
    return made;
  } catch {
    return '';
  }
}

export const viewsQuery = queryOptions({
  queryKey: ['views'],
  queryFn: ({ signal }) => getJson<ViewsResponse>('/views', { owner: browserName() }, signal),
  staleTime: 10_000,
});

export const saveView = async (view: ViewInput) => sendJson<View>('POST', '/views', view);
export const deleteView = async (id: string) => sendJson<unknown>('DELETE', `/views/${id}`);

/** What is expected of values, and where they go. Same rules as in `queries.ts`. */
import type { OutlookResponse } from '@sightline/schema/api';
import { queryOptions } from '@tanstack/react-query';
import { getJson } from './client.ts';

export interface OutlookAsked {
  readonly kind: 'sightline' | 'promql';
  readonly value: string;
  readonly from: string;
  readonly to: string;
  readonly stepS?: number | undefined;
  readonly aheadS?: number | undefined;
  readonly target?: string | undefined;
  readonly direction?: string | undefined;
  readonly budget?: string | undefined;
}

export const outlookQuery = (asked: OutlookAsked, asOf: number) =>
  queryOptions({
    queryKey: ['outlook', asked, asOf],
    queryFn: ({ signal }) => getJson<OutlookResponse>('/outlook', { ...asked }, signal),
    staleTime: 60_000,
  });

/** Channels: who is told when an alert fires. Same rules as in `queries.ts`. */
import type { ChannelInput, ChannelTestResponse, ChannelView, ChannelsResponse } from '@sightline/schema/api';
import { queryOptions } from '@tanstack/react-query';
import { getJson, sendJson } from './client.ts';

export const channelsQuery = queryOptions({
  queryKey: ['channels'],
  queryFn: ({ signal }) => getJson<ChannelsResponse>('/channels', {}, signal),
  staleTime: 5_000,
});

export const saveChannel = (id: string | undefined, channel: ChannelInput) =>
  id === undefined
    ? sendJson<ChannelView>('POST', '/channels', channel)
    : sendJson<ChannelView>('PUT', `/channels/${id}`, channel);
export const deleteChannel = (id: string) => sendJson<unknown>('DELETE', `/channels/${id}`);
export const testChannel = (id: string) => sendJson<ChannelTestResponse>('POST', `/channels/${id}/test`, {});

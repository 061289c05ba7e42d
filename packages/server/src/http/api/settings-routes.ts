import { formatNanos, nanosFromMs } from '@sightline/base';
import {
  type ApiKeyInfo,
  apiKeyInfo,
  apiKeysResponse,
  newApiKeyRequest,
  newApiKeyResponse,
  retentionSettings,
} from '@sightline/schema/api';
import { SightlineError } from '@sightline/schema/errors';
import { z } from 'zod';
import { type ApiKey, createApiKey, listApiKeys, revokeApiKey } from '../../catalog/api-keys.ts';
import { type ApiRoute, route } from './route-table.ts';

/** What a running server can be told: its retention, and who may come in. */
export const settingsRoutes: readonly ApiRoute[] = [
  route({
    path: '/settings/retention',
    summary: 'How long each signal is kept, and the disk cap.',
    tag: 'settings',
    scope: 'read',
    response: retentionSettings,
    answer: ({ sources }) => sources.retention.read(),
  }),
  route({
    method: 'PUT',
    path: '/settings/retention',
    summary: 'Changes the retention and the disk cap, and enforces them at once.',
    tag: 'settings',
    scope: 'admin',
    body: retentionSettings,
    response: retentionSettings,
    answer: async ({ sources, body }) => {
      await sources.retention.change(body);
      return sources.retention.read();
    },
  }),
  route({
    path: '/keys',
    summary: 'The API keys of the project, the newest first.',
    tag: 'settings',
    scope: 'admin',
    response: apiKeysResponse,
    answer: async ({ context, sources }) => {
      const keys = await listApiKeys(sources.catalog, context.project);
      return { keys: keys.map(describeKey) };
    },
  }),
  route({
    method: 'POST',
    path: '/keys',
    summary: 'Makes an API key. The key itself is in this answer only.',
    tag: 'settings',
    scope: 'admin',
    body: newApiKeyRequest,
    response: newApiKeyResponse,
    answer: async ({ context, sources, body }) => {
      const made = await createApiKey(sources.catalog, { project: context.project, ...body });
      return { ...describeKey(made), key: made.key };
    },
  }),
  route({
    method: 'DELETE',
    path: '/keys/:id',
    summary: 'Revokes an API key, within five seconds on every server.',
    tag: 'settings',
    scope: 'admin',
    params: z.object({ id: z.string().max(64) }),
    response: z.object({ revoked: apiKeyInfo.shape.id }),
    answer: async ({ context, sources, params }) => {
      const isRevoked = await revokeApiKey(sources.catalog, { project: context.project, id: params.id });
      if (isRevoked) return { revoked: params.id };
      throw new SightlineError('not_found', `No open API key has the id "${params.id}".`, {
        hint: 'GET /api/v1/keys lists them.',
      });
    },
  }),
];

function describeKey({ createdAt, revokedAt, ...key }: ApiKey): ApiKeyInfo {
  const { id, name, prefix, scopes, requestsPerMinute } = key;
  const text = (date: Date): string => formatNanos(nanosFromMs(date.getTime()));
  return {
    id,
    name,
    prefix,
    scopes: [...scopes],
    requestsPerMinute,
    createdAt: text(createdAt),
    revokedAt: revokedAt === null ? null : text(revokedAt),
  };
}

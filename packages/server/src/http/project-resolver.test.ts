import { mkdtempSync, rmSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '@sightline/base';
import { type KeyScope, keyScope } from '@sightline/schema/api';
import { createApiKey, revokeApiKey } from '../catalog/api-keys.ts';
import { type Catalog, openCatalog } from '../catalog/catalog.ts';
import { prepareCatalog } from '../testing/prepared-data.ts';
import { isLoopback } from '../guard/host-name.ts';
import { createKeyRing } from './key-ring.ts';
import { createProjectResolver } from './project-resolver.ts';

/** What a request with a key of the control plane is given: the hash tells who asked. */
const stored = { project: 'default', key: expect.stringMatching(/^[0-9a-f]{64}$/) };
const all = { project: 'default', name: 'test', scopes: keyScope.options, requestsPerMinute: null };

describe('a request is given its project', () => {
  let directory: string;
  let catalog: Catalog;
  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'sightline-keys-'));
    await prepareCatalog(directory);
    catalog = await openCatalog({ directory });
  });
  afterAll(async () => {
    await catalog.close();
    rmSync(directory, { recursive: true });
  });

  const resolver = (host: string, apiKey?: string) => {
    let now = 0;
    const clock = { ...systemClock(), monotonicMs: () => now };
    const keys = createKeyRing({ catalog, clock, apiKey, known: { grantOfKey: () => undefined } });
    const resolve = createProjectResolver({ keys, clock, host, apiKey });
    return {
      resolve: async (headers: IncomingHttpHeaders, scope: KeyScope = 'read') => resolve(headers, scope),
      later: (ms: number) => (now += ms),
    };
  };

  it('on loopback without asking for a key', async () => {
    const { resolve } = resolver('127.0.0.1');
    expect(await resolve({})).toEqual({ project: 'default' });
    expect(await resolve({ authorization: 'Bearer of-another-product' })).toEqual({ project: 'default' });
  });

  it('on other addresses only with a key, even when none was ever made', async () => {
    const { resolve } = resolver('0.0.0.0');
    expect(await resolve({})).toMatchObject({ code: 'unauthenticated' });
    expect(await resolve({ 'x-api-key': 'guess' })).toMatchObject({ code: 'unauthenticated' });
  });

  it('on loopback only with a key, once one is set', async () => {
    const { resolve } = resolver('127.0.0.1', 'secret');
    const own = { project: 'default', key: 'own' };
    expect(await resolve({})).toMatchObject({ code: 'unauthenticated' });
    expect(await resolve({ authorization: 'Bearer secret' })).toEqual(own);
    expect(await resolve({ 'x-api-key': 'secret' })).toEqual(own);
    expect(await resolve({ cookie: 'a=b; sightline_key=secret' })).toEqual(own);
    const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`;
    expect(await resolve({ authorization: basic('pk-lf-1:secret') })).toEqual(own);
    expect(await resolve({ authorization: basic('proxy:other'), 'x-api-key': 'secret' })).toEqual(own);
    for (const wrong of ['secret', 'secret:', ':Secret', 'pk:other'])
      expect(await resolve({ authorization: basic(wrong) })).toMatchObject({ code: 'unauthenticated' });
    expect(await resolve({ authorization: 'Bearer Secret' })).toMatchObject({ code: 'unauthenticated' });
  });

  it('by a key of the control plane until it is revoked', async () => {
    const { resolve, later } = resolver('0.0.0.0');
    const made = await createApiKey(catalog, all);
    expect(await resolve({ authorization: `Bearer ${made.key}` })).toEqual(stored);
    await revokeApiKey(catalog, { project: 'default', id: made.id });
    later(5_001);
    expect(await resolve({ authorization: `Bearer ${made.key}` })).toMatchObject({ code: 'unauthenticated' });
  });

  it.each(keyScope.options)('by a key with the scope %s, for requests of that scope alone', async (scope) => {
    for (const host of ['0.0.0.0', '127.0.0.1']) {
      const { resolve } = resolver(host);
      const { key } = await createApiKey(catalog, { ...all, scopes: [scope] });
      for (const asked of keyScope.options)
        expect(await resolve({ 'x-api-key': key }, asked)).toMatchObject(
          asked === scope ? { project: 'default' } : { code: 'scope_missing', status: 403 },
        );
    }
  });

  it('by a key with a limit that many times a minute, then as fast as the limit fills again', async () => {
    const { resolve, later } = resolver('0.0.0.0');
    const { key } = await createApiKey(catalog, { ...all, requestsPerMinute: 12 });
    const other = await createApiKey(catalog, { ...all, requestsPerMinute: 12 });
    const ask = async () => resolve({ 'x-api-key': key });
    for (let i = 0; i < 12; i += 1) expect(await ask()).toEqual(stored);
    expect(await ask()).toMatchObject({ code: 'rate_limited', status: 429, retryAfterS: 5 });
    expect(await resolve({ 'x-api-key': other.key })).toEqual(stored);
    later(4_000);
    expect(await ask()).toMatchObject({ code: 'rate_limited', retryAfterS: 1 });
    later(1_000);
    expect(await ask()).toEqual(stored);
    expect(await ask()).toMatchObject({ code: 'rate_limited', retryAfterS: 5 });
    later(600_000);
    for (let i = 0; i < 12; i += 1) expect(await ask()).toEqual(stored);
    expect(await ask()).toMatchObject({ code: 'rate_limited' });
  });

  it.each([
    ['127.0.0.1', true],
    ['127.1.2.3', true],
    ['::1', true],
    ['localhost', true],
    ['0.0.0.0', false],
    ['::', false],
    ['10.0.0.1', false],
    ['127.0.0.1.example.com', false],
  ])('taking %s for loopback: %s', (host, expected) => expect(isLoopback(host)).toBe(expected));
});

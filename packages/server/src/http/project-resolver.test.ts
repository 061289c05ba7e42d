import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '@sightline/base';
import { createApiKey, revokeApiKey } from '../catalog/api-keys.ts';
import { type Catalog, openCatalog } from '../catalog/catalog.ts';
import { prepareCatalog } from '../testing/prepared-data.ts';
import { createProjectResolver, isLoopback } from './project-resolver.ts';

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
    return {
      resolve: createProjectResolver({
        known: { projectOfKey: () => undefined },
        catalog,
        clock,
        host,
        apiKey,
      }),
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
    expect(await resolve({})).toMatchObject({ code: 'unauthenticated' });
    expect(await resolve({ authorization: 'Bearer secret' })).toEqual({ project: 'default' });
    expect(await resolve({ 'x-api-key': 'secret' })).toEqual({ project: 'default' });
    expect(await resolve({ cookie: 'a=b; sightline_key=secret' })).toEqual({ project: 'default' });
    expect(await resolve({ authorization: 'Bearer Secret' })).toMatchObject({ code: 'unauthenticated' });
  });

  it('by a key of the control plane until it is revoked', async () => {
    const { resolve, later } = resolver('0.0.0.0');
    const made = await createApiKey(catalog, { project: 'default', name: 'test' });
    expect(await resolve({ authorization: `Bearer ${made.key}` })).toEqual({ project: 'default' });
    await revokeApiKey(catalog, { project: 'default', id: made.id });
    later(5_001);
    expect(await resolve({ authorization: `Bearer ${made.key}` })).toMatchObject({ code: 'unauthenticated' });
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

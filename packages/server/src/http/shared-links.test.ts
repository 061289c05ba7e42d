import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unixNano } from '@sightline/base';
import { dashboardInput } from '@sightline/schema/api';
import { SightlineError } from '@sightline/schema/errors';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Catalog, openCatalog } from '../catalog/catalog.ts';
import { createDashboardLink, listDashboardLinks, revokeDashboardLink } from '../catalog/dashboard-links.ts';
import { createDashboard } from '../catalog/dashboards.ts';
import { SharedLinks } from './shared-links.ts';

const dayMs = 86_400_000;
const startMs = Date.parse('2026-03-01T12:00:00Z');

describe('links to dashboards', () => {
  const directory = mkdtempSync(join(tmpdir(), 'sightline-links-'));
  let catalog: Catalog;
  let links: SharedLinks;
  let nowMs = startMs;
  beforeAll(async () => {
    catalog = await openCatalog({ directory });
    const clock = { now: () => unixNano(BigInt(nowMs) * 1_000_000n), monotonicMs: () => nowMs };
    links = new SharedLinks({ catalog, clock });
  }, 60_000);
  afterAll(async () => {
    await catalog.close();
    rmSync(directory, { recursive: true });
  });

  const dashboardIn = async (project: string): Promise<string> => {
    await catalog.query('INSERT INTO projects (id, name) VALUES ($1, $1) ON CONFLICT DO NOTHING', [project]);
    const made = await createDashboard(
      catalog,
      { project, owner: '' },
      dashboardInput.parse({ name: `Of ${project}` }),
    );
    return made?.id ?? '';
  };
  const share = async (project: string, id: string, expiresAt: Date | null) => {
    const made = {
      note: '',
      keyHash: undefined,
      otherwiseBy: '',
      now: new Date(nowMs),
      expiresAt,
      rangeDaysMax: null,
    };
    const one = await createDashboardLink(catalog, { project, id }, made);
    if (one === undefined) throw new Error('There is no such dashboard.');
    return one;
  };
  const open = async (token: string) => {
    const opened = await links.open({ 'x-sightline-link': token });
    return opened instanceof SightlineError ? opened.code : opened.project;
  };

  it('open until they expire, and to the minute tell when they were used last', async () => {
    const id = await dashboardIn('a');
    const lasting = await share('a', id, null);
    const { token } = await share('a', id, new Date(startMs + 7 * dayMs));
    const lastUsed = async () =>
      (await listDashboardLinks(catalog, { project: 'a', id }))
        .find((link) => link.expiresAt !== null)
        ?.lastUsedAt?.getTime();
    expect(await open(token)).toBe('a');
    nowMs = startMs + 59_000;
    expect([await open(token), await lastUsed()]).toEqual(['a', startMs]);
    nowMs = startMs + 7 * dayMs - 1;
    expect([await open(token), await lastUsed()]).toEqual(['a', nowMs]);
    nowMs = startMs + 7 * dayMs;
    expect(await open(token)).toBe('link_not_valid');
    nowMs = startMs + 3_650 * dayMs;
    expect([await open(token), await open(lasting.token)]).toEqual(['link_not_valid', 'a']);
  });

  it('show the project of their dashboard, and are seen, made and revoked in it only', async () => {
    const [b, c] = [await dashboardIn('b'), await dashboardIn('c')];
    const { token, link } = await share('b', b, null);
    expect(await open(token)).toBe('b');
    await expect(share('c', b, null)).rejects.toThrow('no such dashboard');
    expect(await listDashboardLinks(catalog, { project: 'c', id: b })).toEqual([]);
    for (const [project, id] of [
      ['c', b],
      ['c', c],
      ['b', c],
    ] as const)
      expect(await revokeDashboardLink(catalog, { project, id, link: link.id }, new Date(nowMs))).toBe(false);
    expect(await open(token)).toBe('b');
  });
});

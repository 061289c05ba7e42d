import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DashboardInput, dashboardInput, reportScheduleInput, viewInput } from '@sightline/schema/api';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  createApiKey,
  findGrantOfKey,
  hashSecret,
  type KeyGrant,
  listApiKeys,
  revokeApiKey,
} from './api-keys.ts';
import { type Catalog, openCatalog } from './catalog.ts';
import { createChannel, deleteChannel, listChannels } from './channels.ts';
import { createDashboard, deleteDashboard, findDashboard, listDashboards } from './dashboards.ts';
import { postgresPrograms, type PostgresServer, startPostgres } from './postgres-server.testing.ts';
import { createSchedule, dueSchedules } from './report-schedules.ts';
import { deleteView, saveView } from './saved-views.ts';
import { findUnreadable } from './stored-documents.ts';
import { readRetention, writeRetention } from './retention-settings.ts';

const grant: KeyGrant = { project: 'default', scopes: ['ingest', 'read'], requestsPerMinute: 600 };
const ci = { ...grant, name: 'ci' };

/** What holds for either twin. `reopen` opens the same database again. */
function describeCatalog(reopen: () => Promise<Catalog>): void {
  let catalog: Catalog;
  beforeEach(async () => {
    catalog = await reopen();
  });
  afterEach(async () => catalog.close());

  it('opens a project with a key until the key is revoked, and never keeps the key itself', async () => {
    const made = await createApiKey(catalog, ci);
    expect(await findGrantOfKey(catalog, hashSecret(made.key))).toEqual(grant);
    expect(JSON.stringify(await listApiKeys(catalog, 'default'))).not.toContain(made.key);

    expect(await revokeApiKey(catalog, { project: 'default', id: made.id })).toBe(true);
    expect(await revokeApiKey(catalog, { project: 'default', id: made.id })).toBe(false);
    expect(await findGrantOfKey(catalog, hashSecret(made.key))).toBeUndefined();
  });

  it('lets a key that was made before there were scopes do everything', async () => {
    await catalog.query(
      "INSERT INTO api_keys (project, name, prefix, hash) VALUES ('default', 'old', 'sl_', 'h')",
    );
    expect(await findGrantOfKey(catalog, 'h')).toEqual({
      project: 'default',
      scopes: ['ingest', 'read', 'write', 'admin'],
      requestsPerMinute: null,
    });
    await catalog.query("DELETE FROM api_keys WHERE hash = 'h'");
  });

  it('keeps keys and settings across a restart', async () => {
    const made = await createApiKey(catalog, ci);
    const policy = { days: { traces: 7, logs: 3, metrics: 90 }, capBytes: 1e9 };
    await writeRetention(catalog, policy);
    await catalog.close();
    catalog = await reopen();
    expect(await findGrantOfKey(catalog, hashSecret(made.key))).toEqual(grant);
    expect(await readRetention(catalog)).toEqual(policy);
  });

  it('refuses a database written by a newer version, and leaves it as it is', async () => {
    const future = '9999-from-the-future.sql';
    await catalog.query('INSERT INTO schema_migrations (name) VALUES ($1)', [future]);
    await expect(openAndClose(reopen)).rejects.toMatchObject({ code: 'data_from_newer_version' });
    await catalog.query('DELETE FROM schema_migrations WHERE name = $1', [future]);
  });

  it('goes on without settings that another version saved, and names them', async () => {
    const owned = { project: 'default', owner: '' };
    const [kept, odd] = ['Kept', 'From the future'].map((name) => dashboardInput.parse({ name, panels: [] }));
    await createDashboard(catalog, owned, kept as DashboardInput);
    const stored = await createDashboard(catalog, owned, odd as DashboardInput);
    const key = { project: 'default', id: stored?.id ?? '' };
    await catalog.query(
      `UPDATE dashboards SET document = document || '{"hologram": 1}' WHERE id::text = $1`,
      [key.id],
    );
    const channel = await createChannel(catalog, 'default', { name: 'gone', settings: { type: 'log' } });
    await catalog.query(`UPDATE channels SET settings = '{"type": "telegraph"}'`);
    const view = await saveView(
      catalog,
      'default',
      viewInput.parse({ page: '/runs', name: 'odd', search: {} }),
    );
    await catalog.query(`UPDATE saved_views SET page = 'the holodeck'`);
    // More than one look would take, all due before one that can be read.
    await catalog.query(
      `INSERT INTO report_schedules (project, name, settings, next_at)
       SELECT 'default', 'odd ' || n, '{"timing": "stardate"}', now() - interval '1 day' FROM generate_series(1, 30) AS n`,
    );
    const timing = { every: 'day', time: '08:00' };
    const settings = reportScheduleInput.parse({ name: 'Daily', timing });
    await createSchedule(catalog, 'default', { settings, nextAt: new Date(0) });
    await createSchedule(catalog, 'default', { settings: { ...settings, name: 'Last' }, nextAt: new Date() });
    expect((await dueSchedules(catalog)).map(({ name }) => name)).toEqual(['Daily', 'Last']);
    await catalog.query(`DELETE FROM report_schedules WHERE name <> 'odd 1'`);

    const names = (await listDashboards(catalog, 'default', '')).map(({ dashboard }) => dashboard.name);
    expect(names).toEqual(['Kept']);
    expect(await listChannels(catalog, 'default')).toEqual([]);
    await expect(findDashboard(catalog, key)).rejects.toMatchObject({ code: 'stored_settings_unreadable' });
    expect(await findUnreadable(catalog)).toEqual([
      'channel "gone" (project default)',
      'dashboard "From the future" (project default)',
      'report "odd 1" (project default)',
      'view "odd" (project default)',
    ]);

    expect(await deleteDashboard(catalog, key)).toBe(true);
    expect(await deleteChannel(catalog, { project: 'default', id: channel?.id ?? '' })).toBe(true);
    expect(await deleteView(catalog, { project: 'default', id: view?.id ?? '' })).toBe(true);
    await catalog.query('DELETE FROM report_schedules');
    expect(await findUnreadable(catalog)).toEqual([]);
  });

  it('refuses a NUL character, which PostgreSQL cannot keep, and goes on', async () => {
    await expect(createApiKey(catalog, { ...ci, name: 'c\0i' })).rejects.toMatchObject({
      code: 'bad_request',
    });
    await expect(revokeApiKey(catalog, { project: 'default', id: '\0' })).rejects.toMatchObject({
      code: 'bad_request',
    });
    const settings = { name: 'in JSON', settings: { words: ['\0'] } };
    await expect(
      catalog.transaction(async (tx) => tx.query('SELECT $1::jsonb', [JSON.stringify(settings)])),
    ).rejects.toMatchObject({ code: 'bad_request' });
    expect(await catalog.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('migrates once when several servers start together', async () => {
    const others = await Promise.all([reopen(), reopen()]);
    const rows = await catalog.query('SELECT id FROM projects');
    expect(rows).toEqual([{ id: 'default' }]);
    await Promise.all(others.map(async (other) => other.close()));
  });
}

async function openAndClose(reopen: () => Promise<Catalog>): Promise<void> {
  const catalog = await reopen();
  await catalog.close();
}

describe('the embedded control plane', () => {
  let directory: string;
  let isNew = true;
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'sightline-catalog-'));
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  it('is made from its image in an empty folder, whatever a start left that was killed while it did so', async () => {
    mkdirSync(`${directory}.new/base`, { recursive: true });
    writeFileSync(`${directory}.new/PG_VERSION`, 'half of it');
    const catalog = await openCatalog({ directory });
    expect(catalog.version).toMatch(/^1[89]/);
    await catalog.close();
    expect(existsSync(`${directory}.new`)).toBe(false);
    expect(readFileSync(join(directory, 'PG_VERSION'), 'utf8')).toMatch(/^1[89]/);
    isNew = false;
  });

  describe('once it exists', () => {
    let catalog: Catalog;
    beforeEach(async () => {
      expect(isNew).toBe(false);
      catalog = await openCatalog({ directory });
    });
    afterEach(async () => catalog.close());

    it('keeps what was written', async () => {
      const made = await createApiKey(catalog, ci);
      const policy = { days: { traces: 7, logs: 3, metrics: 90 }, capBytes: 1e9 };
      await writeRetention(catalog, policy);
      await catalog.close();
      catalog = await openCatalog({ directory });
      expect(await findGrantOfKey(catalog, hashSecret(made.key))).toEqual(grant);
      expect(await revokeApiKey(catalog, { project: 'default', id: made.id })).toBe(true);
      expect(await findGrantOfKey(catalog, hashSecret(made.key))).toBeUndefined();
      expect(await readRetention(catalog)).toEqual(policy);
    });

    it('refuses a database written by a newer version', async () => {
      await catalog.query("INSERT INTO schema_migrations (name) VALUES ('9999-from-the-future.sql')");
      await catalog.close();
      await expect(openCatalog({ directory })).rejects.toMatchObject({ code: 'data_from_newer_version' });
    });
  });
});

describe.skipIf(postgresPrograms === '')('the control plane in a PostgreSQL server', () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(async () => server.stop());

  describeCatalog(async () => openCatalog({ postgresUrl: server.url }));
});

describe('a control plane that is not there', () => {
  it('is named, with what to do', async () => {
    await expect(openCatalog({ postgresUrl: 'postgresql://nobody@127.0.0.1:1/none' })).rejects.toMatchObject({
      code: 'control_plane_unavailable',
      hint: expect.stringContaining('--postgres-url'),
    });
  });
});

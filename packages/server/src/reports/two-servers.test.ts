/** Two servers that both believe that they make reports, as where the lease of one ran out while it worked, over one PostgreSQL. */
import { systemClock } from '@sightline/base';
import { reportScheduleInput, type LedgerResponse } from '@sightline/schema/api';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Catalog, openCatalog } from '../catalog/catalog.ts';
import { postgresPrograms, type PostgresServer, startPostgres } from '../catalog/postgres-server.testing.ts';
import { createSchedule, listSchedules } from '../catalog/report-schedules.ts';
import { TestStore } from '../query/testing/test-store.ts';
import { ReportKeeper } from './report-keeper.ts';

const schedules = 3;
const channels = ['log', 'another'];
const books: LedgerResponse = { rows: [], runs: { unsettledMs: null } } as unknown as LedgerResponse;

describe.skipIf(postgresPrograms === '')('two servers that make reports', { timeout: 300_000 }, () => {
  let postgres: PostgresServer;
  let catalogs: readonly [Catalog, Catalog];
  let store: TestStore;

  beforeAll(async () => {
    postgres = await startPostgres();
    const place = { postgresUrl: postgres.url };
    // One after the other: the first makes the tables.
    catalogs = [await openCatalog(place), await openCatalog(place)];
    store = await TestStore.open(new Date());
  }, 120_000);
  afterAll(async () => {
    await Promise.all(catalogs.map(async (catalog) => catalog.close()));
    await store.close();
    await postgres.stop();
  });

  const keeper = (catalog: Catalog): ReportKeeper =>
    new ReportKeeper({
      catalog,
      store: store.store,
      clock: systemClock(),
      log: pino({ level: 'silent' }),
      isMaker: () => true,
      decisionsOf: async () => ({ moves: [], states: new Map() }),
      ledger: () => books,
      linkTo: (path) => `http://127.0.0.1${path}`,
      // No report of these is kept as a file.
      directory: '/nowhere',
    });

  it('make and send each that is due once', async () => {
    const [one] = catalogs;
    const settings = Array.from({ length: schedules }, (_, index) =>
      reportScheduleInput.parse({
        name: `Daily ${index}`,
        timing: { every: 'day', time: '00:00', timeZone: 'UTC' },
        channels,
      }),
    );
    const due = new Date(Math.floor(Date.now() / 86_400_000) * 86_400_000);
    for (const each of settings) await createSchedule(one, 'default', { settings: each, nextAt: due });
    const keepers = catalogs.map(keeper);
    for (const each of keepers) each.start();
    await expect
      .poll(
        async () =>
          (await listSchedules(one, 'default')).filter(({ nextAt }) => (nextAt ?? due) > due).length,
        { timeout: 200_000 },
      )
      .toBe(schedules);
    // What one of them still makes would come after the schedule has moved on.
    await Promise.all(keepers.map(async (each) => each.stop()));
    const reports = await one.query<{ name: string; count: number }>(
      'SELECT name, count(*)::int AS count FROM reports GROUP BY name',
    );
    expect(reports.map(({ count }) => count)).toEqual(Array(schedules).fill(1));
    const messages = await one.query<{ channel: string; count: number }>(
      'SELECT channel, count(*)::int AS count FROM alert_outbox GROUP BY channel ORDER BY channel',
    );
    expect(messages).toEqual([
      { channel: 'another', count: schedules },
      { channel: 'log', count: schedules },
    ]);
  });
});

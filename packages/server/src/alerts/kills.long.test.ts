/** Power cuts at any statement and any message. How many: SIGHTLINE_ALERT_KILLS. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { alertRuleInput } from '@sightline/schema/api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAlertRule } from '../catalog/alert-rules.ts';
import { writeRoutes } from '../catalog/alert-silences.ts';
import { openCatalog } from '../catalog/catalog.ts';
import { type PostgresServer, postgresPrograms, startPostgres } from '../catalog/postgres-server.testing.ts';
import type { Notification } from './notification.ts';
import type { AlertProcessSettings } from './testing/alert-process.ts';

const kills = Number(process.env['SIGHTLINE_ALERT_KILLS'] ?? 20);
const rules = 6;
type Place = AlertProcessSettings['catalog'];

let receiver: Server;
let received: Notification[] = [];
let asked = 0;
beforeAll(async () => {
  receiver = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      // Now and then it is away for a moment.
      asked++;
      const isAway = asked % 11 === 0;
      response.statusCode = isAway ? 503 : 200;
      if (!isAway) received.push(JSON.parse(Buffer.concat(chunks).toString()) as Notification);
      setTimeout(() => response.end(), Math.random() * 40);
    });
  });
  receiver.listen(0, '127.0.0.1');
  await once(receiver, 'listening');
});
afterAll(() => receiver.close());

const flags = ['--disable-warning=ExperimentalWarning', '--conditions=source'];

function start(catalog: Place, holder: string, steps: number): ChildProcess {
  const settings: AlertProcessSettings = {
    catalog,
    holder,
    steps,
    receiver: `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`,
  };
  return spawn(
    process.execPath,
    [...flags, join(import.meta.dirname, 'testing/alert-process.ts'), JSON.stringify(settings)],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
}

/** Each rule fires for two seconds and is calm for two, at different times. */
async function prepare(place: Place): Promise<void> {
  const catalog = await openCatalog(place);
  for (let number = 0; number < rules; number++) {
    const rule = alertRuleInput.parse({
      name: `Rule ${number}`,
      kind: 'promql',
      query: `(vector(time() + ${number}) % 4) < 2`,
      intervalS: 1,
    });
    await createAlertRule(catalog, 'default', { rule });
  }
  const route = {
    name: 'all',
    matchers: 'alertname:"Rule *" OR alertname:*',
    channels: ['hook'],
    groupBy: ['alertname'],
    groupWaitS: 0,
    groupIntervalS: 0,
    repeatIntervalS: 86_400,
    continue: false,
  };
  await writeRoutes(catalog, 'default', [route]);
  await catalog.close();
}

/** Fewer at first, more later: starts take as many statements as ticks. */
const stepsOf = (): number => 1 + Math.floor(Math.random() * 240);

const settleMsMax = 240_000;

interface Stored {
  readonly events: readonly { rule: string; instance: string; kind: string; reason: string; time: Date }[];
  readonly outbox: readonly { key: string; state: string }[];
}

/** Lets everything be delivered, and reads what is noted. */
async function settle(place: Place): Promise<Stored> {
  const stop = async (): Promise<void> => {
    const catalog = await openCatalog(place);
    await catalog.query(
      `UPDATE alert_rules SET rule = jsonb_set(rule, '{query}', '"vector(1) < 0"'), updated_at = date_trunc('milliseconds', clock_timestamp())`,
    );
    await catalog.close();
  };
  await stop();
  // A message that failed often waits for minutes, a lease of a dead server for seconds: both are cut short, by nobody's clock but the test's.
  for (const deadline = performance.now() + settleMsMax; ;) {
    const hurry = await openCatalog(place);
    await hurry.query(`UPDATE alert_outbox SET due_at = now() WHERE state = 'waiting'`);
    const [left] = await hurry.query<{ count: string }>(
      `SELECT (SELECT count(*) FROM alert_outbox WHERE state IN ('waiting', 'sending')) + (SELECT count(*) FROM alert_members) AS count`,
    );
    await hurry.close();
    if (Number(left?.count) === 0 || performance.now() > deadline) break;
    const last = start(place, 'one', 0);
    await once(last.stdout ?? last, 'data');
    await delay(20_000);
    last.kill('SIGTERM');
    await once(last, 'close');
  }
  const catalog = await openCatalog(place);
  const events = await catalog.query<Stored['events'][number]>(
    `SELECT rule, instance_id AS instance, kind, reason, time FROM alert_events WHERE instance_id IS NOT NULL AND rule LIKE 'Rule %' ORDER BY id`,
  );
  const outbox = await catalog.query<Stored['outbox'][number]>(
    'SELECT dedupe_key AS key, state FROM alert_outbox',
  );
  await catalog.close();
  return { events, outbox };
}

function check({ events, outbox }: Stored, cuts: number): void {
  // No tick counts twice, and none half: what fires was calm, what is over fired.
  for (const [, own] of Map.groupBy(events, ({ instance }) => instance)) {
    const kinds = own.map(({ kind }) => kind);
    expect(kinds.filter((kind, index) => kind !== (index % 2 === 0 ? 'firing' : 'resolved'))).toEqual([]);
  }
  expect(outbox.filter(({ state }) => state !== 'delivered' && state !== 'replaced')).toEqual([]);
  const delivered = outbox.filter(({ state }) => state === 'delivered').map(({ key }) => key);
  const keys = received.map(({ dedupeKey }) => dedupeKey);
  expect(delivered.filter((key) => !keys.includes(key))).toEqual([]);
  // Each time that a rule fired was told, and that it was over.
  const told = new Set(
    received.flatMap(({ alerts }) =>
      alerts.map(
        ({ labels, since, state }) => `${labels['alertname']} ${new Date(since).toISOString()} ${state}`,
      ),
    ),
  );
  const firings = events.filter(({ kind }) => kind === 'firing');
  const untold = firings.filter(({ rule, time }) => !told.has(`${rule} ${time.toISOString()} resolved`));
  expect(untold).toEqual([]);
  // Twice only where a process ended between sending and marking, or the receiver failed.
  const twice = keys.length - new Set(keys).size;
  expect(twice).toBeLessThanOrEqual(cuts);
  process.stderr.write(
    `${cuts} kills: ${firings.length} times firing, ${new Set(keys).size} messages, ${twice} received twice\n`,
  );
}

describe('power cuts', () => {
  it(`of the only server lose nothing: ${kills}`, async () => {
    received = [];
    const directory = mkdtempSync(join(tmpdir(), 'sightline-kills-'));
    const place = { directory: join(directory, 'control') };
    await prepare(place);
    for (let cut = 0; cut < kills; cut++) {
      const child = start(place, 'one', stepsOf());
      await once(child, 'close');
    }
    check(await settle(place), kills);
    rmSync(directory, { recursive: true, force: true });
  }, 7_200_000);

  it.skipIf(postgresPrograms === '')(
    `of one of two servers on one PostgreSQL lose nothing: ${kills}`,
    async () => {
      received = [];
      const postgres: PostgresServer = await startPostgres();
      try {
        const place = { postgresUrl: postgres.url };
        await prepare(place);
        let cuts = 0;
        const keepOn = async (holder: string): Promise<void> => {
          while (cuts < kills) {
            const child = start(place, holder, stepsOf());
            await once(child, 'close');
            cuts++;
          }
        };
        await Promise.all([keepOn('one'), keepOn('two')]);
        check(await settle(place), cuts);
      } finally {
        await postgres.stop();
      }
    },
    7_200_000,
  );
});

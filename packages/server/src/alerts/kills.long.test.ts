/**
 * Power cuts at any statement and any message. How many of each form: SIGHTLINE_ALERT_KILLS. In how many control planes beside each other: SIGHTLINE_ALERT_KILL_LANES.
 * The seed of the steps at which they come is printed; SIGHTLINE_ALERT_KILL_SEED takes one.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { seededRandom } from '@sightline/base';
import { alertRuleInput } from '@sightline/schema/api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import serverFlags from '../../../../scripts/lib/server-flags.json' with { type: 'json' };
import { createAlertRule } from '../catalog/alert-rules.ts';
import { writeRoutes } from '../catalog/alert-silences.ts';
import { openCatalog } from '../catalog/catalog.ts';
import { type PostgresServer, postgresPrograms, startPostgres } from '../catalog/postgres-server.testing.ts';
import type { Notification } from './notification.ts';
import type { AlertProcessSettings } from './testing/alert-process.ts';

const environment = (name: string, otherwise: number): number => Number(process.env[name] ?? otherwise);
const kills = environment('SIGHTLINE_ALERT_KILLS', 20);
const lanes = environment('SIGHTLINE_ALERT_KILL_LANES', 1);
const seed = environment('SIGHTLINE_ALERT_KILL_SEED', Math.floor(Math.random() * 2 ** 31));
const rules = 6;
type Place = AlertProcessSettings['catalog'];

/** One control plane with its servers: what its receiver got, and what was on its way at each cut. */
interface Lane {
  readonly place: Place;
  readonly name: string;
  readonly received: Notification[];
  readonly cuts: string[][];
}

let receiver: Server;
const lanesByName = new Map<string, Lane>();
let asked = 0;
const compileCache = mkdtempSync(join(tmpdir(), 'sightline-kills-cache-'));
beforeAll(async () => {
  receiver = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      // Now and then it is away for a moment.
      asked++;
      const isAway = asked % 11 === 0;
      response.statusCode = isAway ? 503 : 200;
      const lane = lanesByName.get(request.url?.slice(1) ?? '');
      if (!isAway) lane?.received.push(JSON.parse(Buffer.concat(chunks).toString()) as Notification);
      setTimeout(() => response.end(), Math.random() * 40);
    });
  });
  receiver.listen(0, '127.0.0.1');
  await once(receiver, 'listening');
});
afterAll(() => {
  receiver.close();
  rmSync(compileCache, { recursive: true, force: true });
});

/** As `npm start` has them: PGlite starts in a third of the time. */
const flags = ['--conditions=source', ...serverFlags];

function start({ place, name }: Lane, holder: string, steps: number): ChildProcess {
  const settings: AlertProcessSettings = {
    catalog: place,
    holder,
    steps,
    receiver: `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/${name}`,
  };
  return spawn(
    process.execPath,
    [...flags, join(import.meta.dirname, 'testing/alert-process.ts'), JSON.stringify(settings)],
    { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, NODE_COMPILE_CACHE: compileCache } },
  );
}

/** Lets a server of the lane run into its power cut. */
async function cut(lane: Lane, holder: string, steps: number): Promise<void> {
  const child = start(lane, holder, steps);
  const closed = once(child, 'close');
  const said = child.stdout === null ? '' : await text(child.stdout);
  await closed;
  const line = /^cut (.*)$/m.exec(said);
  if (line === null) throw new Error(`A server ended before its power cut: ${child.exitCode} ${said}`);
  lane.cuts.push(JSON.parse(line[1] ?? '') as string[]);
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

/** Starts take as many statements as ticks, so cuts come in both. */
const stepsBy = (random: () => number): number => 1 + Math.floor(random() * 240);

interface Stored {
  readonly events: readonly { rule: string; instance: string; kind: string; reason: string; time: Date }[];
  readonly outbox: readonly { key: string; state: string }[];
}

/** Lets everything be delivered, and reads what is noted. */
async function settle(lane: Lane): Promise<Stored> {
  const { place } = lane;
  const calm = await openCatalog(place);
  await calm.query(
    `UPDATE alert_rules SET rule = jsonb_set(rule, '{query}', '"vector(1) < 0"'), updated_at = date_trunc('milliseconds', clock_timestamp())`,
  );
  await calm.close();
  const last = start(lane, 'one', 0);
  const closed = once(last, 'close');
  last.stdout?.resume();
  await closed;
  expect(last.exitCode).toBe(0);
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

function check({ received, cuts }: Lane, { events, outbox }: Stored): void {
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
  // Once more only for a cut that lay between sending and noting.
  const sent = new Map<string, number>();
  for (const key of keys) sent.set(key, (sent.get(key) ?? 0) + 1);
  const cutOnTheirWay = (key: string): number => cuts.filter((some) => some.includes(key)).length;
  const tooOften = [...sent].filter(([key, count]) => count > 1 + cutOnTheirWay(key));
  expect(tooOften).toEqual([]);
  process.stderr.write(
    `${cuts.length} kills: ${firings.length} times firing, ${sent.size} messages, ${keys.length - sent.size} received once more, ${cuts.filter((some) => some.length > 0).length} cuts while some were on their way\n`,
  );
}

/** The kills of a lane, and its seed. */
function shareOf(lane: number): { readonly kills: number; readonly random: () => number } {
  const count = Math.floor(kills / lanes) + (lane < kills % lanes ? 1 : 0);
  return { kills: count, random: seededRandom(seed + lane) };
}

async function inLanes(
  form: string,
  openPlace: (lane: number) => Promise<Place>,
  run: (lane: Lane, share: ReturnType<typeof shareOf>) => Promise<void>,
): Promise<void> {
  process.stderr.write(`seed ${seed}, ${lanes} lanes\n`);
  await Promise.all(
    Array.from({ length: lanes }, async (_each, number) => {
      const lane: Lane = {
        place: await openPlace(number),
        name: `${form}-${number}`,
        received: [],
        cuts: [],
      };
      lanesByName.set(lane.name, lane);
      await prepare(lane.place);
      await run(lane, shareOf(number));
      check(lane, await settle(lane));
    }),
  );
}

describe('power cuts', () => {
  it(`of the only server lose nothing: ${kills}`, async () => {
    const directory = mkdtempSync(join(tmpdir(), 'sightline-kills-'));
    await inLanes(
      'single',
      async (lane) => ({ directory: join(directory, `control-${lane}`) }),
      async (lane, share) => {
        while (lane.cuts.length < share.kills) await cut(lane, 'one', stepsBy(share.random));
      },
    );
    rmSync(directory, { recursive: true, force: true });
  }, 7_200_000);

  it.skipIf(postgresPrograms === '')(
    `of one of two servers on one PostgreSQL lose nothing: ${kills}`,
    async () => {
      const postgres: PostgresServer = await startPostgres();
      try {
        await inLanes(
          'pair',
          async (lane) => {
            const database = await openCatalog({ postgresUrl: postgres.url });
            await database.query(`CREATE DATABASE lane_${lane}`);
            await database.close();
            return { postgresUrl: new URL(`/lane_${lane}`, postgres.url).href };
          },
          async (lane, share) => {
            const keepOn = async (holder: string): Promise<void> => {
              while (lane.cuts.length < share.kills) await cut(lane, holder, stepsBy(share.random));
            };
            await Promise.all([keepOn('one'), keepOn('two')]);
          },
        );
      } finally {
        await postgres.stop();
      }
    },
    7_200_000,
  );
});

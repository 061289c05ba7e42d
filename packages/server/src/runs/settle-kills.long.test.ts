/** Power cuts while runs are settled. How many: SIGHTLINE_SETTLE_KILLS; where they are: SIGHTLINE_SETTLE_SEED. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { pino } from 'pino';
import { systemClock } from '@sightline/base';
import { describe, expect, test, vi } from 'vitest';
import { openCatalog } from '../catalog/catalog.ts';
import { LeaseKeeper } from '../catalog/lease.ts';
import { postgresPrograms, startPostgres } from '../catalog/postgres-server.testing.ts';
import { openStore } from '../storage/open-store.ts';
import { startClickHouse } from '../storage/testing/clickhouse-server.ts';
import { spansRequest } from '../storage/testing/segments.ts';
import { type MainProcess, runMain } from '../testing/run-main.ts';
import { RunKeeper } from './run-keeper.ts';
import type { SettleProcessSettings } from './testing/settle-process.ts';
import { expectAsSettledAnew } from './testing/settled-rows.ts';

vi.setConfig({ testTimeout: 900_000 });

const kills = Number(process.env['SIGHTLINE_SETTLE_KILLS'] ?? 20);
const seed = Number(process.env['SIGHTLINE_SETTLE_SEED'] ?? Date.now() % 1_000_000);
const log = pino({ level: 'silent' });

function start(settings: SettleProcessSettings): ChildProcess {
  return spawn(
    process.execPath,
    [
      '--disable-warning=ExperimentalWarning',
      '--conditions=source',
      join(import.meta.dirname, 'testing/settle-process.ts'),
      JSON.stringify(settings),
    ],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
}

/** Whether it settled all before it ended. */
async function settledOrKilled(child: ChildProcess): Promise<boolean> {
  const isSettled = await Promise.race([
    once(child.stdout ?? child, 'data').then(() => true),
    once(child, 'exit').then(() => false),
  ]);
  if (!isSettled) return false;
  const exit = once(child, 'exit');
  child.stdin?.end();
  await exit;
  return true;
}

test('however often the power is cut, every run is what it would be if all had come at once', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'sightline-settle-kills-'));
  const store = { kind: 'embedded', directory, writers: 2, readers: 3 } as const;
  const places = fc.sample(fc.integer({ min: 1, max: 40 }), { numRuns: kills, seed });
  let killed = 0;
  for (const [at, steps] of places.entries()) {
    const rounds = 1 + Math.floor((3 * at) / kills);
    if (!(await settledOrKilled(start({ store, rounds, steps, holder: 'one' })))) killed += 1;
  }
  console.log(`seed ${seed}: ${killed} of ${kills} were killed`);
  expect(killed, `seed ${seed}`).toBeGreaterThan(kills / 4);
  expect(await settledOrKilled(start({ store, rounds: 3, steps: 0, holder: 'one' }))).toBe(true);
  const opened = await openStore(store, systemClock());
  await expectAsSettledAnew(opened, `seed ${seed}`);
  await opened.close();
  rmSync(directory, { recursive: true });
});

describe.skipIf(postgresPrograms === '')('two servers over one store and one control plane', () => {
  test('one settles; the other takes over when it is killed, and finds what it left', async () => {
    const servers = await startClickHouse();
    const postgres = await startPostgres();
    const options = { kind: 'clickhouse', urls: servers.urls } as const;
    const opened = await openStore(options, systemClock());
    const puts: string[] = [];
    const catalog = await openCatalog({ postgresUrl: postgres.url });
    const keeper = new RunKeeper({
      store: {
        ...opened,
        putRuns: async (runs) => {
          puts.push(runs.project);
          await opened.putRuns(runs);
        },
      },
      log,
      quietMs: 0,
      lease: new LeaseKeeper({ catalog, name: 'settle', holder: 'two', clock: systemClock() }),
    });
    // The first has the lease, is killed after its third statement, and brought what nobody told the second of.
    const other = start({ store: options, rounds: 3, steps: 6, postgresUrl: postgres.url, holder: 'one' });
    const holds = async (holder: string): Promise<boolean> =>
      (await catalog.query(`SELECT 1 FROM leases WHERE name = 'settle' AND holder = $1`, [holder])).length >
      0;
    await expect.poll(async () => holds('one'), { timeout: 120_000 }).toBe(true);
    keeper.changed();
    if (other.exitCode === null && other.signalCode === null) await once(other, 'exit');
    await expect.poll(() => keeper.unsettledMs, { timeout: 120_000 }).toBeUndefined();
    await expect.poll(async () => holds('two'), { timeout: 120_000 }).toBe(true);
    await keeper.settled();
    expect(puts.length).toBeGreaterThan(0);
    // While the second holds the lease, the first finds its work done.
    const back = start({ store: options, rounds: 3, steps: 0, postgresUrl: postgres.url, holder: 'one' });
    expect(await settledOrKilled(back)).toBe(true);
    expect(await holds('two')).toBe(true);
    await keeper.stop();
    await expectAsSettledAnew(opened, 'after a kill');
    await catalog.close();
    await opened.close();
    await postgres.stop();
    await servers.close();
  });

  test('two whole servers take in parts of the same runs; one is killed and started again', async () => {
    const servers = await startClickHouse();
    const postgres = await startPostgres();
    const directory = mkdtempSync(join(tmpdir(), 'sightline-two-servers-'));
    const startServer = (name: string): MainProcess =>
      runMain([
        '--data',
        join(directory, name),
        '--postgres-url',
        postgres.url,
        '--clickhouse-url',
        servers.urls[0] ?? '',
      ]);
    const catalog = await openCatalog({ postgresUrl: postgres.url });
    const first = startServer('one');
    const firstDoors = await first.ready();
    const second = startServer('two');
    const secondDoors = await second.ready();
    const holder = async (): Promise<string> =>
      (await catalog.query<{ holder: string }>(`SELECT holder FROM leases WHERE name = 'settle'`))[0]
        ?.holder ?? '';
    await expect.poll(holder, { timeout: 120_000 }).not.toBe('');
    const isFirst = (await holder()).endsWith('/one');
    const [killed, killedDoors, name] = isFirst
      ? ([first, firstDoors, 'one'] as const)
      : ([second, secondDoors, 'two'] as const);
    const [left, leftDoors] = isFirst ? [second, secondDoors] : [first, firstDoors];
    const runs = 120;
    const from = BigInt(Date.now() - 600_000) * 1_000_000n;
    // Of each run one server gets the agent and a call, the other a tool and another call, some of them after the kill.
    for (let at = 1; at <= runs; at += 1) {
      await send(killedDoors.otlpHttp, partOfRun(at, from, [1, 2]));
      if (at % 2 === 0) await send(leftDoors.otlpHttp, partOfRun(at, from, [3, 4]));
    }
    killed.kill('SIGKILL');
    await killed.ended();
    for (let at = 1; at <= runs; at += 2) await send(leftDoors.otlpHttp, partOfRun(at, from, [3, 4]));
    const other = isFirst ? '/two' : '/one';
    await expect.poll(async () => (await holder()).endsWith(other), { timeout: 120_000 }).toBe(true);
    // What the killed one had acknowledged is in its journal.
    const again = startServer(name);
    await again.ready();
    const listed = async (): Promise<unknown> => {
      const response = await fetch(`${leftDoors.ui}/api/v1/runs?from=-1h&limit=200`);
      const { runs: rows } = (await response.json()) as {
        runs: { llmCalls: number; toolCalls: number }[];
      };
      return {
        runs: rows.length,
        llmCalls: rows.reduce((sum, row) => sum + row.llmCalls, 0),
        toolCalls: rows.reduce((sum, row) => sum + row.toolCalls, 0),
      };
    };
    await expect.poll(listed, { timeout: 300_000, interval: 1_000 }).toEqual({
      runs,
      llmCalls: 2 * runs,
      toolCalls: runs,
    });
    expect((await holder()).endsWith(other)).toBe(true);
    for (const server of [left, again]) {
      server.kill('SIGTERM');
      await server.ended();
    }
    const opened = await openStore({ kind: 'clickhouse', urls: servers.urls }, systemClock());
    await expectAsSettledAnew(opened, 'two whole servers', runs - 1);
    await opened.close();
    await catalog.close();
    await postgres.stop();
    await servers.close();
    rmSync(directory, { recursive: true });
  });
});

async function send(otlpHttp: string, request: unknown): Promise<void> {
  const response = await fetch(`${otlpHttp}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(request),
  });
  expect(response.status, await response.text()).toBe(200);
}

/** Spans of run `at`: 1 is an agent around a call (2), a tool (3) and another call (4). */
function partOfRun(at: number, from: bigint, numbers: readonly number[]): unknown {
  const says = [
    { 'gen_ai.operation.name': 'invoke_agent', 'gen_ai.agent.name': `agent ${at % 3}` },
    { 'gen_ai.operation.name': 'chat', 'gen_ai.request.model': 'm', 'gen_ai.usage.input_tokens': 7 },
    { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': 'search' },
    { 'gen_ai.operation.name': 'chat', 'gen_ai.request.model': 'm', 'gen_ai.usage.input_tokens': 9 },
  ];
  const start = from + BigInt(at) * 1_000_000_000n;
  return spansRequest(
    'bot',
    numbers.map((number) => ({
      trace: at.toString(16),
      span: (at * 10 + number).toString(16),
      ...(number === 1 ? {} : { parent: (at * 10 + 1).toString(16) }),
      name: `span ${number}`,
      start: start + BigInt(number) * 1_000_000n,
      durationNs: number === 1 ? 100_000_000n : 1_000_000n,
      attributes: says[number - 1] ?? {},
    })),
  );
}

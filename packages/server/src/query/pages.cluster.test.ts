/** Pages where traces are spread over servers. What else pages owe is told by pages.test.ts. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startClickHouse } from '../storage/testing/clickhouse-server.ts';
import { expectExactTracePages } from './testing/exact-pages.ts';
import { TestStore } from './testing/test-store.ts';

let servers: Awaited<ReturnType<typeof startClickHouse>>;
let telemetry: TestStore;

beforeAll(async () => {
  servers = await startClickHouse({ shards: 2 });
  telemetry = await TestStore.openServers(new Date('2026-11-21T12:00:00Z'), servers);
}, 120_000);
afterAll(async () => {
  await telemetry.close();
  await servers.close();
});

test('pages of traces neither lose nor repeat on two shards', { timeout: 240_000 }, async () => {
  await expectExactTracePages(telemetry, { numRuns: 3 });
  const { rows } = await telemetry.store.query<{ shards: string }>({
    sql: 'SELECT uniqExact(_shard_num) AS shards FROM spans',
  });
  expect(Number(rows[0]?.shards)).toBe(2);
});

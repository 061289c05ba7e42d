import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { tracesRequest } from '../query/testing/otlp-json.ts';
import { ownRows } from './clickhouse/own-rows.ts';
import { openServer } from './clickhouse/server-engine.ts';
import { databaseName, openStore } from './open-store.ts';
import { startClickHouse } from './testing/clickhouse-server.ts';
import { fixedClock } from './testing/fixed-clock.ts';
import type { TelemetryStore } from './telemetry-store.ts';
import { openCluster } from './testing/on-cluster.ts';
import { recordOf, SegmentLoader, testNow } from './testing/segments.ts';

/** What nodes have, told by each of them. */
const shapes = `SELECT name, replaceRegexpAll(create_table_query, 'UUID \\'[^\\']+\\'', '') AS query FROM system.tables
  WHERE database = '${databaseName}' ORDER BY name`;

test('every node has the same tables, whichever way it came to them', { timeout: 240_000 }, async () => {
  const { servers, door, options, close } = await openCluster();
  const other = await startClickHouse({ shards: 2 });
  try {
    const store = await openStore({ kind: 'clickhouse', ...options }, fixedClock);
    await expectShortAddresses(store);
    await store.close();
    expect(door.carried).toBeGreaterThan(40);
    // Each node named by itself, nothing to carry.
    await (await openStore({ kind: 'clickhouse', ...other }, fixedClock)).close();
    const found = await Promise.all(
      [...servers.urls, ...other.urls].map(async (url) => {
        const engine = await openServer({ urls: [url], database: databaseName });
        const rows = await ownRows<{ name: string; query: string }>(engine, shapes);
        await engine.close();
        return rows.filter(({ name }) => name !== 'schema_migrations');
      }),
    );
    const [first] = found;
    expect(first?.length).toBeGreaterThan(20);
    for (const rows of found) expect(rows).toEqual(first);
  } finally {
    await other.close();
    await close();
  }
});

/** The door takes no longer ones: a load, and parameters of any length. */
async function expectShortAddresses(store: TelemetryStore): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'sightline-addresses-'));
  const loader = new SegmentLoader(store, directory);
  const traces = tracesRequest('api', [
    { traceId: '1'.repeat(32), spanId: '2'.repeat(16), startNanos: testNow },
  ]);
  expect(await loader.load('traces', [recordOf('traces', traces)])).toBe(1);
  const words = Array.from({ length: 5000 }, (_, at) => `word-${at}`);
  const answer = await store.query<{ count: string }>({
    sql: 'SELECT length({words:Array(String)}) AS count FROM spans',
    params: { words },
  });
  expect(answer.rows).toEqual([{ count: '5000' }]);
  rmSync(directory, { recursive: true });
}

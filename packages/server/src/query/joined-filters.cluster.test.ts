/** Conditions of a filter that join over a trace, where traces are spread over servers. */
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { startClickHouse } from '../storage/testing/clickhouse-server.ts';
import { describeJoinedFilters } from './testing/joined-filters-contract.ts';
import { TestStore } from './testing/test-store.ts';

vi.setConfig({ testTimeout: 120_000 });

describe('on two shards', () => {
  let servers: Awaited<ReturnType<typeof startClickHouse>>;
  let telemetry: TestStore;
  beforeAll(async () => {
    servers = await startClickHouse({ shards: 2 });
  }, 120_000);
  afterAll(async () => servers?.close());

  describeJoinedFilters(
    async (now) => {
      telemetry = await TestStore.openServers(now, servers);
      return telemetry;
    },
    ['-user:bob'],
  );

  test('both shards have spans of the runs', async () => {
    const { rows } = await telemetry.store.query<{ shards: string }>({
      sql: 'SELECT uniqExact(_shard_num) AS shards FROM spans',
    });
    expect(Number(rows[0]?.shards)).toBe(2);
  });
});

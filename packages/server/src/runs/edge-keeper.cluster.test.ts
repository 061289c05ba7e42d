/** The service map of parts made ahead on two shards: what the spans say. */
import { serviceMapParameters } from '@sightline/schema/api';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readServiceMap } from '../query/analysis/read-service-map.ts';
import { hexId, tracesRequest } from '../query/testing/otlp-json.ts';
import { TestStore } from '../query/testing/test-store.ts';
import { startClickHouse } from '../storage/testing/clickhouse-server.ts';
import { EdgeKeeper } from './edge-keeper.ts';

let servers: Awaited<ReturnType<typeof startClickHouse>>;
let telemetry: TestStore;

beforeAll(async () => {
  servers = await startClickHouse({ shards: 2 });
  telemetry = await TestStore.openServers(new Date('2026-11-21T12:00:00Z'), servers);
}, 240_000);
afterAll(async () => {
  await telemetry.close();
  await servers.close();
});

/** One of two services calls the other, across the edges of hours. */
function called(first: number, count: number): readonly unknown[] {
  const traces = Array.from({ length: count }, (_, index) => first + index);
  const span = (trace: number, place: number) => ({
    traceId: hexId(32, trace * 7919),
    spanId: hexId(16, trace * 2 + place),
    ...(place === 0 ? {} : { parentSpanId: hexId(16, trace * 2) }),
    kind: 2,
    startNanos:
      telemetry.clock.nowNanos - BigInt(trace) * 300_000_000_000n + BigInt(place) * 200_000_000_000n,
    durationNanos: BigInt(trace) * 1_000_000n,
  });
  return [
    tracesRequest(
      'web',
      traces.map((trace) => span(trace, 0)),
    ),
    tracesRequest(
      'shop',
      traces.map((trace) => span(trace, 1)),
    ),
  ];
}

test(
  'parts on two shards say what the spans say, also after some came late',
  { timeout: 480_000 },
  async () => {
    const keeper = new EdgeKeeper({ store: telemetry.store, log: pino({ level: 'silent' }), quietMs: 0 });
    const query = serviceMapParameters.parse({ from: '-4h' });
    const ask = async () => readServiceMap(telemetry.context, query);
    for (const [first, calls] of [
      [1, 30],
      [31, 48],
    ] as const) {
      await telemetry.loadTogether('traces', called(first, 30));
      const fromSpans = await ask();
      await keeper.made();
      const ofParts = await ask();
      expect(
        ofParts.edges.map(({ source, target, calls: each }) => [source, target, each]),
        'of parts',
      ).toEqual([
        ['service:web', 'service:shop', calls],
        ['user:Users', 'service:web', calls],
      ]);
      if (first === 1) expect(ofParts).toEqual(fromSpans);
    }
    const { rows } = await telemetry.store.query<{ parts: string }>({
      sql: 'SELECT count() AS parts FROM service_edges FINAL WHERE seconds = 3600',
    });
    expect(Number(rows[0]?.parts)).toBeGreaterThan(3);
    await keeper.stop();
  },
);

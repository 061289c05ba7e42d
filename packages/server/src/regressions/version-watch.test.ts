import { afterAll, beforeAll, expect, it } from 'vitest';
import { hexId, tracesRequest } from '../query/testing/otlp-json.ts';
import { TestStore } from '../query/testing/test-store.ts';
import { VersionWatch } from './version-watch.ts';

const minute = 60_000_000_000n;
const beganMs = Date.now();
let at: TestStore;
let spanNumber = 0;

beforeAll(async () => {
  at = await TestStore.open(new Date(beganMs));
});
afterAll(async () => at.close());

async function send(version: string, minutesAgo: number): Promise<void> {
  spanNumber++;
  const startNanos = BigInt(beganMs) * 1_000_000n - BigInt(minutesAgo * 60_000) * 1_000_000n;
  const span = { traceId: hexId(32, spanNumber), spanId: hexId(16, spanNumber), name: 'GET', startNanos };
  await at.loadJson(
    'traces',
    tracesRequest('shop', [{ ...span, durationNanos: 1_000_000n }], { 'service.version': version }),
  );
}

it('sees versions whose spans came hours late, as if they had come in time', async () => {
  const watch = new VersionWatch();
  const seen = async () => (await watch.look(at.context)).map(({ version }) => version).toSorted();
  await send('1.0', 2);
  expect(await seen()).toEqual(['1.0']);
  // While the server ran, a past of hours came: one version began in it, another ran through its edge.
  await send('0.9', 180);
  await send('0.8', 354.5);
  await send('0.8', 100);
  at.clock.nowNanos += minute;
  expect(await seen()).toEqual(['1.0']);
  at.clock.nowNanos += 4n * minute;
  expect(await seen()).toEqual(['0.9', '1.0']);
  // Nothing came late since: the hours before are not read again.
  at.clock.nowNanos += 5n * minute;
  expect(await seen()).toEqual(['1.0']);
});

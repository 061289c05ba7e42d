/** A bulk replay whose program is killed in the middle, and whose server is. A lease of 40 s has to end: longer than `npm test` waits. */
import type { ReplayBatch, ReplaysResponse } from '@sightline/schema/api';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { killed, RefundShop, until } from './testing/refund-shop.ts';

const runs = 24;
const pause = { PAUSE_MS: '400' };
let shop: RefundShop;
beforeAll(async () => {
  shop = await RefundShop.open();
}, 120_000);
afterAll(async () => shop.close());

it('runs nothing twice and forgets nothing', { timeout: 300_000 }, async () => {
  await shop.record(Array.from({ length: runs }, (_, at) => at));
  const first = shop.start([], pause);
  await until(async () => shop.isReady());
  shop.forget();
  const made = await shop.live.ask('/replay-batches', 'POST', {
    q: 'service:refunds',
    limit: runs,
    target: 'refund',
    concurrency: 8,
  });
  const { id } = made.body as ReplayBatch;
  const begun = () => shop.ran().filter((line) => line.startsWith('refund'));
  const counts = async () => (await shop.live.read<ReplayBatch>(`/replay-batches/${id}/state`)).counts;

  await until(() => begun().length >= 6);
  await killed(first);
  const atDeath = begun().length;
  shop.start([], pause);
  // Another program takes what waits, while what the first had claimed is not given out again.
  await until(() => begun().length >= atDeath + 5);
  const { ui, otlpHttp } = shop.live;
  await shop.live.kill();
  await shop.live.startAgain(['--port', new URL(ui).port, '--otlp-http-port', new URL(otlpHttp).port]);
  await until(async () => {
    const { queued, running } = await counts();
    return queued + running === 0;
  });

  const { done, failed, lost } = await counts();
  expect(done + failed + lost).toBe(runs);
  // Four places of the first program; the second lived through the death of the server, and told its results again.
  expect(lost).toBeGreaterThan(0);
  expect(lost).toBeLessThanOrEqual(4);
  const times = Map.groupBy(begun(), (line) => line);
  expect([...times.values()].filter((lines) => lines.length > 1)).toEqual([]);
  const { replays } = await shop.live.read<ReplaysResponse>(`/replays?batchId=${id}&limit=100`);
  const unasked = replays.filter(({ input }) => !times.has(`refund ${(input as { order: number }).order}`));
  expect(unasked.filter(({ state }) => state !== 'lost')).toEqual([]);
});

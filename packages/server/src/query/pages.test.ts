import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findLogs } from './find-logs.ts';
import { findSpans } from './find-spans.ts';
import { findTraces } from './find-traces.ts';
import { expectExactTracePages, loadTraces, nextId, readAll } from './testing/exact-pages.ts';
import { hexId, logsRequest } from './testing/otlp-json.ts';
import { TestStore } from './testing/test-store.ts';

const second = 1_000_000_000n;
let telemetry: TestStore;

beforeAll(async () => {
  telemetry = await TestStore.open(new Date('2026-11-21T12:00:00Z'));
});
afterAll(async () => {
  await telemetry.close();
});

test('pages of traces neither lose nor repeat while spans arrive', { timeout: 240_000 }, async () => {
  await expectExactTracePages(telemetry, { numRuns: 5 });
});

test('a trace that a late span moves back between pages is neither lost nor repeated', async () => {
  const service = 'moved';
  const [first, second, third] = [hexId(32, nextId()), hexId(32, nextId()), hexId(32, nextId())];
  await loadTraces(telemetry, service, [
    { id: first, starts: [100] },
    { id: second, starts: [200] },
    { id: third, starts: [300] },
  ]);
  const { context, statements } = telemetry.recorded();
  const read = async (cursor?: string) => {
    const parameters = { from: '-1h', to: 'now', service, limit: 1 };
    const page = await findTraces(context, cursor === undefined ? parameters : { ...parameters, cursor });
    return { ids: page.traces.map(({ traceId }) => traceId), next: page.nextCursor ?? undefined };
  };
  const one = await read();
  // The first page asks nothing about what is late.
  expect(statements.filter((text) => text.includes('stored_time'))).toEqual([]);
  // One that was shown and one that was not, both behind all others.
  await loadTraces(telemetry, service, [
    { id: first, starts: [900] },
    { id: second, starts: [1000] },
  ]);
  const two = await read(one.next);
  const three = await read(two.next);
  expect([one.ids, two.ids, three.ids]).toEqual([[first], [second], [third]]);
  expect(three.next).toBeUndefined();
  // A new list has them where they are now.
  expect((await read()).ids).toEqual([third]);
});

async function spanIdsOf(service: string): Promise<string[]> {
  const { spans } = await findSpans(telemetry.context, { from: '-1h', to: 'now', service, limit: 100 });
  return spans.map(({ spanId }) => spanId);
}

test('pages of spans neither lose nor repeat while spans arrive', { timeout: 240_000 }, async () => {
  const offsets = fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 15 });
  await fc.assert(
    fc.asyncProperty(offsets, offsets, fc.integer({ min: 1, max: 4 }), async (starts, late, limit) => {
      const service = `service-${nextId()}`;
      const trace = hexId(32, nextId());
      await loadTraces(telemetry, service, [{ id: trace, starts }]);
      const loaded = await spanIdsOf(service);
      expect(loaded.length).toBe(starts.length);
      const waiting = [...late];
      const parameters = { from: '-1h', to: 'now', service, limit };
      const seen = await readAll(
        async (cursor) => {
          const { spans, nextCursor } = await findSpans(
            telemetry.context,
            cursor === undefined ? parameters : { ...parameters, cursor },
          );
          return { items: spans.map(({ spanId }) => spanId), nextCursor };
        },
        async () => {
          const start = waiting.pop();
          if (start !== undefined) await loadTraces(telemetry, service, [{ id: trace, starts: [start] }]);
        },
      );
      expect(new Set(seen).size).toBe(seen.length);
      for (const id of loaded) expect(seen).toContain(id);
    }),
    { numRuns: 4 },
  );
});

test.each(['desc', 'asc'] as const)(
  'pages of logs neither lose nor repeat, %s',
  { timeout: 60_000 },
  async (order) => {
    const service = `logs-${order}`;
    // Many records of one moment: only their ids tell them apart.
    const logs = Array.from({ length: 25 }, (_, index) => ({
      timeNanos: telemetry.clock.nowNanos - BigInt(Math.floor(index / 10)) * second,
      body: `line ${index}`,
    }));
    await telemetry.loadJson('logs', logsRequest(service, logs));
    let extra = 0;
    const parameters = { from: '-1h', to: 'now', service, limit: 4, order };
    const seen = await readAll(
      async (cursor) => {
        const { logs: page, nextCursor } = await findLogs(
          telemetry.context,
          cursor === undefined ? parameters : { ...parameters, cursor },
        );
        return { items: page.map(({ id, body }) => ({ id, body })), nextCursor };
      },
      async () => {
        // No two requests are received in the same microsecond.
        telemetry.clock.nowNanos += 1000n;
        const late = { timeNanos: telemetry.clock.nowNanos, body: `late ${extra++}` };
        await telemetry.loadJson('logs', logsRequest(service, [late]));
      },
    );
    expect(new Set(seen.map(({ id }) => id)).size).toBe(seen.length);
    const bodies = seen.map(({ body }) => body);
    for (const { body } of logs) expect(bodies).toContain(body);
  },
);

test('a cursor belongs to its query', async () => {
  const service = 'logs-desc';
  const { nextCursor } = await findLogs(telemetry.context, {
    from: '-1h',
    to: 'now',
    service,
    limit: 1,
    order: 'desc',
  });
  const cursor = nextCursor ?? '';
  const other = findLogs(telemetry.context, {
    from: '-1h',
    to: 'now',
    service: 'other',
    limit: 1,
    order: 'desc',
    cursor,
  });
  await expect(other).rejects.toMatchObject({ code: 'bad_cursor' });
  const broken = findLogs(telemetry.context, {
    from: '-1h',
    to: 'now',
    service,
    limit: 1,
    order: 'desc',
    cursor: 'nonsense',
  });
  await expect(broken).rejects.toMatchObject({ code: 'bad_cursor' });
});

test('a cursor that was changed is refused before the engine sees it', async () => {
  const parameters = { from: '-1h', to: 'now', service: 'logs-desc', limit: 1, order: 'desc' as const };
  const { nextCursor } = await findLogs(telemetry.context, parameters);
  const [print, ...place] = JSON.parse(Buffer.from(nextCursor ?? '', 'base64url').toString()) as string[];
  for (const [index, other] of [
    [0, '0'],
    [1, '9999999999999999999'],
    [4, ['zz', '1']],
    [4, []],
  ] as const) {
    const changed = JSON.stringify([print, ...place.with(index, other as never)]);
    await expect(
      findLogs(telemetry.context, { ...parameters, cursor: Buffer.from(changed).toString('base64url') }),
    ).rejects.toMatchObject({ code: 'bad_cursor' });
  }
});

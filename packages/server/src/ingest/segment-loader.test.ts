import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ensure } from '@sightline/base';
import type { LedgerRow } from '@sightline/schema/api';
import type { Ingest } from './ingest.ts';
import { FakeStore, outage, refusal } from './testing/fake-store.ts';
import { drained, openTestIngest, removeDirectory, temporaryDirectory, until } from './testing/harness.ts';
import { badSpanJson, protobufOf, spansJson } from './testing/payloads.ts';

let directory: string;
let store: FakeStore;

beforeEach(async () => {
  directory = await temporaryDirectory();
  store = new FakeStore();
});
afterEach(async () => removeDirectory(directory));

const send = async (ingest: Ingest, json: string): Promise<unknown> =>
  ingest.accept({ signal: 'traces', project: 'p', request: protobufOf('traces', json) });

/** The engine refuses whatever holds the word. */
function refuseWord(word: string): void {
  store.beforeLoad = (_segment, envelopes) => {
    if (envelopes.some(({ request }) => Buffer.from(request).includes(word)))
      throw refusal('CANNOT_PARSE_TEXT');
  };
}

const row = (ingest: Ingest): LedgerRow => ensure(ingest.ledger().rows[0], 'ledger row');

/** Fourteen spans, one of which the engine refuses, in nine requests that land in one segment. */
async function sendWithCulprit(ingest: Ingest): Promise<void> {
  const requests = [
    spansJson(1),
    spansJson(2),
    spansJson(1),
    spansJson(1),
    withCulprit(),
    spansJson(2),
    spansJson(1),
  ];
  await Promise.all([...requests, badSpanJson, spansJson(1)].map(async (json) => send(ingest, json)));
}

/** A request of five good spans, a refused one in their midst. */
function withCulprit(): string {
  const request = JSON.parse(spansJson(5)) as {
    resourceSpans: { scopeSpans: { spans: { name: string }[] }[] }[];
  };
  ensure(request.resourceSpans[0]?.scopeSpans[0]?.spans[2], 'span').name = 'poison';
  return JSON.stringify(request);
}

test('The one span the engine refuses is set aside with its reason, and every other one is stored', async () => {
  refuseWord('poison');
  const ingest = await openTestIngest(directory, store);
  await sendWithCulprit(ingest);
  await drained(ingest);
  expect(store.items()).toBe(13);
  expect(row(ingest)).toMatchObject({
    received: 15,
    accepted: 14,
    stored: 13,
    pending: 0,
    rejected: 1,
    quarantined: 1,
    rejections: [{ reason: 'invalid_trace_id', count: 1 }],
    quarantines: [{ reason: 'CANNOT_PARSE_TEXT', count: 1 }],
  });
  const files = await readdir(join(directory, 'quarantine'));
  expect(files.length).toBe(3);
  const reason: unknown = JSON.parse(
    await readFile(
      join(
        directory,
        'quarantine',
        ensure(
          files.find((file) => file.endsWith('.json')),
          'json',
        ),
      ),
      'utf8',
    ),
  );
  expect(reason).toMatchObject({ project: 'p', signal: 'traces', items: 1, reason: 'CANNOT_PARSE_TEXT' });
  expect(
    (
      await readFile(
        join(
          directory,
          'quarantine',
          ensure(
            files.find((f) => f.endsWith('.pb')),
            'pb',
          ),
        ),
      )
    ).includes('poison'),
  ).toBe(true);
  await ingest.close();
  expect(await readdir(join(directory, 'journal', 'traces'))).toEqual([]);

  const again = await openTestIngest(directory, store);
  expect(row(again)).toMatchObject({ received: 15, accepted: 14, stored: 13, rejected: 1, quarantined: 1 });
  await again.close();
});

test('A stop at any step of the halving leaves every span stored or set aside exactly once after the next start', async () => {
  for (let step = 1; step < 14; step += 1) {
    const own = await temporaryDirectory();
    store = new FakeStore();
    let loads = 0;
    const answersLost = step % 2 === 0;
    const fail = (): void => {
      loads += 1;
      if (loads >= step) throw outage();
    };
    refuseWord('poison');
    const refuse = store.beforeLoad;
    store.beforeLoad = async (segment, envelopes) => {
      if (!answersLost) fail();
      await refuse(segment, envelopes);
    };
    store.afterLoad = () => {
      if (answersLost) fail();
    };
    const first = await openTestIngest(own, store);
    await sendWithCulprit(first);
    await until('the engine to go away', () => first.isStoreAway || first.ledger().journal.segments === 0);
    await first.close();

    refuseWord('poison');
    store.afterLoad = () => undefined;
    const second = await openTestIngest(own, store);
    await drained(second);
    expect(store.items(), `step ${step}`).toBe(13);
    expect(row(second), `step ${step}`).toMatchObject({
      accepted: 14,
      stored: 13,
      quarantined: 1,
      rejected: 1,
    });
    await second.close();
    await removeDirectory(own);
  }
});

test('An engine that refuses everything is away, and nothing is set aside', async () => {
  store.beforeLoad = () => {
    throw refusal('UNKNOWN_TABLE');
  };
  const ingest = await openTestIngest(directory, store);
  await send(ingest, spansJson(3));
  await until('three attempts', () => store.attempts.length >= 6);
  expect(row(ingest)).toMatchObject({ pending: 3, quarantined: 0 });
  store.beforeLoad = () => undefined;
  await drained(ingest);
  expect(row(ingest)).toMatchObject({ stored: 3, pending: 0, quarantined: 0 });
  await ingest.close();
});

test('An answer that got lost after the rows were stored stores them once', async () => {
  let lost = 3;
  store.afterLoad = () => {
    lost -= 1;
    if (lost >= 0) throw outage();
  };
  const ingest = await openTestIngest(directory, store);
  await send(ingest, spansJson(3));
  await drained(ingest);
  expect(store.attempts.length).toBe(4);
  expect(store.items()).toBe(3);
  expect(row(ingest)).toMatchObject({ accepted: 3, stored: 3 });
  await ingest.close();
});

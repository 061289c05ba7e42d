/** When loads are planned ahead, which of them are used, and when they are let go. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { TelemetrySignal } from '@sightline/schema/api';
import type { PlannedLoad, SegmentFile } from '../storage/telemetry-store.ts';
import type { Ingest } from './ingest.ts';
import { realDisk } from './disk.ts';
import { FakeStore, outage } from './testing/fake-store.ts';
import { drained, openTestIngest, removeDirectory, temporaryDirectory, until } from './testing/harness.ts';
import { logsJson, protobufOf, spansJson } from './testing/payloads.ts';

interface Plan {
  readonly signal: TelemetrySignal;
  readonly token: string;
  end?: 'used' | 'released';
}

/** Plans what it is asked to, and remembers what became of it. */
class PlanningStore extends FakeStore {
  readonly plans: Plan[] = [];
  planning: () => Promise<boolean> = async () => true;

  override readonly planLoad = ({ signal, token }: Pick<SegmentFile, 'signal' | 'token'>): PlannedLoad => {
    const plan: Plan = { signal, token };
    this.plans.push(plan);
    return {
      ready: this.planning(),
      run: async () => {
        plan.end = 'used';
      },
      release: async () => {
        plan.end ??= 'released';
      },
    };
  };

  get open(): readonly Plan[] {
    return this.plans.filter(({ end }) => end === undefined);
  }
}

let directory: string;
let store: PlanningStore;
let ingest: Ingest;

beforeEach(async () => {
  directory = await temporaryDirectory();
  store = new PlanningStore();
  // What the store does with the plan of a segment.
  store.beforeLoad = async ({ planned }) => planned?.run(Buffer.alloc(0));
});
afterEach(async () => {
  await ingest.close();
  await removeDirectory(directory);
});

const send = async (): Promise<unknown> =>
  ingest.accept({ signal: 'traces', project: 'p', request: protobufOf('traces', spansJson(2)) });

test('Each segment is loaded by the plan of its token, and the next load of each signal in use is planned', async () => {
  ingest = await openTestIngest(directory, store);
  for (let round = 0; round < 3; round += 1) {
    await send();
    await drained(ingest);
  }
  await ingest.accept({ signal: 'logs', project: 'p', request: protobufOf('logs', logsJson(1)) });
  await drained(ingest);
  const used = store.plans.filter(({ end }) => end === 'used').map(({ token }) => token);
  expect(used).toEqual(store.attempts);
  expect(used).toHaveLength(4);
  expect(store.open.map(({ signal }) => signal).toSorted()).toEqual(['logs', 'traces']);
});

test('A segment is sealed when its plan is ready, and what comes until then goes with it', async () => {
  let ready: (isReady: boolean) => void = () => undefined;
  store.planning = async () => new Promise((resolve) => (ready = resolve));
  ingest = await openTestIngest(directory, store);
  await send();
  await send();
  await new Promise((resolve) => setTimeout(resolve, 100));
  await send();
  expect(store.attempts).toEqual([]);
  ready(true);
  await drained(ingest);
  expect(store.attempts).toHaveLength(1);
  expect(store.items()).toBe(6);
});

test('Where planning fails, and where there is no plan, everything is loaded all the same', async () => {
  store.planning = async () => false;
  ingest = await openTestIngest(directory, store);
  for (let round = 0; round < 3; round += 1) {
    await send();
    await drained(ingest);
  }
  expect(store.items()).toBe(6);
  expect(store.plans.every(({ end }) => end !== 'used')).toBe(true);
});

test('Where the journal gives a segment up, its plan is let go and the next is used', async () => {
  let isBroken = false;
  const syncDirectory = async (path: string): Promise<void> => {
    if (isBroken) throw new Error('The disk is broken.');
    await realDisk.syncDirectory(path);
  };
  ingest = await openTestIngest(directory, store, { disk: { ...realDisk, syncDirectory } });
  await send();
  await drained(ingest);
  isBroken = true;
  await expect(send()).rejects.toThrow();
  isBroken = false;
  await send();
  await drained(ingest);
  expect(store.plans.map(({ end }) => end)).toEqual(['used', 'released', 'used', undefined]);
  expect(store.plans.filter(({ end }) => end === 'used').map(({ token }) => token)).toEqual(store.attempts);
});

test('What changes tables finds none of them held, and nothing is planned meanwhile', async () => {
  ingest = await openTestIngest(directory, store);
  await send();
  await drained(ingest);
  expect(store.open).toHaveLength(1);
  await ingest.whileLoadsWait(async () => {
    expect(store.open).toEqual([]);
    await send();
    expect(store.open).toEqual([]);
  });
  await drained(ingest);
  expect(store.items()).toBe(4);
});

test('A load that failed does not use its plan again, and no plan outlives the server', async () => {
  let failures = 2;
  store.beforeLoad = async ({ planned }) => {
    await planned?.run(Buffer.alloc(0));
    if ((failures -= 1) >= 0) throw outage();
  };
  ingest = await openTestIngest(directory, store);
  await send();
  await until('the load to be tried again', () => store.items() === 2);
  const [first, second, third] = store.attempts;
  expect([second, third]).toEqual([first, first]);
  expect(store.plans.filter(({ token }) => token === first)).toHaveLength(1);
  await ingest.close();
  expect(store.open).toEqual([]);
});

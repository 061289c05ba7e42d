/** What is read while much has to be put together: wherever the keeper was interrupted, nothing is wrong, and what is left out is told. */
import fc from 'fast-check';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { unixNano } from '@sightline/base';
import { agentsParameters, overviewParameters, runsParameters, usersParameters } from '@sightline/schema/api';
import { findAgents } from '../query/agents/find-callees.ts';
import { findUsers } from '../query/agents/find-run-groups.ts';
import { findRuns } from '../query/agents/find-runs.ts';
import { readOverview } from '../query/agents/read-overview.ts';
import { readRunsProgress, withStoredRuns } from '../query/agents/stored-runs.ts';
import { type QueryContext, Reader } from '../query/reader.ts';
import type { RunScope } from '../query/sql/run-rows-sql.ts';
import { AgentSpans } from '../query/testing/agent-spans.ts';
import { tracesRequest } from '../query/testing/otlp-json.ts';
import { day, TestStore } from '../query/testing/test-store.ts';
import { flatPrice } from '../storage/testing/flat-price.ts';
import { StoreError, type TelemetryStore } from '../storage/telemetry-store.ts';
import { RunKeeper } from './run-keeper.ts';
import { randomSpan, type RandomStep, randomStep } from './testing/random-steps.ts';
import { readRunsAndCalls, type RunOrCalls } from './testing/runs-and-calls.ts';
import { settle } from './testing/settled-answer.ts';

vi.setConfig({ testTimeout: 240_000 });
const log = pino({ level: 'silent' });

let telemetry: TestStore;
let spans: AgentSpans;
let scope: RunScope;
let traces: readonly (readonly RandomStep[])[];

beforeAll(async () => {
  telemetry = await TestStore.open(new Date('2026-11-21T12:00:00Z'));
  spans = new AgentSpans(telemetry.clock.nowNanos - day);
  const { nowNanos } = telemetry.clock;
  scope = {
    project: 'default',
    window: { from: unixNano(nowNanos - 3n * day), to: unixNano(nowNanos + 2n * day) },
  };
  traces = fc.sample(
    fc.uniqueArray(randomStep, { minLength: 1, maxLength: 8, selector: ({ span }) => span }),
    { numRuns: 120, seed: 21 },
  );
  await load((each) => each.load === 0);
});
afterAll(async () => telemetry.close());
beforeEach(() => {
  places = fc.sample(fc.integer({ min: 1, max: 6 }), { numRuns: 20, seed: 8 });
});

/** After how many statements, or notes, the keeper is interrupted, one time after the other. */
let places: number[] = [];

/** What the steps say, until they change. */
let told: readonly RunOrCalls[] | undefined;

async function load(which: (step: RandomStep) => boolean): Promise<void> {
  told = undefined;
  const wanted = traces.flatMap((steps, trace) =>
    steps.filter(which).map((each) => randomSpan(spans, trace + 1, each)),
  );
  await telemetry.loadJson('traces', tracesRequest('bot', wanted, { 'service.version': '1' }));
}

/** A keeper that goes on for a while, in small pieces. */
async function putSome(until: 'statement' | 'note'): Promise<void> {
  let left = places.pop() ?? 3;
  const count = (): boolean => (left -= 1) < 0;
  const store: TelemetryStore = {
    ...telemetry.store,
    deriveRuns: async (rows) => {
      if (until === 'statement' && count()) throw new Error('interrupted');
      await telemetry.store.deriveRuns(rows);
    },
    recordRunsProgress: async (progress) => {
      await telemetry.store.recordRunsProgress(progress);
      if (until === 'note' && count()) throw new Error('interrupted');
    },
  };
  const keeper = new RunKeeper({ store, log, quietMs: 0, stepsPerStatement: 100 });
  await expect(keeper.settled()).rejects.toThrow('interrupted');
  await keeper.stop();
}

async function putAll(): Promise<void> {
  const keeper = new RunKeeper({ store: telemetry.store, log, quietMs: 0, stepsPerStatement: 1000 });
  await keeper.settled();
  await keeper.stop();
}

const context = (stepsReadMax?: number): QueryContext => ({ ...telemetry.context, stepsReadMax });
const read = async (of: RunScope): Promise<readonly RunOrCalls[]> => readRunsAndCalls(telemetry.store, of);
const progress = async () => readRunsProgress(new Reader(telemetry.context));

async function expectSame(what: string, isBehind: boolean): Promise<void> {
  const reader = new Reader(context());
  const fast = await withStoredRuns(reader, scope, {});
  expect(fast.stored, what).toBeDefined();
  expect((await progress()).ahead !== undefined, what).toBe(isBehind);
  expect(reader.limitsMet).toEqual({});
  told ??= await read(scope);
  expect(await read(fast), what).toEqual(told);
}

async function deriveAnew(): Promise<void> {
  told = undefined;
  const from = BigInt(Date.parse('2026-11-20T00:00:00Z')) * 1_000_000n;
  const range = { from: unixNano(from), to: unixNano(from + day) };
  await telemetry.store.rederiveDay({ signal: 'traces', project: 'default', day: '2026-11-20', ...range });
}

async function priceAnew(each: number): Promise<void> {
  told = undefined;
  const prices = flatPrice('example', 'm1').prices.map((owned) => ({
    ...owned,
    rows: owned.rows.map((row) => ({ ...row, input: each })),
  }));
  await telemetry.store.putPrices([{ provider: 'example', model: 'm1', prices }]);
  const { from, to } = scope.window;
  await telemetry.store.priceSpans({
    which: 'range',
    project: 'default',
    from: unixNano(from),
    to: unixNano(to),
  });
}

test('both ways answer the same wherever the keeper was interrupted, whatever comes meanwhile', async () => {
  await putSome('statement');
  await expectSame('the first time', (await progress()).ahead !== undefined);
  while ((await progress()).ahead === undefined) await putSome('note');
  await expectSame('nothing is known but the newest', true);
  await load((each) => each.load === 1);
  await expectSame('late spans came', true);
  await putSome('statement');
  await expectSame('what came meanwhile is put together as well', true);
  await priceAnew(3);
  await expectSame('priced anew', true);
  await putSome('note');
  await expectSame('and some of that put together', true);
  await putAll();
  await expectSame('all of it', false);

  await priceAnew(4);
  await putSome('note');
  await expectSame('priced anew, of which some is put together', true);
  await load((each) => each.load === 2);
  await putSome('statement');
  await expectSame('later spans came', true);
  await deriveAnew();
  await putSome('note');
  await expectSame('a day derived anew', true);
  await putSome('statement');
  await putAll();
  await expectSame('all of it', false);
});

test('what is too much to be read is left out, the oldest of it, and told', async () => {
  await deriveAnew();
  let last = 0n;
  for (const isKnown of [false, true, true]) {
    if (isKnown) await putSome('note');
    const reader = new Reader(context(100));
    const some = await withStoredRuns(reader, scope, {});
    const from = isKnown ? (some.stored?.unknown[0]?.from ?? 0n) : some.window.from;
    expect(some.stored !== undefined).toBe(isKnown);
    const time = new Date(Number(from / 1_000_000n)).toISOString().slice(0, 19);
    expect(reader.limitsMet).toEqual({
      limitsMet: [
        {
          limit: 'rows',
          message: `Runs are being put together: what happened before ${time}Z is not all in this answer yet.`,
        },
      ],
    });
    expect(from).toBeGreaterThan(scope.window.from);
    if (last > 0n) expect(from).toBeLessThan(last);
    last = isKnown ? from : 0n;
    const rows = await read(some);
    expect(rows.length).toBeGreaterThan(50);
    // As if nothing had been there before.
    expect(rows).toEqual(await read({ ...scope, window: { ...scope.window, from: unixNano(from) } }));
  }
  await putAll();
});

test('where prices changed that are not known yet, a run is as it is or as it was', async () => {
  const before = await read(scope);
  await priceAnew(7);
  const after = await read(scope);
  await putSome('note');
  const reader = new Reader(context(100));
  const some = await withStoredRuns(reader, scope, {});
  expect(reader.limitsMet.limitsMet?.[0]?.message).toMatch(
    /^Runs are being put together: what came or changed since .* and happened before .* is not all in this answer yet\.$/,
  );
  const key = ({ trace, kinds }: RunOrCalls): string => `${trace} ${kinds}`;
  const byKey = (rows: readonly RunOrCalls[]) => new Map(rows.map((row) => [key(row), row]));
  const [was, is] = [byKey(before), byKey(after)];
  let changed = 0;
  const found = await read(some);
  expect(found.map(key)).toEqual(after.map(key));
  for (const row of found) {
    if (JSON.stringify(row) === JSON.stringify(is.get(key(row)))) changed += 1;
    else expect(row).toEqual(was.get(key(row)));
  }
  expect(changed).toBeGreaterThan(50);
  expect(changed).toBeLessThan(found.length);
  await putAll();
});

const range = { from: '2026-11-18T12:00:00Z', to: '2026-11-23T12:00:00Z', limit: 500 };
const questions: readonly ((of: QueryContext) => Promise<{ readonly limitsMet?: unknown }>)[] = [
  async (of) => readOverview(of, overviewParameters.parse({ ...range, groupBy: 'agent' })),
  async (of) => findAgents(of, agentsParameters.parse(range)),
  async (of) => findUsers(of, usersParameters.parse(range)),
  async (of) => findRuns(of, runsParameters.parse({ ...range, sort: '-costUsd' })),
];

test('an answer that meets a limit reads less of what is not put together, but says so', async () => {
  const whole = await Promise.all(questions.map(async (ask) => ask(context())));
  // As a store where few steps fit into memory.
  const tight = (stepsReadMax: number): QueryContext => ({
    ...context(stepsReadMax),
    store: {
      ...telemetry.store,
      query: async (statement, limits) => {
        const isLarge = /groupUniqArray|AS hasStep/.test(statement.sql);
        if (isLarge && failures-- > 0) throw new StoreError('limit', 'Too much.', { limit: 'memory' });
        return telemetry.store.query(statement, limits);
      },
    },
  });
  let failures = 1;
  // Where no runs are put together there is nothing to read less of: the part is left out, and says so.
  expect(await questions[0]?.(tight(10_000))).toMatchObject({ partsMissing: [{ code: 'query_limit' }] });
  await deriveAnew();
  for (const [index, ask] of questions.entries()) {
    failures = 1;
    expect(await ask(tight(1000)), `question ${index}`).toMatchObject({
      limitsMet: [{ limit: 'rows', message: expect.stringContaining('put together') as string }],
    });
    failures = 0;
    expect(settle(await ask(tight(1000)))).toEqual(settle(whole[index]));
  }
});

/** The table of runs, however its spans came: what is settled piece by piece is what would be settled at once. */
import fc from 'fast-check';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { unixNano } from '@sightline/base';
import { overviewParameters, runsParameters } from '@sightline/schema/api';
import { findRuns } from '../query/agents/find-runs.ts';
import { readOverview } from '../query/agents/read-overview.ts';
import { readRun } from '../query/agents/read-run.ts';
import { AgentSpans } from '../query/testing/agent-spans.ts';
import { hexId, tracesRequest } from '../query/testing/otlp-json.ts';
import { day, TestStore } from '../query/testing/test-store.ts';
import { flatPrice } from '../storage/testing/flat-price.ts';
import type { TelemetryStore } from '../storage/telemetry-store.ts';
import { RunKeeper } from './run-keeper.ts';
import { randomSpan, type RandomStep, randomStep } from './testing/random-steps.ts';
import { expectAsSettledAnew, progressOf } from './testing/settled-rows.ts';

const log = pino({ level: 'silent' });
vi.setConfig({ testTimeout: 240_000 });

let telemetry: TestStore;
let keeper: RunKeeper;
let spans: AgentSpans;
let traces: readonly (readonly RandomStep[])[];

beforeAll(async () => {
  telemetry = await TestStore.open(new Date('2026-11-21T12:00:00Z'));
  keeper = new RunKeeper({ store: telemetry.store, log, quietMs: 0 });
  spans = new AgentSpans(telemetry.clock.nowNanos - day);
  traces = fc.sample(
    fc.uniqueArray(randomStep, { minLength: 1, maxLength: 8, selector: ({ span }) => span }),
    { numRuns: 150, seed: 5 },
  );
});
afterAll(async () => {
  await keeper.stop();
  await telemetry.close();
});
let places: number[] = [];
beforeEach(() => {
  places = fc.sample(fc.integer({ min: 1, max: 6 }), { numRuns: 20, seed: 8 });
});

async function load(round: number): Promise<void> {
  const wanted = traces.flatMap((steps, trace) =>
    steps.filter((each) => each.load === round).map((each) => randomSpan(spans, trace + 1, each)),
  );
  await telemetry.loadJson('traces', tracesRequest('bot', wanted, { 'service.version': '1' }));
}

const progress = async () => progressOf(telemetry.store);

const expectSame = async (what: string): Promise<void> => expectAsSettledAnew(telemetry.store, what);

async function priceAnew(input: number): Promise<void> {
  const prices = flatPrice('example', 'm1').prices.map((owned) => ({
    ...owned,
    rows: owned.rows.map((row) => ({ ...row, input })),
  }));
  await telemetry.store.putPrices([{ provider: 'example', model: 'm1', prices }]);
  const range = { from: unixNano(spans.origin - day), to: unixNano(spans.origin + 3n * day) };
  await telemetry.store.priceSpans({ which: 'range', project: 'default', ...range });
}

/** A keeper that goes on for a while, in small pieces. */
async function settleSome(until: 'statement' | 'note'): Promise<void> {
  let left = places.pop() ?? 3;
  const count = (): boolean => (left -= 1) < 0;
  const store: TelemetryStore = {
    ...telemetry.store,
    putRuns: async (runs) => {
      if (until === 'statement' && count()) throw new Error('interrupted');
      await telemetry.store.putRuns(runs);
    },
    recordRunsProgress: async (made) => {
      await telemetry.store.recordRunsProgress(made);
      if (until === 'note' && count()) throw new Error('interrupted');
    },
  };
  const some = new RunKeeper({ store, log, quietMs: 0, stepsPerStatement: 100 });
  await expect(some.settled()).rejects.toThrow('interrupted');
  await some.stop();
}

test('what came in three loads and was settled after each, or was interrupted meanwhile', async () => {
  await load(0);
  await settleSome('statement');
  await settleSome('note');
  await load(1);
  await settleSome('statement');
  await keeper.settled();
  await load(2);
  await keeper.settled();
  await expectSame('three loads');
});

test('what was priced anew, deleted, or derived anew', async () => {
  const cost = async (): Promise<unknown> => {
    const { totals } = await readOverview(
      telemetry.context,
      overviewParameters.parse({ from: '-3d', to: '+1d' }),
    );
    return totals.costUsd;
  };
  const before = await cost();
  await priceAnew(3);
  await settleSome('note');
  await keeper.settled();
  expect(await cost()).not.toEqual(before);
  await expectSame('priced anew');

  const traceId = hexId(32, 3);
  await keeper.between(async () => telemetry.store.deleteTrace({ project: 'default', traceId }));
  const range = { from: '-3d', to: '+1d', limit: 1000 };
  const { runs } = await findRuns(telemetry.context, runsParameters.parse(range));
  expect(runs.map((run) => run.traceId)).not.toContain(traceId);

  const from = BigInt(Date.parse('2026-11-20T00:00:00Z')) * 1_000_000n;
  const derived = { signal: 'traces', project: 'default', day: '2026-11-20' } as const;
  await telemetry.store.rederiveDay({ ...derived, from: unixNano(from), to: unixNano(from + day) });
  await keeper.settled();
  await expectSame('derived anew');
  const [left] = (
    await telemetry.store.query<{ old: string }>({
      sql: 'SELECT countIf(generation != (SELECT max(generation) FROM runs_progress)) AS old FROM runs',
    })
  ).rows;
  expect(left?.old).toBe('0');
});

test('a request that is stored after its run gives the run its name and its session, and moves it', async () => {
  const at = 10_000;
  const step = spans.agent('helper', { trace: 7001, span: 70_012, parent: 70_011, at, lasts: 5 });
  await telemetry.loadJson('traces', tracesRequest('bot', [step]));
  await keeper.settled();
  const run = async () => {
    const { runs } = await findRuns(
      telemetry.context,
      runsParameters.parse({ from: '-3d', agent: 'helper' }),
    );
    return runs;
  };
  expect(await run()).toMatchObject([{ name: 'invoke_agent helper', sessionId: null }]);
  const request = spans.span({
    trace: 7001,
    span: 70_011,
    at: at - 400,
    lasts: 500,
    name: 'POST /chat',
    attributes: { 'http.request.method': 'POST', 'session.id': 'late' },
  });
  await telemetry.loadJson('traces', tracesRequest('door', [request]));
  await keeper.settled();
  expect(await run()).toMatchObject([
    { name: 'POST /chat', service: 'door', sessionId: 'late', durationMs: 500_000 },
  ]);
});

test('a run that goes on is settled ever more rarely, its page says so, and it is whole when it ended', async () => {
  const pieces = 30;
  const perPiece = 60;
  let nowMs = 0;
  let spansRead = 0;
  const store: TelemetryStore = {
    ...telemetry.store,
    putRuns: async (runs) => {
      spansRead += runs.runs.reduce((sum, { steps }) => sum + steps, 0);
      await telemetry.store.putRuns(runs);
    },
  };
  const pausing = new RunKeeper({ store, log, intervalMs: 0, restFactor: 0, nowMs: () => nowMs });
  const look = async (): Promise<void> => {
    pausing.changed();
    await pausing.caughtUp(120_000);
  };
  await pausing.settled();
  spansRead = 0;
  const steps = async (): Promise<number | undefined> => {
    const found = await findRuns(context, runsParameters.parse({ from: '-3d', agent: 'marathon' }));
    return found.runs[0]?.steps;
  };
  const context = { ...telemetry.context, settle: undefined };
  const traceId = hexId(32, 8001);
  const pieceAt = async (piece: number): Promise<void> => {
    const some = Array.from({ length: perPiece }, (_, index) =>
      spans.tool('search', {
        trace: 8001,
        span: 80_100 + piece * perPiece + index,
        parent: 80_010,
        at: 20_000 + piece,
      }),
    );
    await telemetry.loadJson('traces', tracesRequest('bot', some));
  };
  for (let piece = 0; piece < pieces; piece += 1) {
    nowMs += 60_000;
    await pieceAt(piece);
    await look();
  }
  const all = pieces * perPiece;
  // Settled with each piece it would be fifteen times as many.
  expect(spansRead).toBeLessThan(5 * all);
  expect((await readRun(context, traceId)).limitsMet).toMatchObject([{ limit: 'settling' }]);

  nowMs += 60_000;
  const root = spans.agent('marathon', { trace: 8001, span: 80_010, at: 20_000, lasts: 9_000 });
  await telemetry.loadJson('traces', tracesRequest('bot', [root]));
  await look();
  expect(await steps()).toBe(all + 1);
  expect((await readRun(context, traceId)).limitsMet).toBeUndefined();

  // What comes after it waits; a server that is started meanwhile finds it.
  await pieceAt(pieces);
  await look();
  expect(await steps()).toBe(all + 1);
  expect((await progress()).waiting).toMatchObject([{ traceId }]);
  await pausing.stop();
  const next = new RunKeeper({ store, log, intervalMs: 0, restFactor: 0 });
  next.changed();
  await next.caughtUp(120_000);
  expect(await steps()).toBe(all + perPiece + 1);
  expect((await progress()).waiting).toEqual([]);
  await next.stop();
});

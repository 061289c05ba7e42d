/** The overview with sums made ahead against the overview that reads every run: the same, whatever changes when. */
import fc from 'fast-check';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { unixNano } from '@sightline/base';
import { overviewParameters, type OverviewResponse } from '@sightline/schema/api';
import { readOverview } from '../../query/agents/read-overview.ts';
import type { QueryContext } from '../../query/reader.ts';
import { AgentSpans } from '../../query/testing/agent-spans.ts';
import { hexId, tracesRequest } from '../../query/testing/otlp-json.ts';
import { day, TestStore } from '../../query/testing/test-store.ts';
import type { TelemetryStore } from '../../storage/telemetry-store.ts';
import { RunKeeper } from '../run-keeper.ts';
import { randomSpan, type RandomStep, randomStep } from './random-steps.ts';
import { settle } from './settled-answer.ts';
import { flatPrice } from '../../storage/testing/flat-price.ts';

/** Of each state both windows are asked, by so many groups, in turn. */
export function describeSums(groupsPerState: number): void {
  vi.setConfig({ testTimeout: 240_000 * groupsPerState });
  const log = pino({ level: 'silent' });

  let telemetry: TestStore;
  let keeper: RunKeeper;
  let spans: AgentSpans;

  beforeAll(async () => {
    telemetry = await TestStore.open(new Date('2026-11-21T12:00:00Z'));
    keeper = new RunKeeper({ store: telemetry.store, log, quietMs: 0 });
    spans = new AgentSpans(telemetry.clock.nowNanos - day);
  });
  afterAll(async () => {
    await keeper.stop();
    await telemetry.close();
  });

  /** Buckets that stood for their runs, by the last overview that looked, and how it named them. */
  let bucketsUsed = 0;
  let namedBy = '';

  function contextWith(query: TelemetryStore['query']): QueryContext {
    // As it is between two looks of the keeper.
    return { ...telemetry.context, settle: undefined, store: { ...telemetry.store, query } };
  }
  const isLook = (text: string): boolean => text.includes('FROM run_sums FINAL') && text.includes('HAVING');
  const withSums = (): QueryContext =>
    contextWith(async (statement, limits) => {
      const answer = await telemetry.store.query<never>(statement, limits);
      if (isLook(statement.sql)) bucketsUsed = answer.rows.length;
      else if (statement.sql.includes('FROM run_sums FINAL')) namedBy = statement.sql;
      return answer;
    });
  const withoutSums = (): QueryContext =>
    contextWith(async (statement, limits) =>
      telemetry.store.query(isLook(statement.sql) ? { sql: 'SELECT 1 LIMIT 0' } : statement, limits),
    );

  const everything = { from: '2026-11-18T12:00:00Z', to: '2026-11-23T12:00:00Z' };
  /** Its edges cut runs and ten minutes apart. */
  const inTheMidst = { from: '2026-11-20T09:58:00Z', to: '2026-11-21T07:13:20Z' };
  const windows = [inTheMidst, everything];

  async function ask(of: QueryContext, query: Record<string, unknown>): Promise<OverviewResponse> {
    return readOverview(of, overviewParameters.parse(query));
  }

  const groups = [undefined, 'model', 'agent', 'service', 'version'] as const;
  let asked = 0;
  /** By question, what the runs say, until something is loaded, deleted or priced: a question takes half a second. */
  const reported = new Map<string, OverviewResponse>();

  async function tell(query: Record<string, unknown>): Promise<OverviewResponse> {
    const key = JSON.stringify(query);
    const answer = reported.get(key) ?? (await ask(withoutSums(), query));
    reported.set(key, answer);
    return answer;
  }

  /** The keeper has looked: lists read what it wrote. */
  async function settled(): Promise<void> {
    await keeper.settled();
    reported.clear();
  }

  /** To be called where what the runs say changes. */
  function changed(): void {
    reported.clear();
    asked += windows.length * groupsPerState;
  }

  async function expectSame(what: string, bucketsMin: number): Promise<void> {
    for (let question = 0; question < windows.length * groupsPerState; question += 1) {
      const window = windows[question % windows.length];
      const groupBy = groups[(asked + question) % groups.length];
      const query = { ...window, groupBy, groups: 20 };
      const [fast, slow] = await Promise.all([ask(withSums(), query), tell(query)]);
      expect(settle(fast), `${what}, by ${groupBy} from ${window?.from}`).toEqual(settle(slow));
      expect(slow.totals.runs).toBeGreaterThan(50);
      if (window === everything) expect(bucketsUsed, what).toBeGreaterThanOrEqual(bucketsMin);
    }
  }

  test('sums answer as the runs do, before and after the keeper looked at what came late or moved', async () => {
    const traces = fc.sample(
      fc.uniqueArray(randomStep, { minLength: 1, maxLength: 8, selector: ({ span }) => span }),
      { numRuns: 120, seed: 11 },
    );
    const load = async (which: (step: RandomStep) => boolean): Promise<void> => {
      changed();
      const wanted = traces.flatMap((steps, trace) =>
        steps.filter(which).map((each) => randomSpan(spans, trace + 1, each)),
      );
      for (const version of ['1', '2'])
        await telemetry.loadJson(
          'traces',
          tracesRequest(
            `bot ${version}`,
            wanted.filter((_, index) => index % 2 === Number(version) - 1),
            { 'service.version': version },
          ),
        );
    };
    // Buckets side by side, which a statement names otherwise than single ones.
    const steady = Array.from({ length: 30 }, (_, index) =>
      spans.agent('steady', { trace: 7000 + index, span: 1, at: 3000 + index * 600 }),
    );
    await telemetry.loadJson('traces', tracesRequest('steady', steady));
    for (const round of [0, 1, 2]) {
      await load((each) => each.load === round);
      if (round > 0) await expectSame(`before the keeper looked, load ${round}`, 0);
      await settled();
      await expectSame(`after it looked, load ${round}`, 30);
      expect(namedBy).toMatch(/bucket < .* OR toStartOfTenMinutes\(bucket\) IN/);
    }
  });

  test('and of what was priced anew, deleted or derived anew', async () => {
    await telemetry.store.putPrices([flatPrice('example', 'm1')]);
    const range = { from: unixNano(spans.origin), to: unixNano(spans.origin + day / 4n) };
    await telemetry.store.priceSpans({ which: 'range', project: 'default', ...range });
    changed();
    await expectSame('priced anew', 5);
    await settled();
    await expectSame('priced anew, after the keeper looked', 30);

    await keeper.between(async () =>
      telemetry.store.deleteTrace({ project: 'default', traceId: hexId(32, 3) }),
    );
    changed();
    await expectSame('after a deletion', 25);
    await settled();
    await expectSame('after a deletion, when the keeper looked', 30);

    const from = BigInt(Date.parse('2026-11-20T00:00:00Z')) * 1_000_000n;
    const derived = { signal: 'traces', project: 'default', day: '2026-11-20' } as const;
    await telemetry.store.rederiveDay({ ...derived, from: unixNano(from), to: unixNano(from + day) });
    await settled();
    changed();
    await expectSame('derived anew', 30);
    const { rows } = await telemetry.store.query<{ old: string }>({
      sql: 'SELECT countIf(generation != (SELECT max(generation) FROM runs_progress)) AS old FROM run_sums',
    });
    expect(rows).toEqual([{ old: '0' }]);
  });

  test('and while much is put together, wherever the keeper was interrupted', async () => {
    const putSome = async (notes: number): Promise<void> => {
      let left = notes;
      const store: TelemetryStore = {
        ...telemetry.store,
        recordRunsProgress: async (progress) => {
          await telemetry.store.recordRunsProgress(progress);
          if ((left -= 1) === 0) throw new Error('interrupted');
        },
      };
      const interrupted = new RunKeeper({ store, log, quietMs: 0, stepsPerStatement: 100 });
      await expect(interrupted.settled()).rejects.toThrow('interrupted');
      await interrupted.stop();
    };
    const { prices } = flatPrice('example', 'm1');
    const dearer = prices.map((owned) => ({
      ...owned,
      rows: owned.rows.map((row) => ({ ...row, input: 3 })),
    }));
    await telemetry.store.putPrices([{ provider: 'example', model: 'm1', prices: dearer }]);
    const range = { from: unixNano(spans.origin - day), to: unixNano(spans.origin + 2n * day) };
    await telemetry.store.priceSpans({ which: 'range', project: 'default', ...range });
    changed();
    await putSome(2);
    reported.clear();
    await expectSame('some of it', 0);
    await telemetry.loadJson(
      'traces',
      tracesRequest('bot', [
        spans.call('late', { trace: 7, span: 793, at: 9 }),
        spans.agent('new', { trace: 8010, span: 1, at: 50_000 }),
      ]),
    );
    changed();
    await expectSame('late spans came', 0);
    await putSome(3);
    reported.clear();
    await expectSame('more of it', 0);
    await settled();
    await expectSame('all of it', 30);
  });

  test('what changes while the overview is read is in it once, or not yet', async () => {
    await keeper.settled();
    for (const isPutTogether of [true, false]) {
      let interruptions = 0;
      const before = await ask(withoutSums(), everything);
      const query: TelemetryStore['query'] = async (statement, limits) => {
        // Between the look at the sums and the sums.
        if (statement.sql.includes('ARRAY JOIN') && interruptions++ === 0) {
          const late = [
            spans.call('late', { trace: 5, span: isPutTogether ? 591 : 592, at: 9 }),
            spans.agent('new', { trace: isPutTogether ? 8001 : 8002, span: 1, at: 7 }),
          ];
          await telemetry.loadJson('traces', tracesRequest('bot', late));
          if (isPutTogether) await keeper.settled();
        }
        return telemetry.store.query(statement, limits);
      };
      const meanwhile = await ask(contextWith(query), everything);
      expect(interruptions).toBeGreaterThan(isPutTogether ? 3 : 2);
      await settled();
      const after = await ask(withoutSums(), everything);
      expect(after.totals.runs).toBe((before.totals.runs ?? 0) + 1);
      expect(settle(meanwhile)).toEqual(settle(isPutTogether ? after : before));
    }
  });

  test('ten minutes with more tools than are worth it are read run by run', async () => {
    const tools = Array.from({ length: 1100 }, (_, index) =>
      spans.tool(`tool ${index}`, { trace: 9000 + index, span: 1, at: 40_000 }),
    );
    await telemetry.loadJson('traces', tracesRequest('bot', tools));
    await settled();
    changed();
    await expectSame('many tools', 30);
    const { rows } = await telemetry.store.query<{ kind: string }>({
      sql: 'SELECT kind FROM run_sums FINAL WHERE is_kept = 0',
    });
    expect(rows).toEqual([{ kind: 'tool' }]);
  });

  test('what has just changed is summed up when it was quiet for a while', async () => {
    const bucket = Number(spans.nanos(0) / 1_000_000_000n);
    let forgottenMs = 0;
    let madeMs = 0;
    const store: TelemetryStore = {
      ...telemetry.store,
      forgetRunSums: async (sums) => {
        await telemetry.store.forgetRunSums(sums);
        if (sums.buckets.includes(bucket)) forgottenMs = performance.now();
      },
      deriveRunSums: async (rows) => {
        if (forgottenMs > 0) madeMs = performance.now();
        await telemetry.store.deriveRunSums(rows);
      },
    };
    // Somebody always asks something.
    const isAwaited = (): boolean => true;
    const patient = new RunKeeper({ store, log, intervalMs: 1, quietMs: 1500, isAwaited });
    const isSummed = async (): Promise<boolean> => {
      const { rows } = await telemetry.store.query({
        sql: `SELECT 1 FROM run_sums FINAL WHERE kind = 'run' AND bucket = toDateTime({bucket:UInt32}, 'UTC')`,
        params: { bucket: String(bucket) },
      });
      return rows.length > 0;
    };
    await patient.settled();
    expect(await isSummed()).toBe(true);
    await telemetry.loadJson(
      'traces',
      tracesRequest('bot', [spans.agent('again', { trace: 8003, span: 1, at: 7 })]),
    );
    patient.changed();
    await expect.poll(() => madeMs, { timeout: 60_000 }).toBeGreaterThan(0);
    expect(madeMs - forgottenMs).toBeGreaterThanOrEqual(1490);
    await expect.poll(isSummed, { timeout: 60_000 }).toBe(true);
    await patient.stop();
  });
}

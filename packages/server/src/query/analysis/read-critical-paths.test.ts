import { seededRandom } from '@sightline/base';
import { criticalPathParameters, serviceMapParameters, stagesParameters } from '@sightline/schema/api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pino } from 'pino';
import { EdgeKeeper } from '../../runs/edge-keeper.ts';
import type { TelemetryStore } from '../../storage/telemetry-store.ts';
import { AgentSpans } from '../testing/agent-spans.ts';
import { readQ } from '../filter/read-condition.ts';
import { Reader } from '../reader.ts';
import { readRange } from '../time-range.ts';
import { hexId, tracesRequest } from '../testing/otlp-json.ts';
import { TestStore } from '../testing/test-store.ts';
import { readCriticalPaths } from './read-critical-paths.ts';
import { readTraceCriticalPath } from './read-critical-path.ts';
import { readForest } from './read-forest.ts';
import { readSelection } from './read-selection.ts';
import { readServiceMap } from './read-service-map.ts';
import { readStages } from './read-stages.ts';

const now = new Date('2026-11-20T12:00:00Z');
let at: TestStore;
const runs = 100;

/**
 * An agent calls a model for 1 s, of which 0.4 s to the first token, over HTTP of 0.9 s; then it searches for 0.2 s, in the slowest five for 3 s, which asks a
 * database, and beside it for 0.1 s a cache. A consumer of a message works on long after.
 */
beforeAll(async () => {
  at = await TestStore.open(now);
  const agents = new AgentSpans(BigInt(now.getTime()) * 1_000_000n - 3_000_000_000_000n);
  const requests = Array.from({ length: runs }, (_, run) => {
    const trace = run + 1;
    const start = run * 20;
    const search = run < 5 ? 3 : 0.2;
    const id = (n: number): number => trace * 100 + n;
    const own = { trace, parent: id(1) };
    const spans = [
      agents.agent('researcher', { trace, span: id(1), at: start, lasts: 1.2 + search }),
      agents.call('gpt-5.4', {
        ...own,
        span: id(2),
        at: start,
        lasts: 1,
        attributes: { 'gen_ai.response.time_to_first_chunk': 0.4 },
      }),
      {
        ...agents.span({
          trace,
          span: id(3),
          parent: id(2),
          at: start + 0.05,
          lasts: 0.9,
          name: 'POST',
          attributes: { 'server.address': 'api.model.example', 'http.request.method': 'POST' },
        }),
        kind: 3,
      },
      agents.tool('search', {
        ...own,
        span: id(4),
        at: start + 1.1,
        lasts: search,
        ...(run === 0 ? { error: 'time-out' } : {}),
      }),
      {
        ...agents.span({
          trace,
          span: id(5),
          parent: id(4),
          at: start + 1.1,
          lasts: search,
          name: 'SELECT',
          attributes: { 'db.system.name': 'postgresql', 'db.namespace': 'shop' },
        }),
        kind: 3,
      },
      agents.tool('cache', { ...own, span: id(6), at: start + 1.1, lasts: 0.1 }),
      {
        ...agents.span({
          trace,
          span: id(7),
          parent: id(1),
          at: start + 1.15,
          lasts: 0.01,
          name: 'send',
          attributes: { 'messaging.system': 'kafka', 'messaging.destination.name': 'orders' },
        }),
        kind: 4,
      },
    ];
    const worker = [
      {
        ...agents.span({ trace, span: id(8), parent: id(7), at: start + 1.16, lasts: 9, name: 'process' }),
        kind: 5,
      },
    ];
    const version = { 'service.version': run % 2 === 0 ? '1' : '2' };
    return [tracesRequest('shop', spans, version), tracesRequest('worker', worker)];
  }).flat();
  await at.loadTogether('traces', requests);
});
afterAll(async () => at.close());

describe('the critical path of a trace', () => {
  it('adds up to it, in the words of people, without what nobody waits for', async () => {
    const found = await readTraceCriticalPath(at.context, hexId(32, 50));
    expect(found.durationMs).toBeCloseTo(1400, 6);
    expect(found.parts.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0)).toBeCloseTo(1400, 6);
    expect(found.steps.map(({ name, calls, pathMs }) => [name, calls, Math.round(pathMs)])).toEqual([
      ['gpt-5.4', 1, 1000],
      ['researcher', 1, 200],
      ['search', 1, 200],
    ]);
    expect(found.steps[0]).toMatchObject({ kind: 'model', waitMs: 400, streamMs: 600 });
    const span = (n: number) => found.spans.find(({ spanId }) => spanId === hexId(16, 5000 + n));
    expect(span(6)).toMatchObject({ pathMs: 0 });
    expect(span(6)?.slackMs).toBeCloseTo(100, 6);
    expect(span(8)?.slackMs).toBeNull();
    expect(span(4)).toMatchObject({ selfMs: 0, slackMs: 0 });
  });

  it('is not found where the trace is not', async () => {
    await expect(readTraceCriticalPath(at.context, hexId(32, 4711))).rejects.toMatchObject({
      code: 'trace_not_found',
    });
  });
});

describe('the critical paths of many traces', () => {
  it('say what the slowest wait for and the others do not, and what a faster step saves', async () => {
    const found = await readCriticalPaths(at.context, criticalPathParameters.parse({}));
    expect(found).toMatchObject({ total: runs, sampled: runs, spans: runs * 8 });
    expect(found.bands.map(({ name, traces }) => [name, traces])).toEqual([
      ['fastest', 25],
      ['middle', 50],
      ['slow', 20],
      ['slowest', 5],
    ]);
    const search = found.steps.find(({ name }) => name === 'search');
    expect(search?.shareByBand[1]).toBeCloseTo(0.2 / 1.4, 6);
    expect(search?.shareByBand[3]).toBeCloseTo(3 / 4.2, 6);
    const model = found.steps.find(({ name }) => name === 'gpt-5.4');
    expect(model?.ifFaster?.p50SavedMs).toBeCloseTo(200, 6);
    expect(model).toMatchObject({ calls: runs, waitMs: 400, streamMs: 600 });
    const mean = found.bands.reduce((sum, { traces, meanMs }) => sum + traces * meanMs, 0) / runs;
    for (const list of [found.steps, found.contexts])
      expect(list.reduce((sum, { pathMs }) => sum + pathMs, 0)).toBeCloseTo(mean, 6);
    expect(found.slowest[0]).toMatchObject({ spanName: 'process', maxMs: 9000 });
  });
});

describe('a sample', () => {
  it('is the same, and has the same spans, where its ids are too many to be written down', async () => {
    const reader = new Reader(at.context);
    const window = readRange({ from: '-2h', to: 'now' }, at.clock);
    const request = { filter: readQ('service:shop', 'traces', at.clock) };
    const bounds = { tracesMax: 40, spansMax: 10_000 };
    const read = async (idsMax: number) =>
      readSelection(reader, { type: 'filter', window, request }, { ...bounds, idsMax });
    const [few, many] = [await read(100), await read(10)];
    expect(few.traces).toHaveLength(40);
    expect(many.traces.map(({ traceId }) => traceId)).toEqual(few.traces.map(({ traceId }) => traceId));
    const facts = { among: undefined, within: undefined, traces: [] };
    expect({ ...many, ...facts }).toEqual({ ...few, ...facts });
    const [some, others] = [await readForest(reader, [few]), await readForest(reader, [many])];
    expect(others.tree.size).toBe(40 * 8);
    expect([...others.traceOf]).toEqual([...some.traceOf]);
  });

  it('has all spans of its traces, however few rows an answer has where nothing is said', async () => {
    const { store } = at.context;
    const frugal: TelemetryStore = Object.assign(Object.create(store) as TelemetryStore, {
      queryBinary: (async (statement, options) =>
        store.queryBinary(statement, {
          resultRowsMax: 200,
          ...options,
        })) satisfies TelemetryStore['queryBinary'],
    });
    const parameters = criticalPathParameters.parse({ q: 'service:shop', from: '-2h' });
    expect(await readCriticalPaths({ ...at.context, store: frugal }, parameters)).toMatchObject({
      sampled: runs,
      spans: runs * 8,
    });
  });

  it.each([100, 10])('ends where there is no room for the next trace, ids up to %i', async (idsMax) => {
    const reader = new Reader(at.context);
    const selection = {
      type: 'filter',
      window: readRange({ from: '-2h', to: 'now' }, at.clock),
      request: { filter: readQ('service:shop', 'traces', at.clock) },
    } as const;
    const selected = await readSelection(reader, selection, { tracesMax: 40, spansMax: 100, idsMax });
    const forest = await readForest(reader, [selected]);
    expect([selected.traces.length, forest.tree.size]).toEqual([12, 12 * 8]);
    expect(reader.limitsMet.limitsMet?.[0]?.message).toContain('28 of 40 traces of the sample are left out');
  });
});

describe('the service map', () => {
  it('has services, models, databases, queues and hosts, each call once', async () => {
    const found = await readServiceMap(at.context, serviceMapParameters.parse({}));
    expect(found).toMatchObject({ sampledShare: 1, spans: runs * 8 });
    expect(
      found.edges.map(({ source, target, kind, calls, errors }) => [source, target, kind, calls, errors]),
    ).toEqual([
      ['service:shop', 'database:shop', 'database', runs, 0],
      ['service:shop', 'model:gpt-5.4', 'model', runs, 0],
      ['service:shop', 'queue:orders', 'message', runs, 0],
      ['service:shop', 'service:worker', 'message', runs, 0],
      ['user:Users', 'service:shop', 'call', runs, 0],
    ]);
    const model = found.nodes.find(({ id }) => id === 'model:gpt-5.4');
    expect(model?.health).toBe('good');
    expect(Math.abs((model?.p50Ms ?? 0) - 1000)).toBeLessThan(10);
  });

  it('of more than an hour says the same of parts that were made ahead', async () => {
    const query = serviceMapParameters.parse({ from: '-5h' });
    const fromSpans = await readServiceMap(at.context, query);
    const keeper = new EdgeKeeper({ store: at.store, log: pino({ level: 'silent' }), quietMs: 0 });
    await keeper.made();
    await keeper.stop();
    let spansRead = 0;
    const queryBinary: TelemetryStore['queryBinary'] = async (statement, options) => {
      if (statement.sql.includes('FROM spans')) spansRead += 1;
      return at.store.queryBinary(statement, options);
    };
    const context = { ...at.context, store: { ...at.store, queryBinary } };
    expect(await readServiceMap(context, query)).toEqual(fromSpans);
    expect(fromSpans.spans).toBe(runs * 8);
    expect(spansRead).toBe(0);
  });
});

describe('stages', () => {
  it('are counted and timed by version', async () => {
    const { stages } = await readStages(at.context, stagesParameters.parse({ q: 'operation:tool' }));
    expect(stages.map(({ name, group, count }) => [name, group, count])).toEqual([
      ['execute_tool search', '1', runs / 2],
      ['execute_tool search', '2', runs / 2],
      ['execute_tool cache', '1', runs / 2],
      ['execute_tool cache', '2', runs / 2],
    ]);
    expect(stages[0]).toMatchObject({ successRate: 0.98 });
    expect(stages[1]?.p50Ms).toBeCloseTo(200, -1);
  });
});

describe('ids of traces', () => {
  const count = 120;
  const start = BigInt(now.getTime()) * 1_000_000n - 8n * 3_600_000_000_000n;
  const random = seededRandom(28);
  const idsOf = {
    spread: () => Array.from({ length: 4 }, () => Math.floor(random() * 2 ** 32)),
    /** As those that begin with a time. */
    timed: (run: number) => [0x65a0_0000 + run, 0, Math.floor(random() * 2 ** 32), run],
  };
  const ids = Object.fromEntries(
    Object.entries(idsOf).map(([service, make]) => [
      service,
      Array.from({ length: count }, (_, run) =>
        make(run)
          .map((word) => hexId(8, word))
          .join(''),
      ),
    ]),
  );
  beforeAll(async () =>
    at.loadTogether(
      'traces',
      Object.entries(ids).map(([service, each]) =>
        tracesRequest(
          service,
          each.map((traceId, run) => ({
            traceId,
            spanId: hexId(16, run + 1),
            name: 'work',
            startNanos: start + BigInt(run) * 1_000_000_000n,
          })),
        ),
      ),
    ),
  );

  it.each(['spread', 'timed'])(
    'are %s: every trace has the same chance, and the spans are found',
    async (service) => {
      const reader = new Reader(at.context);
      const window = readRange({ from: '-9h', to: '-7h' }, at.clock);
      const request = { filter: readQ(`service:${service}`, 'traces', at.clock) };
      const all = ids[service] ?? [];
      const picked = await Promise.all(
        [100, 10].map(async (idsMax) => {
          const selected = await readSelection(
            reader,
            { type: 'filter', window, request },
            { tracesMax: 40, spansMax: 10_000, idsMax },
          );
          expect(selected).toMatchObject({ total: count });
          const forest = await readForest(reader, [selected]);
          expect(forest.tree.size).toBe(40);
          return selected.traces.map(({ traceId }) => traceId);
        }),
      );
      expect(picked[0]).toEqual(picked[1]);
      // Of traces one after the other the sample has as many early as late ones: 20 of 40, give or take three deviations.
      const early = (picked[0] ?? []).filter((id) => all.indexOf(id) < count / 2).length;
      expect(Math.abs(early - 20)).toBeLessThan(10);
    },
  );
});

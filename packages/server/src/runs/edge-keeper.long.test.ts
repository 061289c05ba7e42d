/** The service map with parts made ahead against the map that reads every span: the same, to the digit, whatever comes late or is taken away. */
import { seededRandom, unixNano } from '@sightline/base';
import { type ServiceMapResponse, serviceMapParameters } from '@sightline/schema/api';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readServiceMap } from '../query/analysis/read-service-map.ts';
import type { QueryContext } from '../query/reader.ts';
import { hexId, type SpanInput, tracesRequest } from '../query/testing/otlp-json.ts';
import { TestStore } from '../query/testing/test-store.ts';
import { EdgeKeeper } from './edge-keeper.ts';

const log = pino({ level: 'silent' });
const second = 1_000_000_000n;
const services = ['web', 'shop', 'stock', 'mail'];
let at: TestStore;
let keeper: EdgeKeeper;

beforeAll(async () => {
  at = await TestStore.open(new Date('2026-11-21T12:07:30Z'));
  keeper = new EdgeKeeper({ store: at.store, log, quietMs: 0 });
}, 120_000);
afterAll(async () => {
  await keeper.stop();
  await at.close();
});

interface Made extends SpanInput {
  readonly service: string;
  readonly environment: string;
}

/** Traces over three days; some go on for hours, so that callers and callees are of different parts. */
function makeSpans(traces: number): readonly Made[] {
  const random = seededRandom(24);
  const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)] as Item;
  const targets = [
    {},
    { 'db.system.name': 'postgresql', 'db.namespace': 'orders' },
    { 'server.address': 'api.example' },
    { 'messaging.system': 'kafka', 'messaging.destination.name': 'sent' },
    { 'gen_ai.operation.name': 'chat', 'gen_ai.provider.name': 'openai', 'gen_ai.request.model': 'm' },
  ];
  return (
    Array.from({ length: traces }, (_, index) => {
      const trace = index + 1;
      const begin = at.clock.nowNanos - BigInt(Math.floor(random() * 3 * 86_400)) * second;
      const long = random() < 0.2 ? 4 * 3600 : 3;
      const count = 1 + Math.floor(random() * 6);
      return Array.from({ length: count }, (_, place): Made => {
        const late = BigInt(Math.floor(random() * long * 1000)) * 1_000_000n;
        return {
          traceId: hexId(32, trace),
          spanId: hexId(16, trace * 10 + place),
          ...(place === 0 ? {} : { parentSpanId: hexId(16, trace * 10 + Math.floor(random() * place)) }),
          kind: 1 + Math.floor(random() * 5),
          startNanos: place === 0 ? begin : begin + late,
          durationNanos: BigInt(Math.floor(random() ** 6 * 1e11)),
          status: { code: random() < 0.1 ? 2 : 0 },
          attributes: pick(targets),
          service: pick(services),
          environment: pick(['prod', 'stage']),
          links:
            trace > 1 && random() < 0.2
              ? [{ traceId: hexId(32, trace - 1), spanId: hexId(16, trace * 10 - 10) }]
              : [],
        };
      });
    })
      .flat()
      .filter(({ startNanos }) => startNanos < at.clock.nowNanos)
      // A sender that comes later than its message was counted is not looked for.
      .map((span) => ({ ...span, links: (span.links ?? []).filter((link) => !isLate(link)) }))
  );
}

/** Some come after the others. */
const isLate = ({ spanId }: { readonly spanId: string }): boolean => Number.parseInt(spanId, 16) % 7 === 0;

async function load(spans: readonly Made[]): Promise<void> {
  const requests = [...Map.groupBy(spans, ({ service, environment }) => `${service} ${environment}`)].map(
    ([name, each]) => {
      const [service = '', environment = ''] = name.split(' ');
      return tracesRequest(service, each, { 'deployment.environment.name': environment });
    },
  );
  await at.loadTogether('traces', requests);
}

let partsUsed = 0;
const ofParts = (text: string): boolean => text.includes('FROM service_edges FINAL');

/** With parts, or as if none were made. */
function contextWith(parts: boolean): QueryContext {
  return {
    ...at.context,
    store: {
      ...at.store,
      query: async (statement, options) => {
        if (!ofParts(statement.sql)) return at.store.query(statement, options);
        const answer = await at.store.query<never>(statement, options);
        partsUsed = answer.rows.length;
        return parts ? answer : { ...answer, rows: [] };
      },
    },
  };
}

const windows = [
  { from: '-24h', to: 'now' },
  { from: '2026-11-20T03:03:10Z', to: '2026-11-20T20:41:07Z' },
  { from: '-33h', to: 'now', environment: 'stage' },
];

async function expectSame(what: string): Promise<ServiceMapResponse[]> {
  const answers: ServiceMapResponse[] = [];
  for (const window of windows) {
    const query = serviceMapParameters.parse(window);
    const made = await readServiceMap(contextWith(true), query);
    expect(made, `${what}, ${JSON.stringify(window)}`).toEqual(
      await readServiceMap(contextWith(false), query),
    );
    answers.push(made);
  }
  return answers;
}

test('parts that were made ahead say what the spans say, before and after spans come late, are deleted, or are loaded while nobody looks', async () => {
  const spans = makeSpans(250);
  await load(spans.filter((span) => !isLate(span)));
  await keeper.made();
  const [first] = await expectSame('after the first look');
  expect(partsUsed).toBeGreaterThan(0);
  expect(first?.edges.length).toBeGreaterThan(10);
  expect(first?.sampledShare).toBe(1);

  const late = spans.filter(isLate);
  await load(late.slice(0, late.length / 2));
  await keeper.made();
  const [more] = await expectSame('after what came late');
  expect(more).not.toEqual(first);

  const isLinked = new Set(spans.flatMap(({ links = [] }) => links.map(({ traceId }) => traceId)));
  const trace = spans.find(
    ({ startNanos, traceId }) => startNanos > at.clock.nowNanos - 80_000n * second && !isLinked.has(traceId),
  );
  await at.store.deleteTrace({ project: 'default', traceId: trace?.traceId ?? '' });
  const [third] = await expectSame('after a trace was deleted');
  expect(third).not.toEqual(more);
  keeper.lost();
  await keeper.made();
  expect((await expectSame('made again'))[0]).toEqual(third);

  await keeper.stop();
  await load(late.slice(late.length / 2));
  keeper = new EdgeKeeper({ store: at.store, log, quietMs: 0 });
  await keeper.made();
  const [fourth] = await expectSame('after spans came while nobody looked');
  expect(fourth).not.toEqual(third);

  await at.store.rederiveDay({
    project: 'default',
    signal: 'traces',
    day: '2026-11-21',
    from: unixNano(at.clock.nowNanos - 86_400n * second),
    to: at.clock.now(),
  });
  await keeper.made();
  expect((await expectSame('derived anew'))[0]).toEqual(fourth);
}, 600_000);

test('parts that nobody touched are made once', async () => {
  const written: number[] = [];
  const own = new EdgeKeeper({
    store: {
      ...at.store,
      putServiceEdges: async (edges) => {
        written.push(edges.parts.length);
        await at.store.putServiceEdges(edges);
      },
    },
    log,
    quietMs: 0,
  });
  await own.made();
  await own.made();
  expect(written).toEqual([]);
  await own.stop();
}, 120_000);

import { describe, expect, it, test } from 'vitest';
import { DurationCounts } from './duration-counts.ts';
import { EdgeReader, writeEdges } from './edge-body.ts';
import { EdgeTable, findServiceEdges, type MapWord } from './service-edges.ts';

interface TestSpan extends Partial<MapWord> {
  readonly id: number;
  readonly parent?: number;
  readonly service: string;
  readonly links?: readonly number[];
  readonly isError?: boolean;
}

function edgesOf(spans: readonly TestSpan[]): string[] {
  const words = spans.map(({ service, kind = 1, operation = 'other', target }) => ({
    service,
    kind,
    operation,
    environment: '',
    target,
  }));
  const table = new EdgeTable();
  findServiceEdges(
    {
      key: spans.map(({ id }) => id),
      parent: spans.map(({ parent = 0 }) => parent),
      word: spans.map((_, index) => index),
      words,
      isError: spans.map(({ isError = false }) => (isError ? 1 : 0)),
      durationMs: spans.map(() => 10),
      startS: spans.map(() => 0),
      part: spans.map(() => 0),
      links: new Map(
        spans.flatMap(({ links }, index) => (links === undefined ? [] : [[index, links] as const])),
      ),
    },
    [table],
  );
  return table.edges.flatMap(({ source, target, kind, sums }) =>
    source === undefined
      ? []
      : [
          `${source.kind}:${source.name} → ${target.kind}:${target.name} ${kind} ${sums.calls}/${sums.errors}`,
        ],
  );
}

const [server, client, producer, consumer] = [2, 3, 4, 5];
const host = (name: string) => ({ kind: 'external', name, group: '' }) as const;

test('edges are read as they were written, whatever their names', () => {
  const table = new EdgeTable();
  for (const [index, name] of ['a', 'ä/ö"\n', '日本', '', ' '].entries()) {
    const target = { kind: 'external', name, group: 'g' } as const;
    const call = { isError: index === 2, weight: 4, callerMs: index === 1 ? undefined : index };
    table.seen(target, name);
    for (const durationMs of [0, 1e-7, 0.5, 1000 * index, 1e12])
      table.add(
        { source: { kind: 'service', name, group: '' }, target, kind: 'call', environment: name },
        { ...call, durationMs },
      );
  }
  const read = new EdgeTable();
  const reader = new EdgeReader(read);
  reader.add(Buffer.from(writeEdges(table.edges)));
  const shapes = ({ edges }: EdgeTable) =>
    edges.map(({ sums, ...name }) => ({
      ...name,
      counts: [sums.calls, sums.errors, sums.looked],
      durations: sums.durations.entries(),
      callers: sums.callerDurations.entries(),
    }));
  expect(shapes(read)).toEqual(shapes(table));
  expect(read.edges).toHaveLength(10);
});

test('durations that are counted in parts have the quantiles of all, to 1 %', () => {
  const values = Array.from({ length: 1001 }, (_, index) => 0.02 * 1.013 ** index);
  const [all, even, odd] = [new DurationCounts(), new DurationCounts(), new DurationCounts()];
  for (const [index, value] of values.entries()) {
    all.addMs(value, 1);
    (index % 2 === 0 ? even : odd).addMs(value, 1);
  }
  odd.addAll(even);
  for (const level of [0, 0.5, 0.95, 1]) {
    const exact = values[Math.round(level * 1000)] ?? 0;
    expect(Math.abs((all.quantileMs(level) ?? 0) / exact - 1)).toBeLessThan(0.0105);
    expect(odd.quantileMs(level)).toBe(all.quantileMs(level));
  }
});

describe('who calls whom', () => {
  it('is a client and its server once, and users where nobody calls', () =>
    expect(
      edgesOf([
        { id: 1, service: 'web', kind: server },
        { id: 2, parent: 1, service: 'web', kind: client, target: host('api:80') },
        { id: 3, parent: 2, service: 'api', kind: server, isError: true },
      ]),
    ).toEqual(['user:Users → service:web call 1/0', 'service:web → service:api call 1/1']));

  it('is a service without a client span, and one whose parent is not stored', () =>
    expect(
      edgesOf([
        { id: 1, service: 'web', kind: server },
        { id: 3, parent: 1, service: 'api', kind: server },
        { id: 9, parent: 8, service: 'worker' },
        { id: 10, parent: 8, service: 'cron', kind: server },
      ]),
    ).toEqual([
      'user:Users → service:web call 1/0',
      'service:web → service:api call 1/0',
      'user:Users → service:cron call 1/0',
    ]));

  it('is what sends no spans: databases, hosts and models, without the transport under them', () =>
    expect(
      edgesOf([
        { id: 1, service: 'agent', kind: server },
        {
          id: 2,
          parent: 1,
          service: 'agent',
          kind: client,
          operation: 'llm',
          target: { kind: 'model', name: 'gpt-5.4', group: 'openai' },
        },
        {
          id: 3,
          parent: 2,
          service: 'agent',
          kind: client,
          operation: 'http',
          target: host('api.openai.com'),
        },
        {
          id: 4,
          parent: 1,
          service: 'agent',
          kind: client,
          target: { kind: 'database', name: 'shop', group: 'postgresql' },
        },
        { id: 5, parent: 1, service: 'agent', kind: client, target: host('mail.example') },
      ]).toSorted(),
    ).toEqual([
      'service:agent → database:shop database 1/0',
      'service:agent → external:mail.example call 1/0',
      'service:agent → model:gpt-5.4 model 1/0',
      'user:Users → service:agent call 1/0',
    ]));

  it('is a queue between who sends and who receives, in one trace and by links', () => {
    const orders = { kind: 'queue', name: 'orders', group: 'kafka' } as const;
    expect(
      edgesOf([
        { id: 1, parent: 7, service: 'web', kind: producer, target: orders },
        { id: 2, parent: 1, service: 'worker', kind: consumer, target: orders },
        { id: 3, service: 'batch', kind: consumer, links: [1] },
      ]),
    ).toEqual([
      'service:web → queue:orders message 1/0',
      'queue:orders → service:worker message 1/0',
      'service:web → service:batch message 1/0',
    ]);
  });
});

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock, unixNano } from '@sightline/base';
import { type DeriveInput, type FieldName, fields, type SpanTimes } from '@sightline/schema/conventions';
import { anyValueOfJson, ByteWriter, wireType } from '@sightline/schema/otlp';
import { randomInput } from '../../../../../schema/src/conventions/random-input.testing.ts';
import type { TelemetryStore } from '../../telemetry-store.ts';
import { recordOf, recordOfProtobuf, SegmentLoader } from '../../testing/segments.ts';
import { clickHouseStore } from '../clickhouse-store.ts';
import { openEmbedded } from '../embedded-engine.ts';
import type { ClickHouseEngine } from '../engine.ts';
import { derivedColumnsOf } from './derived-columns.ts';

const directory = mkdtempSync(join(tmpdir(), 'sightline-derive-'));
let engine: ClickHouseEngine;
let store: TelemetryStore;

beforeAll(async () => {
  engine = openEmbedded({
    directory: join(directory, 'store'),
    database: 'sightline',
    writers: 1,
    readers: 1,
  });
  store = clickHouseStore(engine, systemClock());
  await store.migrate();
});

afterAll(async () => {
  await store.close();
  rmSync(directory, { recursive: true });
});

const startOfAll = BigInt(Date.parse('2026-11-21T12:00:00Z')) * 1_000_000n;
const newest = unixNano(startOfAll + 86_400_000_000_000n);

type Input = DeriveInput & { readonly times: SpanTimes };

/** The field of the one row stands at the place where the next row's second source of it stands. */
const saidTwice = [
  { name: '', attributes: { 'session.id': 's' }, resource: { 'user.id': 'first' } },
  { name: '', attributes: {}, resource: { 'user.id': 'first', 'enduser.id': 'second' } },
].map((input): Input => ({
  ...input,
  times: { startNanos: startOfAll, durationNanos: 1n, events: [], droppedEvents: 0 },
}));

/** Of these a part is kept by its content, so that the rules see what is left of them. */
const long = 'The answer is long, and longer than what is kept where it stands. '.repeat(12);
const longValues: Readonly<Record<string, string>> = {
  'output.value': JSON.stringify({
    content: [{ text: long }],
    usage: { completion_tokens: 7, ephemeral_1h_input_tokens: 5 },
  }),
  'llm.invocation_parameters': JSON.stringify({ tools: [{ description: long }], model: 'gpt-4o' }),
  metadata: JSON.stringify({ thread_id: 't-1', notes: [{ long }], ls_provider: 'openai' }),
  'gen_ai.request.model': long,
  'session.id': `${long}é`,
};
const withLong = fc.tuple(randomInput, fc.subarray(Object.keys(longValues))).map(([input, keys]): Input => ({
  ...input,
  attributes: { ...input.attributes, ...Object.fromEntries(keys.map((key) => [key, longValues[key]])) },
}));

/** Items that say the same attributes, with another value here and there, so that much of what was derived of one holds for the next. */
const family = fc
  .tuple(withLong, fc.array(fc.tuple(withLong, fc.nat(3), fc.nat(20)), { minLength: 2, maxLength: 6 }))
  .map(([first, others]): readonly Input[] => [
    first,
    ...others.map(([other, part, at]): Input => {
      const values = Object.values(other.attributes);
      const changed = (given: DeriveInput['attributes']) =>
        Object.fromEntries(
          Object.entries(given).map(([key, value], index) => [
            key,
            index === at % 5 || at === 20 ? (values[index % values.length] ?? value) : value,
          ]),
        );
      return {
        name: part === 1 ? other.name : first.name,
        times: part === 2 ? other.times : first.times,
        resource: part === 3 ? changed(first.resource ?? {}) : (first.resource ?? {}),
        attributes: part === 0 ? changed(first.attributes) : first.attributes,
      };
    }),
  ]);

test(
  'what is derived of an item as it is loaded is what is derived of its row',
  { timeout: 120_000 },
  async () => {
    const seed = Date.now();
    const alone = [...saidTwice, ...fc.sample(fc.oneof(randomInput, withLong), { numRuns: 1500, seed })];
    const inputs = [...alone, ...fc.sample(family, { numRuns: 400, seed }).flat()];
    const loader = new SegmentLoader(store, directory);
    const records = {
      traces: inputs.map((input, index) => requestOf('traces', input, index)),
      logs: inputs.map((input, index) => requestOf('logs', input, index)),
    };
    await loader.load(
      'traces',
      records.traces.map((request) => recordOf('traces', request, { newest })),
    );
    await loader.load(
      'logs',
      records.logs.map((request) => recordOf('logs', request, { newest })),
    );
    for (const [signal, table, kind] of [
      ['traces', 'spans', 'span'],
      ['logs', 'logs', 'log'],
    ] as const) {
      const asked = {
        sql: `SELECT toString(tuple(${derivedColumnsOf[kind].join(', ')})) AS derived FROM (SELECT *, attributes['at'] AS attribute FROM ${table}) ORDER BY toUInt32(attribute)`,
      };
      const loaded = await store.query(asked);
      // As if they had been stored before there were conventions.
      const columns = derivedColumnsOf[kind].map((column) => `${column} = ${unsaid(column)}`);
      await engine.command(
        `ALTER TABLE ${table} UPDATE ${columns.join(', ')} WHERE true SETTINGS mutations_sync = 2`,
      );
      const day = 86_400_000_000_000n;
      const from = ((BigInt(Date.parse('2026-11-21T12:00:00Z')) * 1_000_000n) / day) * day;
      await store.rederiveDay({
        signal,
        project: 'default',
        day: '2026-11-21',
        from: unixNano(from),
        to: unixNano(from + day),
      });
      const derived = await store.query(asked);
      expect(loaded.rows.length).toBe(inputs.length);
      for (const [index, row] of loaded.rows.entries())
        expect(row, `seed ${seed}: ${fc.stringify(inputs[index])}`).toEqual(derived.rows[index]);
      expect(new Set(loaded.rows.map((row) => JSON.stringify(row))).size).toBeGreaterThan(inputs.length / 4);
    }
  },
);

const unsaid = (column: string): string => {
  const { type } = column === 'model' ? fields.request_model : fields[column as FieldName];
  return type === 'tokens' || type === 'dollars' || type === 'milliseconds' ? 'NULL' : `'unknown'`;
};

function requestOf(signal: 'traces' | 'logs', input: Input, index: number): unknown {
  const resource = { attributes: keyValues(input.resource ?? {}) };
  const attributes = keyValues({ ...input.attributes, at: index });
  const { startNanos, durationNanos, events, droppedEvents } = input.times;
  if (signal === 'logs')
    return {
      resourceLogs: [
        {
          resource,
          scopeLogs: [
            { logRecords: [{ timeUnixNano: String(startNanos), eventName: input.name, attributes }] },
          ],
        },
      ],
    };
  const span = {
    traceId: (index + 1).toString(16).padStart(32, '0'),
    spanId: '00000000000000aa',
    name: input.name,
    startTimeUnixNano: String(startNanos),
    endTimeUnixNano: String(startNanos + durationNanos),
    attributes,
    events: events.map(({ name, timeNanos }) => ({ name, timeUnixNano: String(timeNanos) })),
    droppedEventsCount: droppedEvents,
  };
  return { resourceSpans: [{ resource, scopeSpans: [{ spans: [span] }] }] };
}

const keyValues = (values: Readonly<Record<string, unknown>>) =>
  Object.entries(values).map(([key, value]) => ({
    key,
    value: JSON.parse(`{${anyValueOfJson(JSON.stringify(value))}}`) as unknown,
  }));

const told = (): Buffer => spanBytes([['session.id', 's-1']]);

async function loadSpans(project: string, request: Buffer): Promise<unknown> {
  const loader = new SegmentLoader(store, directory);
  await loader.load('traces', [recordOfProtobuf('traces', request, { newest, project })]);
  const { rows } = await store.query({
    sql: 'SELECT session_id, user_id FROM spans WHERE project = {project:String}',
    params: { project },
  });
  return rows;
}

test('a resource may stand behind its spans', async () => {
  const request = resourceSpans([scopeSpans([spanBytes([])]), field(1, attribute('user.id', 'u-1'))]);
  expect(await loadSpans('behind', request)).toEqual([{ session_id: '', user_id: 'u-1' }]);
});

test('a field that OTLP does not have says nothing', async () => {
  const forged = Buffer.concat([told(), field(1001, field(2, Buffer.from('somebody')))]);
  expect(await loadSpans('forged', resourceSpans([scopeSpans([forged])]))).toEqual([
    { session_id: 's-1', user_id: '' },
  ]);
});

test('a record that cannot be read is refused with the reason, and nothing of its segment is stored', async () => {
  const record = Buffer.from(
    recordOfProtobuf('traces', resourceSpans([scopeSpans([told()])]), { newest, project: 'damaged' }),
  );
  const damaged = Buffer.from(record);
  // The length of the span reaches beyond its scope.
  damaged[damaged.indexOf(told()) - 1] = 0x7f;
  const loader = new SegmentLoader(store, directory);
  await expect(loader.load('traces', [record, damaged, record])).rejects.toMatchObject({
    name: 'StoreError',
    kind: 'refused',
    message: expect.stringMatching(/cannot be read: field 2 is cut off .*\(UNREADABLE_RECORD\)$/) as string,
  });
  const { rows } = await store.query({ sql: "SELECT count() AS spans FROM spans WHERE project = 'damaged'" });
  expect(rows).toEqual([{ spans: '0' }]);
});

function spanBytes(attributes: readonly (readonly [string, string])[]): Buffer {
  const time = Buffer.alloc(8);
  time.writeBigUInt64LE(BigInt(Date.parse('2026-11-21T12:00:00Z')) * 1_000_000n);
  const [start, end] = [7, 8].map((number) =>
    Buffer.concat([Buffer.of(number * 8 + wireType.fixed64), time]),
  );
  return Buffer.concat([
    field(1, Buffer.alloc(16, 1)),
    field(2, Buffer.alloc(8, 2)),
    ...[start, end].map((each) => each ?? Buffer.alloc(0)),
    ...attributes.map(([key, value]) => field(9, attribute(key, value).subarray(2))),
  ]);
}

const scopeSpans = (spans: readonly Buffer[]): Buffer =>
  field(2, Buffer.concat(spans.map((span) => field(2, span))));
const resourceSpans = (fields: readonly Buffer[]): Buffer => field(1, Buffer.concat(fields));

/** `attributes` of a resource. */
const attribute = (key: string, value: string): Buffer =>
  field(1, Buffer.concat([field(1, Buffer.from(key)), field(2, field(1, Buffer.from(value)))]));

function field(number: number, content: Uint8Array): Buffer {
  const out = new ByteWriter();
  out.varint(number * 8 + wireType.bytes);
  out.varint(content.length);
  out.copy(content, 0, content.length);
  return Buffer.from(out.finish());
}

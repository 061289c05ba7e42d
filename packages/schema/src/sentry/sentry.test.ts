import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { groupError } from '../exceptions/index.ts';
import { jsonToProtobuf } from '../otlp/index.ts';
import { readEnvelope, sentryRequests } from './index.ts';

const now = BigInt(Date.parse('2026-11-21T12:00:00Z')) * 1_000_000n;
const envelope = (...items: readonly (readonly [object, string])[]): Uint8Array =>
  Buffer.from(
    [
      '{"event_id":"9ec79c33ec9942ab8353589fcb2e04dc","dsn":"http://k@h/1"}',
      ...items.flatMap(([header, payload]) => [JSON.stringify(header), payload]),
    ].join('\n'),
  );
const read = (bytes: Uint8Array) => {
  const found = readEnvelope(bytes);
  if (found === undefined) throw new Error('No envelope.');
  return sentryRequests(found, now);
};

const event = (more: object = {}) => ({
  event_id: '9ec79c33ec9942ab8353589fcb2e04dc',
  timestamp: 1_795_176_000.5,
  platform: 'python',
  level: 'error',
  release: 'shop@1.4.0',
  environment: 'production',
  exception: {
    values: [
      {
        type: 'KeyError',
        value: "'total'",
        stacktrace: {
          frames: [
            { function: 'main', abs_path: '/app/main.py', lineno: 3, in_app: true },
            { function: 'total', abs_path: '/app/cart.py', lineno: 9, context_line: '    return x["total"]' },
          ],
        },
      },
      {
        type: 'RuntimeError',
        value: 'job failed',
        stacktrace: { frames: [{ function: 'run', abs_path: '/app/main.py', lineno: 5 }] },
      },
    ],
  },
  user: { id: 'ann' },
  tags: { tenant: 'acme' },
  breadcrumbs: { values: [{ message: 'clicked', category: 'ui', timestamp: 1_795_175_999 }] },
  contexts: { trace: { trace_id: 'a'.repeat(32), span_id: 'b'.repeat(16) } },
  ...more,
});

test('an event is a log record with its exception, the stack as its language writes it, and its breadcrumbs', () => {
  const made = read(envelope([{ type: 'event' }, JSON.stringify(event())]));
  const text = JSON.stringify(made.logs);
  expect(made.traces).toBeUndefined();
  const record = JSON.parse(text).resourceLogs[0].scopeLogs[0].logRecords[0];
  const attribute = (key: string) =>
    record.attributes.find((each: { key: string }) => each.key === key)?.value.stringValue;
  expect(record).toMatchObject({ traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), severityNumber: 17 });
  expect(record.timeUnixNano).toBe('1795176000500000000');
  expect(attribute('exception.type')).toBe('RuntimeError');
  expect(attribute('user.id')).toBe('ann');
  expect(attribute('tenant')).toBe('acme');
  expect(attribute('sentry.breadcrumbs')).toContain('clicked');
  expect(text).toContain('"shop"');
  expect(text).toContain('"1.4.0"');
  const stack = attribute('exception.stacktrace') as string;
  const group = groupError({
    type: '',
    message: '',
    stack,
    service: '',
    name: '',
    operation: '',
    provider: '',
    tool: '',
  });
  expect(group).toMatchObject({ type: 'RuntimeError', culprit: 'cart:total' });
  expect(jsonToProtobuf('logs', Buffer.from(text)).ok).toBe(true);
});

test('stacks of other languages are read back as the frames that were sent', () => {
  const rows = [
    ['node', 'cart:total', { function: 'Cart.total', filename: '/app/cart.js', lineno: 9, colno: 2 }],
    [
      'java',
      'com.shop.Cart:total',
      { function: 'total', module: 'com.shop.Cart', filename: 'Cart.java', lineno: 9 },
    ],
    [
      'go',
      'shop/cart:Total',
      { function: 'Total', module: 'shop/cart', abs_path: '/app/cart.go', lineno: 9 },
    ],
    [
      'csharp',
      'Shop.Cart:Total',
      { function: 'Total', module: 'Shop.Cart', abs_path: '/app/Cart.cs', lineno: 9 },
    ],
    ['ruby', 'cart:total', { function: 'Cart#total', abs_path: '/app/cart.rb', lineno: 9 }],
    ['php', 'Shop\\Cart:total', { function: 'Shop\\Cart::total', abs_path: '/app/Cart.php', lineno: 9 }],
  ] as const;
  for (const [platform, culprit, frame] of rows) {
    const exception = { values: [{ type: 'Failure', value: 'x', stacktrace: { frames: [frame] } }] };
    const text = JSON.stringify(
      read(envelope([{ type: 'event' }, JSON.stringify(event({ platform, exception }))])).logs,
    );
    const found =
      /"exception\.stacktrace","value":\{"stringValue":("(?:[^"\\]|\\.)*")/.exec(text)?.[1] ?? '""';
    const stack = JSON.parse(found) as string;
    const group = groupError({
      type: '',
      message: '',
      stack,
      service: '',
      name: '',
      operation: '',
      provider: '',
      tool: '',
    });
    expect(group.culprit, `${platform}\n${stack}`).toBe(culprit);
  }
});

test('exceptions are read in the forms of older SDKs, and with the calls of the thread that crashed', () => {
  const frames = [{ function: 'total', abs_path: '/app/cart.py', lineno: 9 }];
  const crashed = {
    values: [
      { id: 1, stacktrace: { frames: [] } },
      { id: 2, crashed: true, stacktrace: { frames } },
    ],
  };
  const forms: readonly object[] = [
    { exception: { type: 'KeyError', value: 'x', stacktrace: { frames } } },
    { exception: [{ type: 'KeyError', value: 'x', stacktrace: { frames } }] },
    { exception: { values: [{ type: 'KeyError', value: 'x', stacktrace: { frames } }, null, {}] } },
    {
      exception: { values: [{ type: 'KeyError', value: 'x', stacktrace: { frames: null } }] },
      threads: crashed,
    },
  ];
  for (const form of forms) {
    const text = JSON.stringify(read(envelope([{ type: 'event' }, JSON.stringify(event(form))])).logs);
    expect(text).toContain('"exception.type","value":{"stringValue":"KeyError"}');
    expect(text).toContain(String.raw`File \"/app/cart.py\", line 9, in total`);
  }
});

test('a transaction is a trace: itself and its spans, with their data and status', () => {
  const transaction = {
    type: 'transaction',
    transaction: 'POST /cart',
    start_timestamp: 1_795_176_000,
    timestamp: 1_795_176_001,
    platform: 'node',
    contexts: {
      trace: {
        trace_id: 'a'.repeat(32),
        span_id: 'b'.repeat(16),
        op: 'http.server',
        status: 'internal_error',
      },
    },
    spans: [
      {
        trace_id: 'a'.repeat(32),
        span_id: 'c'.repeat(16),
        parent_span_id: 'b'.repeat(16),
        op: 'db',
        description: 'SELECT 1',
        start_timestamp: 1_795_176_000.1,
        timestamp: 1_795_176_000.2,
        status: 'ok',
        data: { 'db.system': 'postgresql' },
      },
      { span_id: 'no id' },
    ],
  };
  const { traces } = read(envelope([{ type: 'transaction' }, JSON.stringify(transaction)]));
  const [{ spans }] = JSON.parse(JSON.stringify(traces)).resourceSpans[0].scopeSpans;
  expect(spans).toMatchObject([
    { name: 'POST /cart', kind: 2, status: { code: 2, message: 'internal_error' } },
    { name: 'SELECT 1', kind: 3, parentSpanId: 'b'.repeat(16), status: { code: 1 } },
  ]);
  expect(spans).toHaveLength(2);
});

test('spans that are sent by themselves are a trace as well', () => {
  const span = (id: string, more: object) => ({
    name: `span ${id}`,
    span_id: id.repeat(16),
    trace_id: 'a'.repeat(32),
    start_timestamp: 1_795_176_000.1,
    end_timestamp: 1_795_176_000.2,
    status: 'error',
    attributes: {
      'sentry.op': { value: 'http.client', type: 'string' },
      'sentry.release': { value: 'shop@1.4.0', type: 'string' },
    },
    ...more,
  });
  const items = [
    span('b', { is_segment: true }),
    span('c', { parent_span_id: 'b'.repeat(16), status: 'ok' }),
    { name: 'no ids' },
  ];
  const { traces } = read(envelope([{ type: 'span', item_count: 3 }, JSON.stringify({ version: 2, items })]));
  const [{ resource, scopeSpans }] = JSON.parse(JSON.stringify(traces)).resourceSpans;
  expect(JSON.stringify(resource)).toContain('"shop"');
  expect(scopeSpans[0].spans).toMatchObject([
    {
      name: 'span b',
      kind: 3,
      status: { code: 2, message: 'error' },
      endTimeUnixNano: '1795176000200000000',
    },
    { name: 'span c', parentSpanId: 'b'.repeat(16), status: { code: 1 } },
  ]);
});

test('payloads with a length may have newlines, and what says nothing is left out', () => {
  const payload = JSON.stringify(event(), undefined, 2);
  const made = read(
    envelope(
      [{ type: 'attachment', length: 7 }, 'a\nb\nc\nd'],
      [{ type: 'event', length: Buffer.byteLength(payload) }, payload],
      [{ type: 'client_report' }, '{}'],
      [
        { type: 'log' },
        JSON.stringify({
          items: [
            {
              timestamp: 1_795_176_000,
              level: 'warn',
              body: 'hm',
              attributes: { a: { value: 1, type: 'integer' } },
            },
          ],
        }),
      ],
    ),
  );
  expect(made).toMatchObject({ items: 2, unreadable: 0 });
  expect(JSON.stringify(made.logs)).toContain('"hm"');
});

test('whatever is sent, nothing is thrown and nothing grows', () => {
  const deep = `${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}`;
  const hostile = [
    '',
    '\n\n\n',
    '[]',
    '{}',
    '{}\n{"type":"event","length":999999999}\n{}',
    '{}\n{"type":"event"}\n[]',
    '{}\n{"type":"event"}\n{"exception":{"values":[null,1,{"stacktrace":{"frames":[null,{"function":{}}]}}]},"tags":[["a"],1,null],"timestamp":"never","user":3}',
    '{}\n{"type":"transaction"}\n{"spans":7}',
    `{}\n{"type":"event"}\n{"extra":{"deep":${deep}}}`,
    `{}\n${'{"type":"event"}\n{}\n'.repeat(5_000)}`,
    `{}\n{"type":"log"}\n{"items":${JSON.stringify(Array.from({ length: 5_000 }, () => ({ body: 'x' })))}}`,
    gzipSync('x').toString('latin1'),
  ];
  for (const text of hostile) {
    const found = readEnvelope(Buffer.from(text));
    if (found === undefined) continue;
    const made = sentryRequests(found, now);
    expect(found.items.length).toBeLessThanOrEqual(1_000);
    for (const signal of ['logs', 'traces'] as const)
      if (made[signal] !== undefined)
        expect(jsonToProtobuf(signal, Buffer.from(JSON.stringify(made[signal]))).ok, text.slice(0, 80)).toBe(
          true,
        );
  }
});

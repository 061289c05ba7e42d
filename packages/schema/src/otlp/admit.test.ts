import { unixNano } from '@sightline/base';
import { describe, expect, test } from 'vitest';

import { admit } from './admit.ts';
import type { AdmissionRules } from './admission-rules.ts';
import { jsonToProtobuf } from './json-to-protobuf.ts';
import { protobufToJson } from './protobuf-to-json.ts';

// What is refused and why stands in conformance/edge; here is what those cases cannot say.

const rules: AdmissionRules = {
  oldestUnixNano: unixNano(1_000n),
  newestUnixNano: unixNano(2_000n),
  receivedUnixNano: unixNano(1_900n),
  attributeValueBytesMax: 16,
  depthMax: 2,
};

function admitSpan(value: object, count = 1) {
  const span = {
    traceId: 'a'.repeat(32),
    spanId: 'b'.repeat(16),
    startTimeUnixNano: '1500',
    endTimeUnixNano: '1600',
    attributes: [{ key: 'k', value }],
  };
  const json = { resourceSpans: [{ scopeSpans: [{ spans: Array.from({ length: count }, () => span) }] }] };
  const request = jsonToProtobuf('traces', Buffer.from(JSON.stringify(json)));
  if (!request.ok) throw new Error(request.error.message);
  const admitted = admit('traces', request.value, rules);
  if (!admitted.ok) throw new Error(admitted.error.message);
  return { ...admitted.value, json: protobufToJson('traces', admitted.value.request) };
}

describe('values over the limit', () => {
  test('are cut between characters, and the sender is told', () => {
    const { json, errorMessage, accepted } = admitSpan({ stringValue: 'fünfzehn Zeichen und mehr' });
    expect(json).toContain('{"stringValue":"fünfzehn Zeiche"}');
    expect(errorMessage).toBe('Warning: attribute values were cut to the size limit (1).');
    expect(accepted).toBe(1);
  });

  test('are cut as bytes', () => {
    const { json } = admitSpan({ bytesValue: Buffer.alloc(40, 7).toString('base64') });
    expect(json).toContain(`{"bytesValue":"${Buffer.alloc(16, 7).toString('base64')}"}`);
  });

  test('stay text when their JSON had to be cut', () => {
    const { json } = admitSpan({ arrayValue: { values: [{ stringValue: 'a long text in a list' }] } });
    expect(json).toContain(String.raw`{"stringValue":"[\"a long text in"}`);
  });
});

test('a value nested too deep keeps what is above', () => {
  const { json, errorMessage } = admitSpan({
    arrayValue: { values: [{ arrayValue: { values: [{ arrayValue: { values: [] } }] } }] },
  });
  expect(json).toContain('"k"');
  expect(errorMessage).toContain('cut at the depth limit (1)');
});

test('the message counts by reason', () => {
  const span = {
    traceId: 'a'.repeat(32),
    spanId: 'b'.repeat(16),
    startTimeUnixNano: '1500',
    endTimeUnixNano: '1600',
  };
  const spans = [
    span,
    { ...span, traceId: '' },
    { ...span, traceId: '00' },
    { ...span, startTimeUnixNano: '1' },
  ];
  const request = jsonToProtobuf(
    'traces',
    Buffer.from(JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans }] }] })),
  );
  const admitted = request.ok ? admit('traces', request.value, rules) : request;
  expect(admitted).toMatchObject({
    ok: true,
    value: {
      accepted: 1,
      rejections: [
        { reason: 'invalid_trace_id', count: 2 },
        { reason: 'time_too_old', count: 1 },
      ],
      errorMessage:
        'Rejected 3 of 4 spans: 2 invalid_trace_id (the trace id must be 16 bytes and not all zero); ' +
        '1 time_too_old (the time is older than the retention).',
    },
  });
});

test('a change in a span that is refused is no warning', () => {
  const span = {
    traceId: '00',
    spanId: 'b'.repeat(16),
    parentSpanId: '12',
    startTimeUnixNano: '1500',
    endTimeUnixNano: '1600',
  };
  const request = jsonToProtobuf(
    'traces',
    Buffer.from(JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] })),
  );
  const admitted = request.ok ? admit('traces', request.value, rules) : request;
  expect(admitted).toMatchObject({
    ok: true,
    value: { accepted: 0, errorMessage: expect.not.stringContaining('Warning') as string },
  });
});

import { unixNano } from '@sightline/base';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import type { TelemetrySignal } from '../api/index.ts';
import { admit, defaultAdmissionLimits } from './admit.ts';
import type { AdmissionRules } from './admission-rules.ts';
import { jsonToProtobuf } from './json-to-protobuf.ts';
import { messageRows } from './descriptors.ts';
import { requestTypes } from './message-type.ts';
import { protobufToJson } from './protobuf-to-json.ts';
import { toRegularForm } from './regular-form.ts';
import { arbitraryRequest } from './request.testing.ts';
import { countItems, splitRequest } from './split.ts';

const signals: readonly TelemetrySignal[] = ['traces', 'logs', 'metrics'];

/** Everything is young enough, so that what admission changes is seen and not only what it drops. */
const openRules: AdmissionRules = {
  oldestUnixNano: unixNano(0n),
  newestUnixNano: unixNano(2n ** 63n - 1n),
  receivedUnixNano: unixNano(1n),
  ...defaultAdmissionLimits,
};

function encode(signal: TelemetrySignal, request: object): Uint8Array {
  const encoded = jsonToProtobuf(signal, Buffer.from(JSON.stringify(request)));
  if (!encoded.ok) throw new Error(encoded.error.message);
  return encoded.value;
}

/** Negative zero is lost by JSON.stringify; nothing else is. */
function plain(request: object): unknown {
  return JSON.parse(JSON.stringify(request));
}

describe.each(signals)('the codec for %s', (signal) => {
  const request = arbitraryRequest(signal);
  const options = { numRuns: 30 };

  test('decodes what it encodes', () => {
    fc.assert(
      fc.property(request, (json) => {
        expect(JSON.parse(protobufToJson(signal, encode(signal, json)))).toEqual(plain(json));
      }),
      options,
    );
  });

  test('reads any spelling of the same JSON', () => {
    fc.assert(
      fc.property(request, (json) => {
        const spelled = JSON.stringify(snakeCased(json), null, 1);
        expect(Buffer.from(unwrap(jsonToProtobuf(signal, Buffer.from(spelled))))).toEqual(
          Buffer.from(encode(signal, json)),
        );
      }),
      options,
    );
  });

  test('leaves alone what it has admitted', () => {
    fc.assert(
      fc.property(request, (json) => {
        const first = unwrap(admit(signal, encode(signal, json), openRules));
        const second = unwrap(admit(signal, first.request, openRules));
        expect(second.request).toBe(first.request);
        expect(second).toMatchObject({ accepted: first.accepted, rejections: [], errorMessage: '' });
      }),
      options,
    );
  });

  test('counts every item once, as accepted or as rejected', () => {
    fc.assert(
      fc.property(request, (json) => {
        const bytes = encode(signal, json);
        const { accepted, rejections, request: kept } = unwrap(admit(signal, bytes, openRules));
        const rejected = rejections.reduce((sum, { count }) => sum + count, 0);
        expect(accepted + rejected).toBe(countItems(signal, bytes));
        expect(countItems(signal, kept)).toBe(accepted);
      }),
      options,
    );
  });

  test('splits without losing or repeating an item', () => {
    fc.assert(
      fc.property(request, (json) => {
        const bytes = encode(signal, json);
        const halves = splitRequest(signal, bytes);
        const sizes = halves.map((half) => countItems(signal, half));
        expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(countItems(signal, bytes));
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThan(2);
        expect(halves.flatMap((half) => itemsOf(signal, half))).toEqual(itemsOf(signal, bytes));
      }),
      options,
    );
  });

  test('means the same in regular form', () => {
    fc.assert(
      fc.property(request, (json) => {
        const bytes = encode(signal, json);
        const regular = toRegularForm(requestTypes[signal], bytes);
        expect(JSON.parse(protobufToJson(signal, regular))).toEqual(
          JSON.parse(protobufToJson(signal, bytes)),
        );
        expect(Buffer.from(toRegularForm(requestTypes[signal], regular))).toEqual(Buffer.from(regular));
      }),
      options,
    );
  });
});

describe('structured values', () => {
  test('come back from the JSON text that admission makes of them', () => {
    const value = {
      kvlistValue: {
        values: [
          { key: 'text', value: { stringValue: 'quote " and \u2028 \u0001' } },
          { key: 'integer', value: { intValue: '-9223372036854775808' } },
          { key: 'double', value: { doubleValue: 3 } },
          {
            key: 'list',
            value: { arrayValue: { values: [{ boolValue: false }, {}, { arrayValue: { values: [] } }] } },
          },
          { key: '__proto__', value: { kvlistValue: { values: [] } } },
        ],
      },
    };
    const span = {
      traceId: '5b8efff798038103d269b633813fc60c',
      spanId: 'eee19b7ec3c1b174',
      startTimeUnixNano: '1',
      endTimeUnixNano: '2',
      attributes: [{ key: 'k', value }],
    };
    const json = { resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] };
    const admitted = unwrap(admit('traces', encode('traces', json), openRules));
    expect(Buffer.from(admitted.request).toString('latin1')).toContain('{"text":"quote \\" and');
    expect(JSON.parse(protobufToJson('traces', admitted.request))).toEqual(json);
  });

  test('become one field that the engine knows, and no others', () => {
    const json = {
      resourceLogs: [{ scopeLogs: [{ logRecords: [{ timeUnixNano: '1', body: { arrayValue: {} } }] }] }],
    };
    const { request } = unwrap(admit('logs', encode('logs', json), openRules));
    expect(Buffer.from(request).toString('hex')).toContain(`2a047a02${Buffer.from('[]').toString('hex')}`);
  });
});

test('what is good passes as the very same bytes', () => {
  const span = {
    traceId: 'a'.repeat(32),
    spanId: 'b'.repeat(16),
    startTimeUnixNano: '1',
    endTimeUnixNano: '2',
  };
  const bytes = encode('traces', { resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] });
  expect(unwrap(admit('traces', bytes, openRules)).request).toBe(bytes);
});

test('every field number of the table is used once', () => {
  for (const [name, rows] of Object.entries(messageRows)) {
    const numbers = Object.values(rows).map(([number]) => number);
    expect(new Set(numbers).size, name).toBe(numbers.length);
  }
});

function unwrap<T>(result: { ok: true; value: T } | { ok: false; error: { message: string } }): T {
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
}

function snakeCased(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(snakeCased);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [
      key.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      snakeCased(member),
    ]),
  );
}

/** Every item of a request, in order, as JSON text. */
function itemsOf(signal: TelemetrySignal, request: Uint8Array): string[] {
  const items: string[] = [];
  const visit = (value: unknown, key: string): void => {
    if (!Array.isArray(value)) {
      if (typeof value === 'object' && value !== null)
        for (const [name, member] of Object.entries(value)) visit(member, name);
      return;
    }
    const isItems = key === 'spans' || key === 'logRecords' || key === 'dataPoints';
    for (const one of value) {
      if (isItems) items.push(JSON.stringify(one));
      else visit(one, '');
    }
  };
  visit(JSON.parse(protobufToJson(signal, request)), '');
  return items;
}

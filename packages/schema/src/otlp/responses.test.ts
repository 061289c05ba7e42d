import { describe, expect, test } from 'vitest';

import { encodeExportResponse, encodeStatus } from './responses.ts';
import { varintNumber, WireReader } from './wire-reader.ts';

/** The fields of a message as `number: value`, text where the bytes are text. */
function fieldsOf(bytes: Uint8Array): [number, unknown][] {
  const reader = new WireReader(bytes);
  const fields: [number, unknown][] = [];
  while (reader.next()) {
    fields.push([
      reader.number,
      reader.wire === 0 ? varintNumber(bytes, reader.start) : bytes.slice(reader.start, reader.end),
    ]);
  }
  return fields;
}

function bytesAt(bytes: Uint8Array, number: number): Uint8Array {
  const value = fieldsOf(bytes).find(([found]) => found === number)?.[1];
  if (!(value instanceof Uint8Array)) throw new Error(`Field ${number} is not there`);
  return value;
}

const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8');

describe('an export response', () => {
  test('has no partial success when all is well', () => {
    const outcome = { rejected: 0, errorMessage: '' };
    expect(encodeExportResponse('traces', 'protobuf', outcome)).toHaveLength(0);
    expect(textOf(encodeExportResponse('traces', 'json', outcome))).toBe('{}');
  });

  test.each([
    ['traces', 'rejectedSpans'],
    ['logs', 'rejectedLogRecords'],
    ['metrics', 'rejectedDataPoints'],
  ] as const)('counts what was refused of %s', (signal, name) => {
    const outcome = { rejected: 300, errorMessage: 'Zeit fehlt – größer' };
    const partial = bytesAt(encodeExportResponse(signal, 'protobuf', outcome), 1);
    expect(fieldsOf(partial)[0]).toEqual([1, 300]);
    expect(textOf(bytesAt(partial, 2))).toBe(outcome.errorMessage);
    expect(JSON.parse(textOf(encodeExportResponse(signal, 'json', outcome)))).toEqual({
      partialSuccess: { [name]: '300', errorMessage: outcome.errorMessage },
    });
  });

  test('warns without a count when nothing was refused', () => {
    const outcome = { rejected: 0, errorMessage: 'Warning: cut.' };
    expect(
      fieldsOf(bytesAt(encodeExportResponse('logs', 'protobuf', outcome), 1)).map(([number]) => number),
    ).toEqual([2]);
    expect(textOf(encodeExportResponse('logs', 'json', outcome))).toBe(
      '{"partialSuccess":{"errorMessage":"Warning: cut."}}',
    );
  });
});

describe('a status', () => {
  test('has a code and a message', () => {
    const status = encodeStatus('protobuf', { code: 3, message: 'cannot be read' });
    expect(fieldsOf(status)[0]).toEqual([1, 3]);
    expect(textOf(bytesAt(status, 2))).toBe('cannot be read');
    expect(JSON.parse(textOf(encodeStatus('json', { code: 3, message: 'no' })))).toEqual({
      code: 3,
      message: 'no',
    });
  });

  test('tells when to come back', () => {
    const status = encodeStatus('protobuf', { code: 8, message: 'full', retryDelayMs: 2_500 });
    const any = bytesAt(status, 3);
    expect(textOf(bytesAt(any, 1))).toBe('type.googleapis.com/google.rpc.RetryInfo');
    expect(fieldsOf(bytesAt(bytesAt(any, 2), 1))).toEqual([
      [1, 2],
      [2, 500_000_000],
    ]);
    expect(
      JSON.parse(textOf(encodeStatus('json', { code: 8, message: 'full', retryDelayMs: 2_500 }))),
    ).toEqual({
      code: 8,
      message: 'full',
      details: [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '2.5s' }],
    });
  });
});

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { countItems, jsonToProtobuf } from '@sightline/schema/otlp';
import type { TelemetrySignal } from '@sightline/schema/api';
import { encodeVarint } from './chunks.ts';
import { guessSignal, isSingleRequest } from './guess-signal.ts';
import { readOtlpFile } from './read-otlp-file.ts';

const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'shop' } }] };
const span = {
  traceId: '0af7651916cd43dd8448eb211c80319c',
  spanId: 'b7ad6b7169203331',
  name: 'x',
  startTimeUnixNano: '1',
  endTimeUnixNano: '2',
};
const requests: Readonly<Record<TelemetrySignal, unknown>> = {
  traces: {
    resourceSpans: [{ resource, scopeSpans: [{ spans: [span, { ...span, spanId: 'b7ad6b7169203332' }] }] }],
  },
  logs: {
    resourceLogs: [
      { resource, scopeLogs: [{ logRecords: [{ observedTimeUnixNano: '5', body: { stringValue: 'hi' } }] }] },
    ],
  },
  metrics: {
    resourceMetrics: [
      {
        resource,
        scopeMetrics: [
          {
            metrics: [{ name: 'a.metric.name', gauge: { dataPoints: [{ timeUnixNano: '5', asInt: '1' }] } }],
          },
        ],
      },
    ],
  },
};

let directory = '';
beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'sightline-import-'));
});
afterAll(async () => rm(directory, { recursive: true }));

const toProtobuf = (signal: TelemetrySignal): Uint8Array => {
  const converted = jsonToProtobuf(signal, new TextEncoder().encode(JSON.stringify(requests[signal])));
  if (!converted.ok) throw new Error(converted.error.message);
  return converted.value;
};
const delimit = (message: Uint8Array): Uint8Array =>
  Buffer.concat([encodeVarint(message.byteLength), message]);

async function read(content: Uint8Array | string) {
  const file = path.join(directory, 'input');
  await writeFile(file, content);
  const found: string[] = [];
  const options = {
    signal: undefined,
    service: 'shop',
    abort: new AbortController().signal,
    onBytesRead: () => {},
  };
  for await (const piece of readOtlpFile(file, options))
    found.push(
      piece.ok
        ? `${countItems(piece.value.signal, piece.value.request)} ${piece.value.signal}`
        : `${piece.error.where}: ${piece.error.message}`,
    );
  return found;
}

describe('reading files', () => {
  const lines = Object.values(requests)
    .map((request) => JSON.stringify(request))
    .join('\n');

  test('JSON lines of all signals, with blank lines, carriage returns and no newline at the end', async () => {
    expect(await read(`\n${lines.replaceAll('\n', '\r\n\r\n')}`)).toEqual([
      '2 traces',
      '1 logs',
      '1 metrics',
    ]);
  });

  test('the same gzipped', async () => {
    expect(await read(gzipSync(lines))).toEqual(['2 traces', '1 logs', '1 metrics']);
  });

  test('one document over many lines, with two signals', async () => {
    const both = { ...(requests.traces as object), ...(requests.logs as object) };
    expect(await read(JSON.stringify({ note: 'odd', ...both }, undefined, 2))).toEqual([
      '2 traces',
      '1 logs',
    ]);
  });

  test.each(Object.keys(requests) as TelemetrySignal[])('one protobuf request of %s', async (signal) => {
    expect(await read(toProtobuf(signal))).toEqual([`${signal === 'traces' ? 2 : 1} ${signal}`]);
  });

  test('delimited protobuf of all signals, also gzipped', async () => {
    const all = Buffer.concat(
      (Object.keys(requests) as TelemetrySignal[]).map((signal) => delimit(toProtobuf(signal))),
    );
    expect(await read(all)).toEqual(['2 traces', '1 logs', '1 metrics']);
    expect(await read(gzipSync(all))).toEqual(['2 traces', '1 logs', '1 metrics']);
  });

  test('protobuf as the file exporter of the Collector writes it, behind lengths of four bytes', async () => {
    const framed = (['traces', 'logs', 'metrics'] as const).map((signal) => {
      const message = toProtobuf(signal);
      const length = Buffer.alloc(4);
      length.writeUInt32BE(message.byteLength);
      return Buffer.concat([length, message]);
    });
    expect(await read(Buffer.concat(framed))).toEqual(['2 traces', '1 logs', '1 metrics']);
    await expect(read(Buffer.concat(framed).subarray(0, -1))).rejects.toThrow('ends inside the message');
  });

  test('a line that is not OTLP is named, and the rest is read', async () => {
    expect(await read(`${lines}\n{"hello":1}\n{broken\n${JSON.stringify(requests.logs)}`)).toEqual([
      '2 traces',
      '1 logs',
      '1 metrics',
      'line 4: neither OTLP (no resourceSpans, resourceLogs or resourceMetrics) nor a log (no message, no level)',
      expect.stringMatching(/^line 5: not JSON/),
      '1 logs',
    ]);
  });

  test('an empty file holds nothing', async () => {
    expect(await read('')).toEqual([]);
    expect(await read('\n\n')).toEqual([]);
  });

  test.each([
    ['bytes that are nothing', Uint8Array.from({ length: 600 }, (_, i) => (i * 7919) % 256)],
    [
      'a torn delimited file',
      Buffer.concat([delimit(toProtobuf('traces')), delimit(toProtobuf('logs')).subarray(0, 20)]),
    ],
    ['broken gzip', gzipSync(lines).subarray(0, 60)],
  ])('%s are refused with the file’s name', async (_, content) => {
    await expect(read(content)).rejects.toMatchObject({
      code: 'unreadable_file',
      message: expect.stringContaining('input'),
    });
  });
});

test('a delimited message of ten bytes is not taken for a bare request', () => {
  const tiny = Uint8Array.from([10, 0x0a, 8, 0x12, 6, 0x12, 4, 0x0a, 0, 0x0a, 0]);
  expect(isSingleRequest(tiny)).toBe(false);
  expect(isSingleRequest(toProtobuf('traces'))).toBe(true);
  expect(guessSignal(Uint8Array.from([1, 2, 3]))).toBeUndefined();
});

import { unixNano } from '@sightline/base';
import { expect, test } from 'vitest';

import type { TelemetrySignal } from '../api/index.ts';
import { admit, type AdmissionRules, defaultAdmissionLimits } from './admit.ts';
import { jsonToProtobuf } from './json-to-protobuf.ts';
import { protobufToJson } from './protobuf-to-json.ts';
import { countItems, splitRequest } from './split.ts';

/** Another seed another day: SIGHTLINE_FUZZ_SEED=… and SIGHTLINE_FUZZ_MS=… go on looking. */
const seed = Number(process.env['SIGHTLINE_FUZZ_SEED'] ?? 20_261_121);
const budgetMs = Number(process.env['SIGHTLINE_FUZZ_MS'] ?? 5_000);

const rules: AdmissionRules = {
  oldestUnixNano: unixNano(1n),
  newestUnixNano: unixNano(2n ** 62n),
  ...defaultAdmissionLimits,
  attributeValueBytesMax: 64,
  depthMax: 4,
};

const attributes = [
  { key: 'text', value: { stringValue: 'Grüße 世界 and more than sixty-four bytes of it, to be cut 🌍🌍' } },
  {
    key: 'list',
    value: { arrayValue: { values: [{ intValue: '-1' }, { kvlistValue: { values: [] } }, {}] } },
  },
  {
    key: 'deep',
    value: {
      kvlistValue: { values: [{ key: 'a', value: { arrayValue: { values: [{ doubleValue: 1.5 }] } } }] },
    },
  },
  { key: 'bytes', value: { bytesValue: 'AAECAwQ=' } },
];
const ids = { traceId: '5b8efff798038103d269b633813fc60c', spanId: 'eee19b7ec3c1b174' };
const resource = { attributes, droppedAttributesCount: 1 };
const point = { timeUnixNano: '1795000000000000000', count: '3', attributes };
const seeds: Readonly<Record<TelemetrySignal, object>> = {
  traces: {
    resourceSpans: [
      {
        resource,
        scopeSpans: [
          {
            scope: { name: 's', attributes },
            spans: [1, 2].map((kind) => ({
              ...ids,
              kind,
              startTimeUnixNano: '1795000000000000000',
              endTimeUnixNano: '1795000000000000001',
              attributes,
              events: [{ timeUnixNano: '1795000000000000000', name: 'e', attributes }],
              links: [{ ...ids, attributes }],
              status: { code: 2, message: 'no' },
              flags: 257,
            })),
          },
        ],
      },
    ],
  },
  logs: {
    resourceLogs: [
      {
        resource,
        scopeLogs: [
          {
            logRecords: [
              { ...ids, timeUnixNano: '1795000000000000000', body: attributes[1]?.value, attributes },
            ],
          },
        ],
      },
    ],
  },
  metrics: {
    resourceMetrics: [
      {
        resource,
        scopeMetrics: [
          {
            metrics: [
              {
                name: 'g',
                gauge: { dataPoints: [{ ...point, asInt: '-5', exemplars: [{ asDouble: 1, ...ids }] }] },
              },
              {
                name: 'h',
                histogram: { dataPoints: [{ ...point, bucketCounts: ['1', '2'], explicitBounds: [0.5] }] },
              },
              {
                name: 'e',
                exponentialHistogram: {
                  dataPoints: [{ ...point, scale: 3, positive: { offset: -2, bucketCounts: ['1', '300'] } }],
                },
              },
              {
                name: 's',
                summary: { dataPoints: [{ ...point, quantileValues: [{ quantile: 0.5, value: 1 }] }] },
              },
            ],
          },
        ],
      },
    ],
  },
};

const signals = ['traces', 'logs', 'metrics'] as const;

test('no bytes, however broken, get anything but an answer', { timeout: budgetMs + 20_000 }, () => {
  const random = randomOf(seed);
  const deadline = performance.now() + budgetMs;
  const texts = signals.map((signal) => Buffer.from(JSON.stringify(seeds[signal])));
  const binaries = signals.map((signal, index) =>
    valueOf(jsonToProtobuf(signal, texts[index] ?? Buffer.alloc(0))),
  );
  let runs = 0;
  let read = 0;
  for (; performance.now() < deadline || runs < 1_000; runs++) {
    const which = runs % 3;
    const signal = signals[which] ?? 'traces';
    const json = mutate(texts[which] ?? Buffer.alloc(0), random);
    const protobuf = mutate(binaries[which] ?? Buffer.alloc(0), random);
    try {
      const fromJson = jsonToProtobuf(signal, json);
      if (fromJson.ok) check(signal, fromJson.value);
      else expect(fromJson.error.message).toMatch(/at \$.*\(byte \d+\)$/);
      if (check(signal, protobuf)) read++;
    } catch (error) {
      const inputs = `${signal} json ${json.toString('base64')} protobuf ${Buffer.from(protobuf).toString('base64')}`;
      throw new Error(`Seed ${seed}, run ${runs}: ${inputs}`, { cause: error });
    }
  }
  // The mutations must leave enough intact to get behind the outermost checks.
  expect(read).toBeGreaterThan(runs / 20);
});

/** Whether the bytes were readable; then what was admitted must hold together. */
function check(signal: TelemetrySignal, request: Uint8Array): boolean {
  const first = admit(signal, request, rules);
  if (!first.ok) {
    expect(first.error.message).toMatch(/ at byte \d+$/);
    return false;
  }
  const second = admit(signal, first.value.request, rules);
  expect(second.ok && second.value.request).toBe(first.value.request);
  expect(second.ok && second.value.accepted).toBe(first.value.accepted);
  expect(countItems(signal, first.value.request)).toBe(first.value.accepted);
  const halves = splitRequest(signal, first.value.request);
  expect(halves.reduce((sum, half) => sum + countItems(signal, half), 0)).toBe(first.value.accepted);
  const json = protobufToJson(signal, first.value.request);
  JSON.parse(json);
  expect(Buffer.from(first.value.request).toString('utf8')).toBeDefined();
  valueOf(jsonToProtobuf(signal, Buffer.from(json)));
  return true;
}

function mutate(original: Uint8Array, random: () => number): Buffer {
  let bytes = Buffer.from(original);
  const at = (): number => Math.floor(random() * bytes.length);
  for (let changes = 1 + Math.floor(random() * 4); changes > 0; changes--) {
    switch (Math.floor(random() * 7)) {
      case 0:
        bytes[at()] = Math.floor(random() * 256);
        break;
      case 1: {
        const where = at();
        bytes[where] = (bytes[where] ?? 0) ^ (1 << Math.floor(random() * 8));
        break;
      }
      case 2:
        bytes = bytes.subarray(0, at());
        break;
      case 3: {
        const from = at();
        bytes = Buffer.concat([bytes.subarray(0, from), bytes.subarray(from + Math.floor(random() * 9))]);
        break;
      }
      case 4: {
        const [from, to] = [at(), at()];
        bytes = Buffer.concat([bytes.subarray(0, to), bytes.subarray(from, from + 20), bytes.subarray(to)]);
        break;
      }
      case 5: {
        const to = at();
        const noise = Buffer.from(Array.from({ length: 4 }, () => Math.floor(random() * 256)));
        bytes = Buffer.concat([bytes.subarray(0, to), noise, bytes.subarray(to)]);
        break;
      }
      default:
        bytes = Buffer.concat([bytes, bytes.subarray(at())]);
    }
    if (bytes.length === 0) return bytes;
  }
  return bytes;
}

/** Mulberry32: small, and the same everywhere. */
function randomOf(start: number): () => number {
  let state = start;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

function valueOf<T>(result: { ok: true; value: T } | { ok: false; error: { message: string } }): T {
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
}

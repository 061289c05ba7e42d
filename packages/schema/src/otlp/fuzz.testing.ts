import { unixNano } from '@sightline/base';
import { expect } from 'vitest';

import type { TelemetrySignal } from '../api/index.ts';
import { admit, defaultAdmissionLimits } from './admit.ts';
import type { AdmissionRules } from './admission-rules.ts';
import { jsonToProtobuf } from './json-to-protobuf.ts';
import { protobufToJson } from './protobuf-to-json.ts';
import { countItems, splitRequest } from './split.ts';

const rules: AdmissionRules = {
  oldestUnixNano: unixNano(1n),
  newestUnixNano: unixNano(2n ** 62n),
  receivedUnixNano: unixNano(2n ** 61n),
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
/** One request per signal with a bit of everything, for fuzzing to damage. */
export const fuzzSeeds: Readonly<Record<TelemetrySignal, object>> = {
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

/** One to four changes: bytes and bits, cuts, insertions and repetitions. */
export function mutate(original: Uint8Array, random: () => number): Buffer {
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

/** Whether the bytes were readable; then what was admitted must hold together. */
export function checkAdmission(signal: TelemetrySignal, request: Uint8Array): boolean {
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
  expect(jsonToProtobuf(signal, Buffer.from(json))).toMatchObject({ ok: true });
  return true;
}

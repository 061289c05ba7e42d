/**
 * What one core pays to let telemetry in: the scan over protobuf (as it comes, and with a list in every span that has
 * to be rewritten), and the JSON door. Run: node bench/otlp-admit.bench.ts [spans per batch].
 */
import { parseArgs } from 'node:util';

import { systemClock, unixNano } from '@sightline/base';
import { admit, type AdmissionRules, defaultAdmissionLimits, jsonToProtobuf } from '@sightline/schema/otlp';

const { positionals } = parseArgs({ allowPositionals: true });
const spansPerBatch = Number(positionals[0] ?? 500);
const now = systemClock().now();
const rules: AdmissionRules = {
  oldestUnixNano: unixNano(now - 30n * 86_400_000_000_000n),
  newestUnixNano: unixNano(now + 86_400_000_000_000n),
  receivedUnixNano: unixNano(now),
  ...defaultAdmissionLimits,
};

const text = (key: string, stringValue: string) => ({ key, value: { stringValue } });
const integer = (key: string, intValue: number) => ({ key, value: { intValue } });

function spanOf(index: number, withList: boolean): object {
  const hex = (index * 2654435761).toString(16).padStart(16, '1').slice(-16);
  return {
    traceId: `${hex}${hex}`,
    spanId: hex,
    parentSpanId: hex,
    name: 'chat gpt-5.4-mini',
    kind: 3,
    startTimeUnixNano: String(now - BigInt(index) * 1_000_000n),
    endTimeUnixNano: String(now),
    attributes: [
      text('gen_ai.operation.name', 'chat'),
      text('gen_ai.provider.name', 'openai'),
      text('gen_ai.request.model', 'gpt-5.4-mini'),
      text('gen_ai.response.model', 'gpt-5.4-mini-2026-03-17'),
      integer('gen_ai.usage.input_tokens', 1200 + index),
      integer('gen_ai.usage.output_tokens', 340),
      { key: 'gen_ai.request.temperature', value: { doubleValue: 0.2 } },
      withList
        ? {
            key: 'gen_ai.response.finish_reasons',
            value: { arrayValue: { values: [{ stringValue: 'stop' }] } },
          }
        : text('gen_ai.response.finish_reason', 'stop'),
      text('session.id', `session-${index % 100}`),
      text('http.route', '/v1/chat/completions'),
      { key: 'stream', value: { boolValue: true } },
    ],
    status: { code: 1 },
    flags: 257,
  };
}

function batchOf(withList: boolean): Uint8Array {
  const spans = Array.from({ length: spansPerBatch }, (_, index) => spanOf(index, withList));
  const resource = { attributes: [text('service.name', 'agent'), text('host.name', 'worker-1')] };
  return Buffer.from(
    JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ scope: { name: 'agent' }, spans }] }] }),
  );
}

function protobufOf(json: Uint8Array): Uint8Array {
  const converted = jsonToProtobuf('traces', json);
  if (!converted.ok) throw new Error(converted.error.message);
  return converted.value;
}

/** Rounds of half a second of processor time, which other programs on the machine disturb less than time on the clock. */
function measure(name: string, bytes: number, run: () => void): void {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 6; round++) {
    const start = process.cpuUsage();
    let spentMs = 0;
    let batches = 0;
    for (; spentMs < 500; batches += 10) {
      for (let i = 0; i < 10; i++) run();
      spentMs = process.cpuUsage(start).user / 1000;
    }
    best = Math.min(best, spentMs / batches);
  }
  const microseconds = (best * 1000) / spansPerBatch;
  const megabytes = bytes / 1e6 / (best / 1000);
  console.log(
    `${name.padEnd(34)} ${microseconds.toFixed(2).padStart(6)} µs/span ${megabytes.toFixed(0).padStart(6)} MB/s ` +
      `${(bytes / spansPerBatch).toFixed(0).padStart(5)} bytes/span`,
  );
}

const json = batchOf(false);
const plain = protobufOf(json);
const listed = protobufOf(batchOf(true));
const broken = Uint8Array.from(plain);

console.log(
  `${spansPerBatch} spans per batch, 11 attributes, Node ${process.version}, one thread, processor time`,
);
measure('admit, nothing to change', plain.length, () => admit('traces', plain, rules));
measure('admit, a list in every span', listed.length, () => admit('traces', listed, rules));
measure('admit, every span too old', broken.length, () =>
  admit('traces', broken, { ...rules, oldestUnixNano: rules.newestUnixNano }),
);
measure('JSON to protobuf', json.length, () => jsonToProtobuf('traces', json));
measure('JSON.parse alone, for comparison', json.length, () =>
  JSON.parse(Buffer.from(json).toString('utf8')),
);

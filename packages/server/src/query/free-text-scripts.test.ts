/** Words are found in any case and script, and whatever signs stand around them. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { logsParameters, spansParameters } from '@sightline/schema/api';
import { findLogs } from './find-logs.ts';
import { findSpans } from './find-spans.ts';
import { hexId, logsRequest, tracesRequest } from './testing/otlp-json.ts';
import { TestStore } from './testing/test-store.ts';

const texts = [
  'She said “hello” to me',
  'I don’t know',
  'foo—bar',
  '你好，世界',
  'naïve café',
  'ÜBER straße',
  'price: 5€ each',
  'emoji🚀rocket',
  'hello\u00a0nbsp',
  'ΣΊΣΥΦΟΣ',
  "don't",
  '«Цитата» — текст',
  'under_score path/to/file.ts',
  'plain words, and more',
] as const;

let telemetry: TestStore;

beforeAll(async () => {
  telemetry = await TestStore.open(new Date('2026-11-21T12:00:00Z'));
  const start = telemetry.clock.nowNanos - 60_000_000_000n;
  const spans = (first: number, valueOf: (text: string) => string) =>
    texts.map((text, at) => ({
      traceId: hexId(32, first + at),
      spanId: hexId(16, 1),
      startNanos: start + BigInt(at),
      attributes: { 'gen_ai.prompt': valueOf(text) },
    }));
  await telemetry.loadJson(
    'traces',
    tracesRequest(
      'short',
      spans(1, (text) => text),
    ),
  );
  // Kept once, by their content.
  await telemetry.loadJson(
    'traces',
    tracesRequest(
      'long',
      spans(101, (text) => `${text} ${'etc '.repeat(200)}`),
    ),
  );
  const logs = texts.map((body, at) => ({ timeNanos: start + BigInt(at), body }));
  await telemetry.loadJson('logs', logsRequest('logs', logs));
});
afterAll(async () => telemetry.close());

/** Which of the texts are found, in spans, in long texts of spans, and in log records. */
async function found(q: string): Promise<readonly (readonly number[])[]> {
  const { context } = telemetry;
  const spansOf = async (service: string) => {
    const { spans } = await findSpans(context, spansParameters.parse({ from: '-1h', service, q }));
    return spans.map(({ traceId }) => (Number.parseInt(traceId, 16) - 1) % 100).toSorted((a, b) => a - b);
  };
  const { logs } = await findLogs(context, logsParameters.parse({ from: '-1h', q, order: 'asc' }));
  const at = logs.map(({ body }) => texts.indexOf(body as (typeof texts)[number]));
  return [await spansOf('short'), await spansOf('long'), at];
}

test.each([
  ['hello', [0, 8]],
  ['"“hello”"', [0]],
  ['don’t', [1]],
  ["don't", [10]],
  ['don', [1, 10]],
  ['foo', [2]],
  ['foo—bar', [2]],
  ['世界', [3]],
  ['café', [4]],
  ['"NAÏVE CAFÉ"', [4]],
  ['über', [5]],
  ['STRASSE', []],
  ['5', [6]],
  ['5€', [6]],
  ['rocket', [7]],
  ['🚀', [7]],
  ['nbsp', [8]],
  ['σίσυφος', [9]],
  ['цитата', [11]],
  ['"«цитата» — текст"', [11]],
  ['текс', []],
  ['текс*', [11]],
  ['score', [12]],
  ['"to/file"', [12]],
  ['"WORDS, and"', [13]],
  ['NOT hello', [1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13]],
] as const)('%s', async (q, expected) => {
  expect(await found(q)).toEqual([expected, expected, expected]);
});

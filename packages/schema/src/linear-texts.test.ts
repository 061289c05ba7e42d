/** Texts that an expression could read in many ways, far longer than people write. Each is read in time that grows with its length only: most took minutes. */
import { expect, test } from 'vitest';
import { prometheusUnit, readConversation } from './conventions/index.ts';
import { parseStack } from './exceptions/index.ts';
import { jsonToProtobuf } from './otlp/index.ts';
import { dropCutMark } from './otlp/text-marks.ts';

const length = 500_000;

const number = (given: object): unknown => {
  const spans = [{ attributes: [{ key: 'a', value: given }] }];
  return jsonToProtobuf(
    'traces',
    Buffer.from(JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans }] }] })),
  );
};

test.each<[string, () => unknown]>([
  ['an integer of digits without an exponent', () => number({ intValue: `${'0'.repeat(length)}E` })],
  ['a double of the same', () => number({ doubleValue: `${'0'.repeat(length)}E` })],
  ['a value of marks that are cut off', () => dropCutMark('\u0001'.repeat(length) + '\u0002')],
  ['a unit of braces', () => prometheusUnit('{'.repeat(length))],
  [
    'media without an end of their type',
    () =>
      readConversation({
        name: 'call',
        attributes: {
          'gen_ai.input.messages': JSON.stringify([
            {
              role: 'user',
              content: [{ type: 'image_url', image_url: { url: `data:${'a'.repeat(length)}` } }],
            },
          ]),
        },
      }),
  ],
  // Of a stack 64 KiB are read. Programs send a thousand in one request.
  ...[`${'\t'.repeat(63)}\n`, '\n\t\t', '| \n'].map((line): [string, () => unknown] => [
    `twenty stacks of ${JSON.stringify(line)}`,
    () => Array.from({ length: 20 }, () => parseStack(line.repeat(65_000 / line.length))),
  ]),
])('%s', (_, read) => {
  const before = process.cpuUsage();
  read();
  expect(process.cpuUsage(before).user).toBeLessThan(1_000_000);
});

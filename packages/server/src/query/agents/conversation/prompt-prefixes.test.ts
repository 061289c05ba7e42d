import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readConversation } from '@sightline/schema/conventions';
import { addressedBytesMin, restoreTexts, takeTexts } from '@sightline/schema/otlp';
import { PromptPrefixes } from './prompt-prefixes.ts';
import { byIds } from './stored-texts.ts';

const message = fc.oneof(
  fc.record({
    role: fc.constantFrom('user', 'assistant'),
    parts: fc.constantFrom(
      [{ type: 'text', content: 'a' }],
      [{ type: 'text', content: 'b'.repeat(600) }],
      [{ type: 'text', content: '],[' }],
      [],
    ),
  }),
  fc.record({
    role: fc.constantFrom('user', 'tool'),
    content: fc.constantFrom('x', 'y, "z"', `long ${'},{ '.repeat(200)}`, '[{'.repeat(100)),
  }),
  fc.constantFrom({ odd: 1 }, 'text', 7, { type: 'function_call_output', call_id: 'c', output: 'o' }),
);

test('prompts that go on where others ended are read as if each were read alone', () => {
  const told = fc.array(
    fc.record({
      take: fc.nat(6),
      add: fc.array(message, { maxLength: 3 }),
      cut: fc.constantFrom(0, 0, 0, 3),
    }),
    { maxLength: 8 },
  );
  fc.assert(
    fc.property(told, (turns) => {
      const texts = new Map<string, string>();
      const prefixes = new PromptPrefixes(texts);
      let history: unknown[] = [];
      for (const { take, add, cut } of turns) {
        history = [...(take === 0 ? [] : history), ...add];
        const text = JSON.stringify(history);
        const source = (prompt: string) => ({
          name: 'chat',
          attributes: { 'gen_ai.operation.name': 'chat', 'gen_ai.input.messages': prompt },
        });
        const whole = text.slice(0, text.length - cut);
        expect(prefixes.read(source(store(whole, texts)))).toEqual(readConversation(source(whole)));
      }
    }),
    { numRuns: 500 },
  );
});

/** The value as it comes out of the store, by the ids of its texts. */
function store(value: string, texts: Map<string, string>): string {
  const stored = takeTexts(Buffer.from(value));
  const ids = [...new Set(stored.ids)];
  let rest = value;
  const bodies = stored.value.split(/\u0001\d+:\d+\u0002/);
  const lengths = Array.from(stored.value.matchAll(/\u0001\d+:(\d+)\u0002/g), ([, length]) => Number(length));
  for (const [index, id] of stored.ids.entries()) {
    rest = rest.slice(bodies[index]?.length ?? 0);
    texts.set(id, rest.slice(0, lengths[index]));
    rest = rest.slice(lengths[index]);
  }
  expect(
    Buffer.byteLength(value) < addressedBytesMin ||
      restoreTexts(stored.value, (n) => texts.get(ids[n - 1] ?? '') ?? ''),
  ).toEqual(Buffer.byteLength(value) < addressedBytesMin || value);
  return byIds(stored.value, ids);
}

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readConversation } from '@sightline/schema/conventions';
import { replaceMarks, takeTexts } from '@sightline/schema/otlp';
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
  const parts = replaceMarks(stored.value, (number, bytes) => `\0${number}:${bytes}\0`).split('\0');
  let at = 0;
  for (const [index, part] of parts.entries()) {
    const [number = 0, bytes = 0] = index % 2 === 0 ? [] : part.split(':').map(Number);
    if (index % 2 === 0) at += part.length;
    else texts.set(ids[number - 1] ?? '', value.slice(at, at + bytes));
    at += bytes;
  }
  expect(at).toBe(value.length);
  return byIds(stored.value, ids.join(''));
}

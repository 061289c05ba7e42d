import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readConversation } from '@sightline/schema/conventions';
import { PromptPrefixes } from './prompt-prefixes.ts';

const message = fc.oneof(
  fc.record({
    role: fc.constantFrom('user', 'assistant'),
    parts: fc.constantFrom([{ type: 'text', content: 'a' }], [{ type: 'text', content: '],[' }], []),
  }),
  fc.record({ role: fc.constantFrom('user', 'tool'), content: fc.constantFrom('x', 'y, "z"') }),
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
      const prefixes = new PromptPrefixes();
      let history: unknown[] = [];
      for (const { take, add, cut } of turns) {
        history = [...(take === 0 ? [] : history), ...add];
        const text = JSON.stringify(history);
        const source = {
          name: 'chat',
          attributes: {
            'gen_ai.operation.name': 'chat',
            'gen_ai.input.messages': text.slice(0, text.length - cut),
          },
        };
        expect(prefixes.read(source)).toEqual(readConversation(source));
      }
    }),
    { numRuns: 500 },
  );
});

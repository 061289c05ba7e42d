import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readConversation } from '@sightline/schema/conventions';
import { replaceMarks, takeTexts } from '@sightline/schema/otlp';
import { PromptPrefixes, type StoredPrompt } from './prompt-prefixes.ts';

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
  // Entries that mean something else where all are like them.
  fc.constantFrom(
    { type: 'text', text: 'part' },
    { type: 'tool_call', id: 'c', name: 'n', arguments: {} },
    { role: '', content: 'x' },
    { role: 'user', type: 'reasoning', summary: [] },
    [{ role: 'user', content: 'within' }],
  ),
  fc.constantFrom({ odd: 1 }, 'text', 7, { type: 'function_call_output', call_id: 'c', output: 'o' }),
);

test('prompts that go on where others ended are read as if each were read alone', () => {
  const told = fc.array(
    fc.record({
      take: fc.nat(6),
      add: fc.array(message, { maxLength: 3 }),
      cut: fc.constantFrom(0, 0, 0, 1, 3),
      system: fc.constantFrom(undefined, undefined, 'Be brief.', 's'.repeat(600)),
      isTool: fc.constantFrom(false, false, false, true),
    }),
    { maxLength: 8 },
  );
  fc.assert(
    fc.property(told, (turns) => {
      const texts = new Map<string, string>();
      const prefixes = new PromptPrefixes(texts);
      let history: unknown[] = [];
      for (const { take, add, cut, system, isTool } of turns) {
        history = [...(take === 0 ? [] : history), ...add];
        const text = JSON.stringify(history);
        const source = {
          name: 'chat',
          attributes: {
            'gen_ai.operation.name': isTool ? 'execute_tool' : 'chat',
            'gen_ai.output.messages': 'said',
            'input.value': 'said otherwise',
            ...(system === undefined ? {} : { 'gen_ai.system_instructions': system }),
          },
        };
        const whole = text.slice(0, text.length - cut);
        const told = { ...source, attributes: { ...source.attributes, 'gen_ai.input.messages': whole } };
        expect(prefixes.read(source, store(whole, texts))).toEqual(readConversation(told));
      }
    }),
    { numRuns: 500 },
  );
});

/** The value as it comes out of the store. */
function store(value: string, texts: Map<string, string>): StoredPrompt {
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
  return { value: stored.value, textIds: ids.join('') };
}

test('a list of what looks like text goes on as one text', () => {
  const prefixes = new PromptPrefixes(new Map());
  const source = { name: 'chat', attributes: { 'gen_ai.operation.name': 'chat' } };
  const read = (value: string) => prefixes.read(source, { value, textIds: '' }).input;
  expect(read('[see above]')).toHaveLength(1);
  expect(read('[see above, and below]')).toEqual([
    { role: 'user', parts: [{ type: 'text', text: '[see above, and below]' }] },
  ]);
});

test('equal marks are other texts where the ids differ', () => {
  const texts = new Map([
    ['a'.repeat(32), '{"role":"user","content":"one"}'],
    ['b'.repeat(32), '{"role":"user","content":"two"}'],
  ]);
  const prefixes = new PromptPrefixes(texts);
  const source = { name: 'chat', attributes: { 'gen_ai.operation.name': 'chat' } };
  const read = (value: string, id: string) => prefixes.read(source, { value, textIds: id.repeat(32) }).input;
  const mark = '\u00011:31\u0002';
  const said = (content: string) => ({ role: 'user', parts: [{ type: 'text', text: content }] });
  expect(read(`[${mark}]`, 'a')).toEqual([said('one')]);
  expect(read(`[${mark},{"role":"user","content":"more"}]`, 'b')).toEqual([said('two'), said('more')]);
  expect(read(`[${mark},{"role":"user","content":"less"}]`, 'a')).toEqual([said('one'), said('less')]);
});

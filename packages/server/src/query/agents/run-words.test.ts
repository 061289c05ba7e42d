import { expect, test } from 'vitest';
import { wordsLine, wordsOf, type WordSource } from './run-words.ts';

test.each([
  ['as it is', 'as it is'],
  ['  white\n\n space\tis  folded ', 'white space is folded'],
  ['', ''],
  ['x'.repeat(200), 'x'.repeat(200)],
  ['x'.repeat(201), `${'x'.repeat(199)}…`],
  ['👩‍👩‍👧‍👦'.repeat(40), `${'👩‍👩‍👧‍👦'.repeat(18)}…`],
])('%j is the line %j', (text, line) => {
  expect(wordsLine(text)).toBe(line);
  expect(wordsLine(text).length).toBeLessThanOrEqual(200);
});

const call = (attributes: Record<string, unknown>): WordSource => ({
  operation: 'llm',
  source: { name: 'chat', attributes },
});
const text = (role: string, content: string) => ({ role, parts: [{ type: 'text', content }] });
const input = (...messages: readonly object[]) => ({ 'gen_ai.input.messages': JSON.stringify(messages) });
const output = (...messages: readonly object[]) => ({ 'gen_ai.output.messages': JSON.stringify(messages) });

test('the first question and the last answer; what asks for a tool is no answer', () => {
  const calls = [
    call({
      ...input(
        text('system', 'be kind'),
        text('user', 'old'),
        text('assistant', 'yes'),
        text('user', 'new?'),
      ),
    }),
    call({ ...input(text('user', 'other')), ...output(text('assistant', 'done.')) }),
    call(output({ role: 'assistant', parts: [{ type: 'tool_call', name: 't', arguments: {} }] })),
  ];
  expect(wordsOf(calls, [])).toEqual({ question: 'new?', answer: 'done.' });
  expect(wordsOf(calls.slice(2), [])).toEqual({ question: '', answer: '' });
});

test('where no call has content, that of the outermost step', () => {
  const around = [call({ 'input.value': 'What now?', 'output.value': 'Nothing.' })];
  expect(wordsOf([call({})], around)).toEqual({ question: 'What now?', answer: 'Nothing.' });
});

import type { ConversationMessage } from '@sightline/schema/api';
import { expect, test } from 'vitest';
import { diffPrompts } from './prompt-diff.ts';

const said = (role: string, text: string): ConversationMessage => ({
  role,
  parts: [{ type: 'text', partId: 'i0.0', text }],
  isRepeated: false,
});

test('an edited instruction is compared line by line, what follows is new', () => {
  const changes = diffPrompts(
    [said('system', 'Be brief.\nBe kind.\nAnswer in English.'), said('user', 'Hello')],
    [
      said('system', 'Be brief.\nBe exact.\nAnswer in English.'),
      said('user', 'Hello'),
      said('assistant', 'Hi'),
    ],
  );
  expect(changes).toMatchObject([
    {
      kind: 'changed',
      role: 'system',
      lines: [
        { kind: 'same', value: 'Be brief.' },
        { kind: 'removed', value: 'Be kind.' },
        { kind: 'added', value: 'Be exact.' },
        { kind: 'same', value: 'Answer in English.' },
      ],
    },
    { kind: 'same', count: 1 },
    { kind: 'added', role: 'assistant', text: 'Hi' },
  ]);
});

test('equal prompts have nothing to show but that they are', () => {
  const prompt = [said('system', 'a'), said('user', 'b')];
  expect(diffPrompts(prompt, prompt)).toEqual([{ kind: 'same', count: 2 }]);
});

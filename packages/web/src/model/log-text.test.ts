import { expect, it } from 'vitest';
import { logLine, logText } from './log-text.ts';

it('shows what a record says: its first line in lists, no colours of terminals, nothing made up', () => {
  const line = (body: Parameters<typeof logText>[0]['body'], eventName = '') => logLine({ body, eventName });
  expect(line('one\ntwo')).toBe('one');
  expect(line('\u001b[31mred\u001b[0m \u001b[1;32mgreen\u001b[39m')).toBe('red green');
  expect(line({ a: 1 })).toBe('{"a":1}');
  expect(line(0)).toBe('0');
  expect([line(null), line('')]).toEqual(['(no text)', '(no text)']);
  expect(line(null, 'user.login')).toBe('');
  expect(logText({ body: 'one\ntwo' })).toBe('one\ntwo');
});

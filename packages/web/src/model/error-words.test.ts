import type { ErrorGroupFacts } from '@sightline/schema/api';
import { expect, test } from 'vitest';
import { errorsDetail, errorSentence, errorsSentence } from './error-words.ts';

const nowMs = Date.parse('2026-11-21T12:00:00Z');
const asked = { range: { from: '-1h', to: 'now' }, nowMs, fromMs: nowMs - 3_600_000, state: 'open' } as const;
const group = (more: Partial<ErrorGroupFacts>): ErrorGroupFacts => ({
  id: '0'.repeat(16),
  type: 'RangeError',
  message: 'no item 3',
  title: 'no item <number>',
  culprit: 'cart:add',
  class: null,
  status: 'unresolved',
  assignee: null,
  ignoredUntil: null,
  changedAt: null,
  changedBy: null,
  count: 3,
  handled: 0,
  users: 1,
  sessions: 1,
  runs: 2,
  firstTime: '2026-11-20T11:30:00.000000000Z',
  lastTime: '2026-11-21T11:30:00.000000000Z',
  services: [],
  versions: [],
  models: [],
  agents: [],
  tools: [],
  counts: [],
  ...more,
});

test('the list says how many there are, and what is new among them', () => {
  const fresh = group({ firstTime: '2026-11-21T11:10:00.000000000Z' });
  expect(errorsSentence({ errors: [], groups: 0 }, asked)).toBe('No open errors in the last hour');
  expect(errorsSentence({ errors: [group({})], groups: 1 }, asked)).toBe('1 open error in the last hour');
  expect(errorsSentence({ errors: [fresh, group({ status: 'regressed' })], groups: 2 }, asked)).toBe(
    '2 open errors in the last hour: 1 new, 1 back after it was resolved',
  );
  expect(
    errorsDetail({ errors: [group({}), group({ count: 9, type: 'KeyError', title: '' })], total: 12 }),
  ).toBe('12 occurrences; KeyError most often: 9');
  expect(
    errorsDetail({
      errors: [group({ type: 'TimeoutError', title: 'No answer within <duration>.' })],
      total: 3,
    }),
  ).toBe('3 occurrences; TimeoutError: No answer within <duration> most often: 3');
});

test('a group says how often it happened, and for whom', () => {
  expect(errorSentence(group({}), 'in the last hour')).toBe('3 times in the last hour in 2 runs, for 1 user');
  expect(errorSentence(group({ count: 1, runs: 0, users: 0 }), 'in the last hour')).toBe(
    'Once in the last hour',
  );
  expect(errorSentence(group({ count: 0 }), 'in the last hour')).toBe('Not seen in the last hour');
});

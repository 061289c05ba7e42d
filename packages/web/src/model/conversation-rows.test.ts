import type { ConversationMessage, ConversationPart, ConversationTurn } from '@sightline/schema/api';
import { expect, test } from 'vitest';
import { conversationRows, mayComeLater, rowOfSpan } from './conversation-rows.ts';

const message = (role: string, ...parts: ConversationPart[]): ConversationMessage => ({
  role,
  parts,
  isRepeated: false,
});
const text = (words: string): ConversationPart => ({ type: 'text', partId: 'o0.0', text: words });
const turn = (spanId: string, more: Partial<ConversationTurn>): ConversationTurn => ({
  traceId: 'a'.repeat(32),
  spanId,
  operation: 'llm',
  name: 'chat',
  agent: 'helper',
  provider: null,
  model: 'm',
  startTime: '2026-11-21T10:00:00.000000000Z',
  durationMs: 1,
  status: { code: 'unset', message: '' },
  isCounted: true,
  follows: null,
  promptMessages: 1,
  foldedMessages: 0,
  input: [],
  output: [],
  inputTokens: null,
  outputTokens: null,
  cacheReadTokens: null,
  cacheWriteTokens: null,
  reasoningTokens: null,
  costUsd: null,
  unpricedCalls: 0,
  ...more,
});
const result: ConversationPart = {
  type: 'tool_result',
  partId: 'i0.0',
  result: 'fine',
  isError: false,
  isJoined: true,
};
const call: ConversationPart = {
  type: 'tool_call',
  partId: 'o0.0',
  name: 'search',
  arguments: {},
  outcome: {
    from: 'span',
    partId: 't:cc',
    spanId: 'cc',
    startTime: null,
    durationMs: 5,
    isError: false,
    statusMessage: null,
  },
};
const options = { extras: new Map(), showsRuns: false };

test('what a tool gave back is said at its call, not again in the next prompt', () => {
  const rows = conversationRows(
    [
      turn('01', { input: [message('user', text('find it'))], output: [message('assistant', call)] }),
      turn('02', { input: [message('tool', result)], output: [message('assistant', text('found'))] }),
    ],
    options,
  );
  expect(rows.map((row) => row.kind)).toEqual(['turn', 'message', 'message', 'turn', 'message']);
  expect(rowOfSpan(rows, '02')).toBe(3);
  expect(rowOfSpan(rows, 'cc')).toBe(2);
});

test('a call that never answered says so', () => {
  expect(conversationRows([turn('01', {})], options).map((row) => row.kind)).toEqual(['turn', 'silent']);
});

test('the whole prompt stands in the place of what is new in it', () => {
  const one = turn('01', {
    input: [message('user', text('hi'))],
    output: [message('assistant', text('ho'))],
  });
  const extras = new Map([[`${one.traceId}/01`, 'prompt' as const]]);
  expect(conversationRows([one], { extras, showsRuns: false }).map((row) => row.kind)).toEqual([
    'turn',
    'extra',
    'message',
  ]);
});

test('in a session each run begins with a line of its own, and equal keys never occur', () => {
  const other = { traceId: 'b'.repeat(32) };
  const rows = conversationRows([turn('01', {}), turn('01', {}), turn('01', other)], {
    ...options,
    showsRuns: true,
  });
  expect(rows.filter((row) => row.kind === 'run').map((row) => row.number)).toEqual([1, 2]);
  expect(new Set(rows.map((row) => row.key)).size).toBe(rows.length);
});

test('what no turn of a page shows may stand on a later one, unless it began before the last of these', () => {
  const at = (second: number): string => `2026-11-21T10:00:${String(second).padStart(2, '0')}.000000000Z`;
  const ms = (second: number): number => Date.parse(`2026-11-21T10:00:${String(second).padStart(2, '0')}Z`);
  const called: ConversationPart = {
    type: 'tool_call',
    partId: 'o0.0',
    name: 'look',
    arguments: {},
    outcome: {
      from: 'span',
      spanId: 'tool',
      startTime: at(25),
      durationMs: 1,
      isError: false,
      statusMessage: null,
      partId: 't:tool',
    },
  };
  const turns = [
    turn('a', { startTime: at(10) }),
    turn('b', { startTime: at(20), output: [message('assistant', called)] }),
  ];
  expect(mayComeLater(turns, { spanId: 'c', startMs: ms(30) })).toBe(true);
  expect(mayComeLater(turns, { spanId: 'c', startMs: ms(20) })).toBe(true);
  expect(mayComeLater(turns, { spanId: 'c', startMs: ms(15) })).toBe(false);
  expect(mayComeLater(turns, { spanId: 'b', startMs: ms(20) })).toBe(false);
  expect(mayComeLater(turns, { spanId: 'tool', startMs: ms(25) })).toBe(false);
  expect(mayComeLater([], { spanId: 'c', startMs: ms(30) })).toBe(false);
});

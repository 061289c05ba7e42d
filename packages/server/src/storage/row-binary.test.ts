import { expect, test } from 'vitest';
import { RowBinary } from './row-binary.ts';

const bytesOf = (...parts: readonly (number | string)[]): Uint8Array =>
  Buffer.concat(parts.map((part) => (typeof part === 'number' ? Buffer.of(part) : Buffer.from(part))));

test('values are read one after the other', () => {
  const row = bytesOf(2, 'h!', 0xac, 2, 'x'.repeat(300), 2, 0, 1, 'a', 7, 1);
  const answer = new RowBinary(row);
  expect(answer.string()).toBe('h!');
  expect(answer.string()).toBe('x'.repeat(300));
  expect(answer.strings()).toEqual(['', 'a']);
  expect(answer.uint8()).toBe(7);
  expect(answer.isAtEnd).toBe(false);
  expect(answer.hex(1)).toBe('01');
  expect(answer.isAtEnd).toBe(true);
});

test('strings are UTF-8, however short or long', () => {
  for (const text of [
    '',
    'ascii',
    'grüß',
    '日本語',
    '\u0080\u00ff',
    'é'.repeat(30),
    'é'.repeat(60),
    `${'x'.repeat(99)}ü`,
    '😀',
  ]) {
    const bytes = Buffer.from(text);
    expect(new RowBinary(bytesOf(bytes.length, text)).string()).toBe(text);
  }
});

test('equal lists are one', () => {
  const answer = new RowBinary(bytesOf(2, 1, 'a', 2, 'ü', 2, 1, 'a', 2, 'ü', 1, 1, 'a', 0, 0, 7));
  const first = answer.repeatedStrings();
  expect(first).toEqual(['a', 'ü']);
  expect(answer.repeatedStrings()).toBe(first);
  expect(answer.repeatedStrings()).toEqual(['a']);
  const none = answer.repeatedStrings();
  expect(none).toEqual([]);
  expect(answer.repeatedStrings()).toBe(none);
  expect(answer.uint8()).toBe(7);
  expect(() => new RowBinary(bytesOf(2, 1, 'a')).repeatedStrings()).toThrow(RangeError);
});

test('an answer may lie anywhere in its memory', () => {
  expect(new RowBinary(bytesOf('....', 3, 'abc').subarray(4)).string()).toBe('abc');
});

test('what ends too early is no answer', () => {
  expect(() => new RowBinary(bytesOf(5, 'abc')).string()).toThrow(RangeError);
  expect(() => new RowBinary(bytesOf(0x80)).count()).toThrow(RangeError);
  expect(() => new RowBinary(bytesOf(1, 2)).int64()).toThrow(RangeError);
  expect(() => new RowBinary(bytesOf('ab')).hex(3)).toThrow(RangeError);
});

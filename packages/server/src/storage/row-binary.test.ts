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

test('an answer may lie anywhere in its memory', () => {
  expect(new RowBinary(bytesOf('....', 3, 'abc').subarray(4)).string()).toBe('abc');
});

test('what ends too early is no answer', () => {
  expect(() => new RowBinary(bytesOf(5, 'abc')).string()).toThrow(RangeError);
  expect(() => new RowBinary(bytesOf(0x80)).count()).toThrow(RangeError);
  expect(() => new RowBinary(bytesOf(1, 2)).int64()).toThrow(RangeError);
  expect(() => new RowBinary(bytesOf('ab')).hex(3)).toThrow(RangeError);
});

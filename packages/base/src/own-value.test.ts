import { expect, test } from 'vitest';
import { ownValue } from './own-value.ts';

test('a table says something of its own names alone', () => {
  const table: Readonly<Record<string, number>> = { user: 1 };
  expect(ownValue(table, 'user')).toBe(1);
  for (const name of ['constructor', '__proto__', 'toString', ''])
    expect(ownValue(table, name)).toBeUndefined();
});

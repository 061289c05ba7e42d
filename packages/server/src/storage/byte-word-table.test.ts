import { expect, it } from 'vitest';
import { ByteWordTable } from './byte-word-table.ts';

/** The number of each word, as a table of its bytes has it; each stands somewhere in a larger answer. */
function numbersOf(table: ByteWordTable, words: readonly string[]): number[] {
  return words.map((word) => {
    const bytes = Buffer.from(`<${word}>`);
    return table.indexOf(bytes, 1, bytes.length - 1);
  });
}

it('numbers words in the order of their first appearance', () => {
  const table = new ByteWordTable();
  expect(numbersOf(table, ['cart', '', 'Größe', 'cart', 'car', '', '🦊', 'Größe'])).toEqual([
    0, 1, 2, 0, 3, 1, 4, 2,
  ]);
  expect(table.words).toEqual(['cart', '', 'Größe', 'car', '🦊']);
});

it('knows tens of thousands of words again', () => {
  const table = new ByteWordTable();
  const words = Array.from({ length: 50_000 }, (_, index) => `GET /orders/${index}`);
  const numbers = words.map((_, index) => index);
  expect(numbersOf(table, words)).toEqual(numbers);
  expect(numbersOf(table, words)).toEqual(numbers);
  expect(table.words).toEqual(words);
});

it('knows words again that have one hash', () => {
  // Texts of one length after which the hash is the same, each pair where it follows the pairs before it.
  const twins = [
    ['105zx', '1bpcd'],
    ['0k40p', '1c04a'],
    ['003zx', '0fpad'],
    ['09vl8', '0apd6'],
    ['04pvu', '0b3ea'],
  ] as const;
  const words = Array.from({ length: 2 ** twins.length }, (_, index) =>
    twins.map((pair, bit) => pair[(index >> bit) & 1]).join(''),
  );
  const table = new ByteWordTable();
  const numbers = words.map((_, index) => index);
  expect(numbersOf(table, words)).toEqual(numbers);
  // The table grows: places of theirs become free.
  numbersOf(
    table,
    Array.from({ length: 5_000 }, (_, index) => `word ${index}`),
  );
  expect(numbersOf(table, words)).toEqual(numbers);
  expect(table.words).toHaveLength(words.length + 5_000);
});

it('knows what it has and takes no more words where there is no room for them', () => {
  const room = { words: 3 };
  const [table, other] = [new ByteWordTable(16, room), new ByteWordTable(16, room)];
  expect(numbersOf(table, ['a', 'b'])).toEqual([0, 1]);
  expect(numbersOf(other, ['c', 'd'])).toEqual([0, -1]);
  expect(numbersOf(table, ['e', 'b', 'a'])).toEqual([-1, 1, 0]);
  expect(room.words).toBe(0);
});

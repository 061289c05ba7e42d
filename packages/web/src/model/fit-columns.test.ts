import { expect, it } from 'vitest';
import { columnsWidthMin, fitColumns } from './fit-columns.ts';

const columns = [
  { id: 'question', least: 300 },
  { id: 'answer', width: 320, least: 160, yields: 1 },
  { id: 'user', width: 150, least: 80, yields: 3 },
  { id: 'scores', width: 96, yields: 2 },
  { id: 'cost', width: 68 },
];
const shownAt = (widthPx: number): string =>
  fitColumns(columns, widthPx)
    .map(({ id }) => id)
    .join(' ');

it('leaves out columns that yield, the lowest first, and only as many as it must', () => {
  expect(columnsWidthMin(columns)).toBe(300 + 160 + 80 + 96 + 68 + 4 * 16 + 60);
  expect(shownAt(828)).toBe('question answer user scores cost');
  expect(shownAt(827)).toBe('question user scores cost');
  expect(shownAt(651)).toBe('question user cost');
  expect(shownAt(500)).toBe('question cost');
});

it('keeps columns that do not yield where there is no room for them', () => {
  expect(shownAt(0)).toBe('question cost');
});

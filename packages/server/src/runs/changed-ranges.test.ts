import { expect, test } from 'vitest';
import { type ChangedTime, changedRanges } from './changed-ranges.ts';

const at = (project: string, tenMinutes: number, weight: number): ChangedTime => ({
  project,
  startS: tenMinutes * 600,
  weight: String(weight),
});
const told = (rows: readonly ChangedTime[], rowsMax = 100) => {
  const { ranges, isAll } = changedRanges(rows, 10, rowsMax);
  const spans = ranges.map(({ fromS, toS, weights }) => [fromS / 600, toS / 600, ...weights.entries()]);
  return { spans, isAll };
};

test('times with little in them go together, the newest first', () => {
  expect(told([at('a', 9, 4), at('b', 9, 10), at('a', 7, 6), at('a', 6, 1)])).toEqual({
    isAll: true,
    spans: [
      [7, 10, ['a', 10], ['b', 10]],
      [6, 7, ['a', 1]],
    ],
  });
});

test('a range is a day at most, and all that is in the same ten minutes is in one', () => {
  expect(told([at('a', 200, 50), at('a', 199, 1), at('b', 40, 1), at('c', 40, 99)]).spans).toEqual([
    [200, 201, ['a', 50]],
    [199, 200, ['a', 1]],
    [40, 41, ['b', 1], ['c', 99]],
  ]);
  expect(told([at('a', 200, 1), at('a', 57, 1), at('a', 56, 1)]).spans).toEqual([
    [57, 201, ['a', 2]],
    [56, 57, ['a', 1]],
  ]);
});

test('many projects together end a range as well', () => {
  const projects = ['a', 'b', 'c', 'd', 'e', 'f'];
  const rows = [2, 1].flatMap((time) => projects.map((project) => at(project, time, 5)));
  expect(told(rows).spans.map(([from, to]) => [from, to])).toEqual([
    [2, 3],
    [1, 2],
  ]);
});

test('where there are more rows than were read, the last time is left for later', () => {
  const rows = [at('a', 3, 20), at('a', 2, 20), at('b', 2, 1)];
  expect(told(rows, 3)).toEqual({ isAll: false, spans: [[3, 4, ['a', 20]]] });
  expect(told(rows, 4)).toMatchObject({ isAll: true });
  expect(told([at('a', 3, 20), at('b', 3, 1)], 2)).toMatchObject({
    isAll: false,
    spans: [[3, 4, ['a', 20], ['b', 1]]],
  });
});

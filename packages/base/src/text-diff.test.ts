import fc from 'fast-check';
import { expect, test } from 'vitest';
import { diffLines, diffLists, foldSame } from './text-diff.ts';

const marks = { same: ' ', removed: '-', added: '+' } as const;
const shown = (before: string, after: string): string =>
  diffLines(before, after)
    .map((step) => `${marks[step.kind]}${step.value}`)
    .join('|');

test('what came and went, in place', () => {
  expect(shown('a\nb\nc', 'a\nB\nc\nd')).toBe(' a|-b|+B| c|+d');
  expect(shown('same', 'same')).toBe(' same');
});

test('the old can be read out of the difference, and so can the new', () => {
  const words = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 30 });
  fc.assert(
    fc.property(words, words, (before, after) => {
      const steps = diffLists(before, after, (word) => word);
      expect(steps.filter((step) => step.kind !== 'added').map((step) => step.value)).toEqual(before);
      expect(steps.filter((step) => step.kind !== 'removed').map((step) => step.value)).toEqual(after);
    }),
  );
});

test('what stayed is folded but for the lines beside a change', () => {
  const steps = diffLines('1\n2\n3\n4\n5\n6\n7\n8', '1\n2\n3\n4\nfive\n6\n7\n8');
  expect(
    foldSame(steps, 1).map((step) =>
      step.kind === 'fold' ? `…${step.count}` : marks[step.kind] + step.value,
    ),
  ).toEqual(['…3', ' 4', '-5', '+five', ' 6', '…2']);
});

test('texts too long to compare line by line count as replaced, at once', () => {
  const lines = (letter: string): string => Array.from({ length: 5000 }, (_, i) => letter + i).join('\n');
  const beganMs = performance.now();
  expect(diffLines(lines('a'), lines('b'))).toHaveLength(10_000);
  expect(performance.now() - beganMs).toBeLessThan(5_000);
});

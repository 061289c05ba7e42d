import { expect, test } from 'vitest';
import { AnswerUse } from './document-use.ts';

const use = (answer: string, id: string, rank = 9) =>
  new AnswerUse(answer).of({ id, text: null, rank, isLastList: true }).isUsed;

test('a short id is named where it stands in brackets, and by chance elsewhere', () => {
  expect(use('It is 330 metres tall [d1].', 'd1')).toBe(true);
  expect(use('It is 330 metres tall [d1, D2].', 'd2')).toBe(true);
  expect(use('It is 330 metres tall [d10].', 'd1')).toBe(false);
  expect(use('Use d1 of the kit.', 'd1')).toBe(false);
});

test('a number in brackets is a place in the list, not an id', () => {
  expect(use('Tall [1].', '1', 3)).toBe(false);
  expect(use('Tall [1].', '7', 1)).toBe(true);
});

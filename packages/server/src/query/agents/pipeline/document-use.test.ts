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

const answer = `Order 300 bikes: 40 S, 118 M, 108 L, 34 XL, for 318,000 EUR.

At 300 units the price falls to 1,060 EUR. The main risk is that there are no reorders in season and delivery takes 14 weeks; they say you prefer to sell out early, so I stayed below 325.`;
const usedBy = (text: string, question = '') =>
  new AnswerUse(answer, question).of({ id: 'x', text, rank: 1, isLastList: false }).usedBy;

test('a document whose statement the answer says in other words is used', () => {
  expect(usedBy('Reorders during the season: none.')).toBe('statement');
  expect(usedBy('Lead time: 14 weeks. Colours: 3.', 'What is the lead time?')).toBe('statement');
  expect(usedBy('From 150 pieces 1,120 EUR apiece, 1,060 EUR from 300 on.')).toBe('statement');
  expect(usedBy('No markdowns as in 2024; better to sell out two weeks early.')).toBe('statement');
});

test('a document is not used for the words of the question, one number or a few words by chance', () => {
  expect(usedBy('Bikes are ordered by units.', 'How many units of bikes should we order?')).toBe(null);
  expect(usedBy('Claims in 2025: 1.4 % of units, mostly paint damage.')).toBe(null);
  expect(usedBy('The hotel has 300 rooms on 12 floors.')).toBe(null);
  expect(usedBy('Orders are paid within 14 days.')).toBe(null);
  expect(usedBy('')).toBe(null);
});

test('sentences without spaces between them are sentences of their own', () => {
  const told = new AnswerUse('仓库在柏林。交货需要两周。价格含税。');
  const usedByTold = (text: string) => told.of({ id: 'x', text, rank: 1, isLastList: false }).usedBy;
  expect(usedByTold('我们的客户都知道。交货一般需要两周。')).toBe('statement');
  // A word of each sentence.
  expect(usedByTold('柏林两周价格')).toBe(null);
});

test('a hundred long documents that say nothing of a long answer are looked through soon', () => {
  const sentences = (letter: string, from: number) =>
    Array.from({ length: 400 }, (_, at) =>
      Array.from({ length: 14 }, (__, word) => `${letter}${(from + at * 14 + word) % 3000}x`).join(' '),
    ).join('. ');
  const answerUse = new AnswerUse(sentences('a', 0));
  const beganMs = performance.now();
  for (let document = 0; document < 100; document += 1)
    expect(
      answerUse.of({ id: 'x', text: sentences('b', document * 99), rank: 1, isLastList: false }).isUsed,
    ).toBe(false);
  // Below a second; six and a half where each statement was held against each sentence.
  expect(performance.now() - beganMs).toBeLessThan(4000);
});

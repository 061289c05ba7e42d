import { expect, it } from 'vitest';
import { findCommands, matchScore, type Command, typedWords } from './palette.ts';

const command = (label: string): Command<'x'> => ({ label, detail: '', icon: 'x', run: () => undefined });
const make = {
  run: (id: string) => command(`run ${id}`),
  trace: (id: string) => command(`trace ${id}`),
  timeline: (id: string) => command(`timeline ${id}`),
  session: (id: string) => command(`session ${id}`),
  runs: (words: string) => command(`runs ${words}`),
  traces: (words: string) => command(`traces ${words}`),
  logs: (words: string) => command(`logs ${words}`),
};
const labels = (text: string): string[] =>
  findCommands(text, ['Logs', 'Metrics', 'catalog-service'].map(command), make).map(({ label }) => label);

it('puts the best match first and offers a search for any words', () => {
  expect(labels('log')).toEqual([
    'Logs',
    'catalog-service',
    'runs log',
    'traces log',
    'logs log',
    'session log',
    'timeline log',
  ]);
  expect(labels('')).toEqual(['Logs', 'Metrics', 'catalog-service']);
  expect(matchScore('http.server.duration', 'hsd')).toBe(1);
  expect(matchScore('http', 'x')).toBe(0);
});

it('opens ids, with dashes or capitals as they come', () => {
  const id = '0AF7651916CD43DD8448EB211C80319C';
  expect(labels(id)[0]).toBe(`trace ${id.toLowerCase()}`);
});

it.each([
  ['refund', 'refund*'],
  ['gravel bik', '"gravel" bik*'],
  ['How many gravel bikes sh', '"How many gravel bikes"'],
  ['How many bikes?', '"How many bikes?"'],
  ['service:api', '"service:api"'],
  ['say "no" now', '"say \\"no\\"" now*'],
  ['', ''],
])('asks for %j, whose last word may not be finished, as %s', (typed, asked) => {
  expect(typedWords(typed)).toBe(asked);
});

import { expect, it } from 'vitest';
import { slimTrace } from './trace-fixture.ts';
import { buildTraceModel, spanName } from './trace-model.ts';
import { isFilterSearch, matchIds, nextMatch, searchTrace } from './trace-search.ts';

const model = buildTraceModel(
  slimTrace([
    { id: 'root', start: 0, end: 10, name: 'GET /chat' },
    { id: 'a', parent: 'root', start: 1, end: 5, name: 'chat gpt', service: 'llm' },
    { id: 'b', parent: 'root', start: 6, end: 9, name: 'save', error: 'disk full' },
  ]),
);
const names = (spans: Int32Array): string[] => [...spans].map((span) => spanName(model, span));

it('finds by name, service and message, in the order of the rows', () => {
  expect(names(searchTrace(model, 'CHAT').spans)).toEqual(['GET /chat', 'chat gpt']);
  expect(names(searchTrace(model, 'disk').spans)).toEqual(['save']);
  expect(names(matchIds(model, ['b', 'unknown']).spans)).toEqual(['save']);
});

it('goes round the end', () => {
  const matches = searchTrace(model, 'chat');
  const first = nextMatch(model, matches, -1, 1);
  const second = nextMatch(model, matches, first, 1);
  expect(spanName(model, second)).toBe('chat gpt');
  expect(nextMatch(model, matches, second, 1)).toBe(first);
  expect(nextMatch(model, matches, first, -1)).toBe(second);
});

it('knows a filter from words', () => {
  expect(['status:error', 'duration>2s', 'http.route:/chat', '-service:api'].every(isFilterSearch)).toBe(
    true,
  );
  expect(['chat', 'GET /chat', 'https://x', 'two words'].some(isFilterSearch)).toBe(false);
});

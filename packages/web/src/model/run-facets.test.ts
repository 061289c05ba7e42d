import { expect, it } from 'vitest';
import { amountFacets, facetFilter, hasAmount, toggleAmount } from './run-facets.ts';

const [cost] = amountFacets([]);

it('takes one step of an amount at a time, and takes it away again', () => {
  if (cost === undefined) throw new Error('There is a facet of costs.');
  const once = toggleAmount('agent:a "two words"', cost, 'trace.cost>0.1');
  expect(once).toBe('agent:a "two words" trace.cost>0.1');
  const other = toggleAmount(once, cost, 'trace.cost>1');
  expect(other).toBe('agent:a "two words" trace.cost>1');
  expect(hasAmount(other, 'trace.cost>1')).toBe(true);
  expect(toggleAmount(other, cost, 'trace.cost>1')).toBe('agent:a "two words"');
  expect(toggleAmount('a OR "b  c"', cost, 'trace.cost>1')).toBe('(a OR "b  c") trace.cost>1');
});

it('counts what the list shows: its filter, what it is narrowed to, and runs only', () => {
  const { shown, asked } = facetFilter('a OR b', { agent: 'x y', status: 'error' });
  expect(shown).toBe('(a OR b) agent:"x y"');
  expect(asked).toBe(
    '((a OR b) agent:"x y" status:error) (operation:llm OR operation:agent OR operation:tool)',
  );
});

it('counts only what every parameter of the page lets through, facet or not', () => {
  const { shown, asked } = facetFilter('', {
    service: 'dialect zoo',
    session: 's-1',
    agent: 'planner',
    status: 'ok',
  });
  expect(shown).toBe('agent:planner');
  expect(asked).toBe(
    '(agent:planner service:"dialect zoo" session:s-1 -status:error) (operation:llm OR operation:agent OR operation:tool)',
  );
});

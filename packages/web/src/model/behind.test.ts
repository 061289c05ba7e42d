import { expect, it } from 'vitest';
import { targetOf } from './behind.ts';

it('opens a list, or a page with what its address says, over the time of the number', () => {
  const range = { from: '-1h', to: 'now' };
  expect(targetOf({ list: 'runs', q: 'agent:"a b"' }, range)).toEqual({
    to: '/runs',
    search: { q: 'agent:"a b"', from: '-1h', to: 'now' },
  });
  expect(targetOf({ path: '/errors/0f' }, range)).toEqual({
    to: '/errors/0f',
    search: { from: '-1h', to: 'now' },
  });
  expect(targetOf({ path: '/slos?slo=a%26b' }, range)).toEqual({
    to: '/slos',
    search: { slo: 'a&b', from: '-1h', to: 'now' },
  });
});

import type { Slo } from '@sightline/schema/api';
import { expect, test } from 'vitest';
import { shownSlos } from './slo-list.ts';

const slo = (name: string, status: Slo['state']['status'], left: number | null, burn: number | null) =>
  ({ name, state: { status, left, burns: [{ key: 'page_fast', long: burn }] } }) as unknown as Slo;
const slos = [
  slo('Checkout answers', 'met', 0.8, 0.1),
  slo('Checkout is fast', 'burning', 0.2, 20),
  slo('New', 'no_data', null, null),
  slo('Search answers', 'spent', -0.3, 2),
];
const names = (search: Parameters<typeof shownSlos>[1]) => shownSlos(slos, search).map(({ name }) => name);

test('SLOs are listed as they come, narrowed by words and status', () => {
  expect(names({})).toHaveLength(4);
  expect(names({ find: 'ANSWERS check' })).toEqual(['Checkout answers']);
  expect(names({ status: 'spent' })).toEqual(['Search answers']);
  expect(names({ status: 'gone' })).toEqual([]);
});

test('the one that needs a person comes first where somebody asks for it, and unknown ones last', () => {
  expect(names({ sort: 'left' })).toEqual(['Search answers', 'Checkout is fast', 'Checkout answers', 'New']);
  expect(names({ sort: 'burn' })).toEqual(['Checkout is fast', 'Search answers', 'Checkout answers', 'New']);
});

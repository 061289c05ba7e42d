import fc from 'fast-check';
import { expect, test } from 'vitest';
import { linkParents } from './link-parents.ts';

const none = '0'.repeat(16);
const id = (index: number): string => index.toString(16).padStart(16, '0');

test('children find their parents, roots and orphans are told apart', () => {
  expect(linkParents([id(1), id(2), id(3)], [none, id(1), id(9)])).toEqual([-1, 0, -2]);
});

test('a span that is its own ancestor becomes a root', () => {
  expect(linkParents([id(1), id(2), id(3), id(4)], [id(1), id(4), id(2), id(3)])).toEqual([-1, -1, 1, 2]);
});

test('of two spans with one id the first has the children', () => {
  expect(linkParents([id(1), id(1), id(2)], [none, none, id(1)])).toEqual([-1, -1, 0]);
});

test('whatever the ids, the result is a forest', () => {
  const node = fc.nat({ max: 20 });
  fc.assert(
    fc.property(fc.array(fc.tuple(node, node), { maxLength: 30 }), (spans) => {
      const parents = linkParents(
        spans.map(([own]) => id(own + 1)),
        spans.map(([, parent]) => id(parent)),
      );
      for (let start = 0; start < parents.length; start++) {
        let steps = 0;
        for (let index = start; index >= 0; index = parents[index] ?? -1) expect(steps++).toBeLessThan(31);
      }
    }),
  );
});

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ensure } from '@sightline/base';
import { curvePath, layOutGraph, startOf, type GraphLayout } from './graph-layout.ts';

const node = (id: string) => ({ id, width: 160, height: 44 });
const find = (layout: GraphLayout, id: string) =>
  ensure(
    layout.nodes.find((one) => one.id === id),
    id,
  );

test('who calls stands left of whom they call', () => {
  const layout = layOutGraph(['agent', 'model', 'sub', 'tool'].map(node), [
    { from: 'agent', to: 'model' },
    { from: 'agent', to: 'sub' },
    { from: 'sub', to: 'tool' },
    { from: 'agent', to: 'tool' },
  ]);
  expect(find(layout, 'agent').x).toBeLessThan(find(layout, 'sub').x);
  expect(find(layout, 'sub').x).toBeLessThan(find(layout, 'tool').x);
  expect(layout.edges.map((edge) => edge.points.length)).toEqual([2, 2, 2, 3]);
});

test('a chain is straight', () => {
  const layout = layOutGraph(['a', 'b', 'c'].map(node), [
    { from: 'a', to: 'b' },
    { from: 'b', to: 'c' },
  ]);
  expect(new Set(layout.nodes.map((one) => Math.round(one.y))).size).toBe(1);
  expect(curvePath(layout.edges[0]?.points ?? [])).toMatch(/^M184,46C/);
});

test('any graph is laid out, cycles and all: nothing overlaps, every edge starts and ends at its nodes', () => {
  const ids = Array.from({ length: 12 }, (_, i) => `n${i}`);
  const id = fc.constantFrom(...ids);
  fc.assert(
    fc.property(
      fc.uniqueArray(id),
      fc.array(fc.record({ from: id, to: id }), { maxLength: 40 }),
      (some, edges) => {
        const layout = layOutGraph(some.map(node), edges);
        expect(layout.nodes.map((one) => one.id).toSorted()).toEqual(some.toSorted());
        for (const a of layout.nodes) {
          expect(a.x - a.width / 2).toBeGreaterThanOrEqual(0);
          expect(a.y + a.height / 2).toBeLessThanOrEqual(layout.height);
          for (const b of layout.nodes) {
            if (a !== b && a.layer === b.layer) expect(Math.abs(a.y - b.y)).toBeGreaterThanOrEqual(a.height);
          }
        }
        for (const edge of layout.edges) {
          if (edge.from === edge.to) continue;
          expect(Math.abs((edge.points[0]?.x ?? 0) - find(layout, edge.from).x)).toBeCloseTo(80);
          expect(Math.abs((edge.points.at(-1)?.x ?? 0) - find(layout, edge.to).x)).toBeCloseTo(80);
        }
      },
    ),
  );
});

test('of a cycle the lighter way is drawn backwards', () => {
  const layout = layOutGraph(['start', 'agent', 'model'].map(node), [
    { from: 'start', to: 'model', weight: 1 },
    { from: 'model', to: 'agent', weight: 1 },
    { from: 'start', to: 'agent', weight: 9 },
    { from: 'agent', to: 'model', weight: 20 },
  ]);
  expect(find(layout, 'agent').x).toBeLessThan(find(layout, 'model').x);
});

test('graphs that have nothing to do with each other lie close together', () => {
  const pairs = Array.from({ length: 12 }, (_, i) => ({ from: `a${i}`, to: `b${i}` }));
  const nodes = pairs.flatMap(({ from, to }) => [node(from), node(to)]);
  const shared = ['b0', 'b3', 'b7'].map((to) => ({ from: 'a5', to }));
  expect(layOutGraph(nodes, [...pairs, ...shared]).height).toBeLessThan(12 * 70 * 1.6);
});

test('a part of it begins with the box from which most is reached', () => {
  const layout = layOutGraph(['queue', 'worker', 'users', 'api', 'store', 'worker 2'].map(node), [
    { from: 'queue', to: 'worker' },
    { from: 'users', to: 'api' },
    { from: 'api', to: 'store' },
    { from: 'store', to: 'users' },
  ]);
  expect(startOf(layout)?.id).toBe('users');
});

test('a hundred nodes take no time', () => {
  const ids = Array.from({ length: 100 }, (_, i) => `n${i}`);
  const edges = ids.flatMap((from, i) =>
    [1, 7, 31].map((step) => ({ from, to: ids[(i + step) % 100] ?? '' })),
  );
  const beganMs = performance.now();
  layOutGraph(ids.map(node), edges);
  expect(performance.now() - beganMs).toBeLessThan(10_000);
});

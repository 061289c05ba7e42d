import type { ComparedNode } from '@sightline/schema/api';
import { describe, expect, it } from 'vitest';
import {
  kindOfB,
  listedRuns,
  rangeBefore,
  ratioWords,
  structureRows,
  withCondition,
} from './compare-words.ts';

const now = Date.parse('2026-11-20T12:00:00Z');

describe('what is compared', () => {
  it('is the time before: as long, and relative where the range is', () => {
    expect(rangeBefore({ from: '-6h', to: 'now' }, now)).toEqual({ from: '-12h', to: '-6h' });
    expect(rangeBefore({ from: '2026-11-20T10:00:00Z', to: '2026-11-20T11:00:00Z' }, now)).toEqual({
      from: '2026-11-20T09:00:00.000Z',
      to: '2026-11-20T10:00:00.000Z',
    });
  });

  it('is told by the address', () => {
    expect(kindOfB({ a: 'status:error' })).toBe('rest');
    expect(kindOfB({ b: 'service:x' })).toBe('filter');
    expect(kindOfB({ bFrom: '-2h' })).toBe('before');
    expect(kindOfB({ bTraces: 'ff' })).toBe('traces');
  });

  it('is what a list of runs shows', () => {
    expect(listedRuns('timeout', { status: 'error', agent: 'my agent', version: '2' })).toEqual({
      q: 'timeout agent:"my agent" service.version:2',
      a: 'status:error',
    });
    expect(listedRuns('', {})).toEqual({ q: undefined, a: undefined });
  });

  it('keeps the whole of a filter with OR when a condition is added', () =>
    expect(withCondition('a:1 OR b:2', 'c:3')).toBe('(a:1 OR b:2) c:3'));
});

describe('ratios', () => {
  it('are times from two on, percent below', () => {
    expect(ratioWords(42, 20)).toBe('2.1 ×');
    expect(ratioWords(20, 80)).toBe('1/4');
    expect(ratioWords(11, 10)).toBe('+10 %');
    expect(ratioWords(9, 10)).toBe('−10 %');
    expect(ratioWords(10, 0)).toBe('');
  });
});

describe('the tree of both sides', () => {
  const side = { traces: 1, calls: 1, errors: 0, pathMs: 1, selfMs: 1 };
  const node = (id: number, parent: number, change: ComparedNode['change'], moreMs = 0): ComparedNode => ({
    id,
    parent,
    kind: 'code',
    name: `n${id}`,
    service: 's',
    change,
    a: side,
    b: side,
    moreMs,
    moreMsLow: 0,
    moreMsHigh: 0,
    isSignificant: false,
  });

  it('shows what differs with what is around it', () => {
    const nodes = [node(0, -1, 'same'), node(1, 0, 'same'), node(2, 1, 'added'), node(3, 0, 'same', 5)];
    expect(structureRows(nodes, true).map((row) => [row.node.id, row.depth])).toEqual([
      [0, 0],
      [1, 1],
      [2, 2],
    ]);
    expect(structureRows(nodes, false).map((row) => row.node.id)).toEqual([0, 3, 1, 2]);
  });
});

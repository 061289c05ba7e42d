import type { BatchFigures } from '@sightline/schema/api';
import { describe, expect, it } from 'vitest';
import { alignLists } from './align-lists.ts';
import { compareAnswers } from './compare-runs.ts';
import { fillTemplate, valueAt } from './fill-template.ts';
import { judgeGate, parseGate } from './gate.ts';

const figures = (more: Partial<BatchFigures>): BatchFigures => ({
  runs: 10,
  passRate: 1,
  sameAnswerRate: null,
  p50DurationMs: 10,
  p95DurationMs: 100,
  costUsd: null,
  tokens: null,
  ...more,
});

describe('a gate', () => {
  it.each([
    ['pass_rate >= 0.95', true],
    ['pass_rate > 1', false],
    ['p95_duration_ms <= 1.2 * before', true],
    ['p95_duration_ms <= before * 1.1', false],
    ['pass_rate >= before AND runs = 10', true],
    ['cost_usd <= 5', false],
  ])('says of "%s": %s', (text, passed) => {
    const before = figures({});
    const after = figures({ p95DurationMs: 115 });
    expect(judgeGate(parseGate(text), { before, after }).passed).toBe(passed);
  });

  it.each(['', 'pass_rate', 'speed > 1', 'pass_rate >= 0.9 or runs > 1', 'pass_rate >= -1', '__proto__ > 1'])(
    'refuses "%s"',
    (text) => {
      expect(() => parseGate(text)).toThrow('cannot be read');
    },
  );
});

describe('two lists', () => {
  it('keep everything, each in its order, and pair what is the same', () => {
    let seed = 7;
    const random = (below: number) => (seed = (seed * 48_271) % 2_147_483_647) % below;
    for (let round = 0; round < 200; round++) {
      const [before, after] = [0, 1].map(() =>
        Array.from({ length: random(12) }, () => 'abc'[random(3)] ?? ''),
      );
      const pairs = alignLists(before ?? [], after ?? []);
      expect(pairs.flatMap((pair) => pair.before ?? [])).toEqual((before ?? []).map((_, at) => at));
      expect(pairs.flatMap((pair) => pair.after ?? [])).toEqual((after ?? []).map((_, at) => at));
      for (const pair of pairs)
        if (pair.before !== undefined && pair.after !== undefined)
          expect(before?.[pair.before]).toBe(after?.[pair.after]);
    }
  });

  it('of 2,000 steps that differ everywhere are aligned in a moment', () => {
    const [before, after] = [3, 7].map((factor) =>
      Array.from({ length: 2_000 }, (_, at) => String((at * factor) % 997)),
    );
    const startedMs = performance.now();
    alignLists(before ?? [], after ?? []);
    expect(performance.now() - startedMs).toBeLessThan(2_000);
  });
});

it('answers in JSON are the same whatever the order of their keys', () => {
  expect(compareAnswers('{"a":1,"b":[2]}', '{"b":[2],"a":1}').same).toBe(true);
  expect(
    compareAnswers('{"a":1}', '{"a":2}')
      .diff.map(({ mark }) => mark)
      .join(''),
  ).toBe(' -+ ');
  expect(compareAnswers(null, 'x').same).toBe(null);
});

it('a template takes values as they are where it is one placeholder, and as text within a text', () => {
  const values = { input: { question: 'why?', ids: [1, 2] }, context: null };
  const template = {
    q: '{{input.question}}',
    all: '{{ input }}',
    text: 'Q: {{input.ids}}',
    none: '{{input.nothing}}',
  };
  expect(fillTemplate(template, values)).toEqual({
    q: 'why?',
    all: values.input,
    text: 'Q: [1,2]',
    none: null,
  });
  expect(valueAt({ a: [{ b: 1 }] }, 'a.0.b')).toBe(1);
  expect(valueAt({}, 'constructor.name')).toBe(undefined);
});

import { describe, expect, it } from 'vitest';
import { linesMax, promqlChart, promqlGrid, promqlLabel } from './promql-chart.ts';

describe('promqlGrid', () => {
  it.each([
    [3_600_000, 15],
    [6 * 3_600_000, 120],
    [86_400_000, 600],
    [30 * 86_400_000, 14_400],
    [3650 * 86_400_000, 1_382_400],
  ])('asks %s ms in steps of %s s, on whole steps, in fewer than 300 points', (ms, stepS) => {
    const toMs = 1_795_000_007_123;
    const grid = promqlGrid({ fromMs: toMs - ms, toMs });
    expect(grid.stepS).toBe(stepS);
    expect(grid.startS % stepS).toBe(0);
    expect(grid.endS % stepS).toBe(0);
    expect((grid.endS - grid.startS) / stepS).toBeLessThan(300);
  });

  it('asks one point of a range shorter than a step', () => {
    expect(promqlGrid({ fromMs: 1_000_001_000, toMs: 1_000_002_000 })).toEqual({
      startS: 999_990,
      endS: 999_990,
      stepS: 15,
    });
  });
});

describe('promqlChart', () => {
  it('puts two answers on one axis, and says whose a line is', () => {
    const chart = promqlChart([
      [
        {
          metric: { __name__: 'up', job: 'a' },
          values: [
            [10, '1'],
            [30, '3'],
          ],
        },
      ],
      [
        {
          metric: {},
          values: [
            [20, 'NaN'],
            [30, '+Inf'],
            [10, '5'],
          ],
        },
      ],
    ]);
    expect(chart).toMatchObject({
      xS: [10, 20, 30],
      series: [
        [1, null, 3],
        [5, null, null],
      ],
      rows: [
        { label: 'A up{job="a"}', last: 3, mean: 2 },
        { label: 'B {}', last: 5 },
      ],
      histograms: 0,
      more: 0,
    });
  });

  it('counts what a line cannot show, and lines beyond those that fit', () => {
    const many = Array.from({ length: linesMax + 5 }, (_, at) => ({
      metric: { at: String(at) },
      values: [[1, '1'] as const],
    }));
    expect(promqlChart([[...many, { metric: {}, histograms: [] }]])).toMatchObject({
      histograms: 1,
      more: 5,
    });
  });

  it('writes labels as Prometheus does', () => {
    expect(promqlLabel({ __name__: 'up' })).toBe('up');
    expect(promqlLabel({ route: '/"a"' })).toBe(String.raw`{route="/\"a\""}`);
  });
});

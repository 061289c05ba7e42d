import { describe, expect, it } from 'vitest';
import { formatDurationMs } from './format-duration.ts';
import {
  counted,
  formatBytes,
  formatCostUsd,
  formatCount,
  formatNumber,
  formatObjective,
  formatShare,
} from './format-number.ts';

describe('numbers as people read them', () => {
  it.each([
    [0, '0 ms'],
    [0.00085, '850 ns'],
    [0.0123, '12.3 µs'],
    [0.9996, '1.00 ms'],
    [1, '1.00 ms'],
    [12.345, '12.3 ms'],
    [99.96, '100 ms'],
    [999.4, '999 ms'],
    [999.6, '1.00 s'],
    [2100, '2.10 s'],
    [59_960, '1 min'],
    [192_000, '3 min 12 s'],
    [7_500_000, '2 h 5 min'],
    [273_600_000, '3 d 4 h'],
    [-5, '−5.00 ms'],
  ])('writes %f ms as %s', (ms, text) => expect(formatDurationMs(ms)).toBe(text));

  it.each([
    [0, '$0'],
    [12.4, '$12.40'],
    [0.5, '$0.50'],
    [0.034, '$0.034'],
    [0.000042, '$0.000042'],
    [1234.5, '$1,234.50'],
    [123_456.7, '$123,457'],
    [-1234.5, '−$1,234.50'],
    [-0.034, '−$0.034'],
    [1e-12, '<$0.0000000001'],
    [Number.NaN, '–'],
  ])('never shows the cost %f as zero', (usd, text) => expect(formatCostUsd(usd)).toBe(text));

  it('keeps counts exact while they are short', () => {
    expect([0, 942, 12_345, 123_456, 1_234_567, 2_500_000_000].map(formatCount)).toEqual([
      '0',
      '942',
      '12,345',
      '123 k',
      '1.23 M',
      '2.50 G',
    ]);
    expect(counted(1, 'span')).toBe('1 span');
    expect(counted(2, 'trace')).toBe('2 traces');
  });

  it('writes bytes in powers of a thousand', () =>
    expect([512, 1200, 3_400_000_000].map(formatBytes)).toEqual(['512 B', '1.20 kB', '3.40 GB']));

  it('writes shares without pretending to be exact', () =>
    expect([0, 0.0004, 0.042, 0.62, 0.996, 0.9997, 1].map(formatShare)).toEqual([
      '0 %',
      '<0.1 %',
      '4.2 %',
      '62 %',
      '99.6 %',
      '>99.9 %',
      '100 %',
    ]));

  it('writes negative, tiny and huge numbers, and what is no number, as well', () => {
    expect([-1_234_567, -0.4, -0, 1e12, 1e15, Number.NaN].map(formatCount)).toEqual([
      '−1.23 M',
      '0',
      '0',
      '1.00 T',
      '1.00e+15',
      '–',
    ]);
    expect([-0.5, 0.0008100000000000001, 999.5, 1e-9, Infinity].map(formatNumber)).toEqual([
      '−0.5',
      '0.00081',
      '1,000',
      '1.00e-9',
      '–',
    ]);
    expect([-1234.5, 0.1 + 0.2, 1e21, Number.NaN].map(formatBytes)).toEqual([
      '−1.23 kB',
      '0.3 B',
      '1.00 M PB',
      '–',
    ]);
    expect([-0.05, 1234.5, Number.NaN].map(formatShare)).toEqual(['−5 %', '123,450 %', '–']);
    expect([-1e-9, 0.0008100000000000001].map(formatDurationMs)).toEqual(['0 ms', '810 ns']);
  });

  it('keeps the last digit of what is held against an objective, and never rounds it up to all', () =>
    expect([0.9995, 0.99996, 0.9, 0.4279, 1, 0, -4.7183].map(formatObjective)).toEqual([
      '99.95 %',
      '99.996 %',
      '90 %',
      '42.7 %',
      '100 %',
      '0 %',
      '−471.8 %',
    ]));
});

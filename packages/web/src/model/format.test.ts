import { expect, it } from 'vitest';
import { formatMetricValue } from './format.ts';

it('speaks the unit of a metric', () => {
  expect(formatMetricValue(0.25, 's')).toBe('250 ms');
  expect(formatMetricValue(1_200_000, 'By')).toBe('1.20 MB');
  expect(formatMetricValue(12, '{request}')).toBe('12 request');
  expect(formatMetricValue(3.456, '{token}', true)).toBe('3.46/s');
  expect(formatMetricValue(0.5, '1')).toBe('0.5');
  expect(formatMetricValue(Number.NaN, '{request}')).toBe('–');
});

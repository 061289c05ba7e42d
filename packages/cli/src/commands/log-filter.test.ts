import { expect, test } from 'vitest';
import { OptionValues } from '../arguments/options.ts';
import { composeLogFilter } from './log-filter.ts';

const compose = (positionals: readonly string[], options: Record<string, string> = {}) =>
  composeLogFilter({ positionals, options: new OptionValues(options) });

test('a filter alone goes as it was written, and is held together beside options', () => {
  expect(compose([])).toBeUndefined();
  expect(compose(['a OR b'])).toBe('a OR b');
  expect(compose(['a OR b'], { service: 'x "y"', level: 'warning' })).toBe(
    String.raw`(a OR b) AND service:"x \"y\"" AND severity>=warn`,
  );
});

test('a mistake is shown where it was written, and cannot end the parentheses around it', () => {
  for (const [written, column] of [
    ['duration>', 10],
    ['a) OR (b', 2],
    ['"open', 6],
  ] as const)
    expect(() => compose([written], { service: 'x' })).toThrow(
      expect.objectContaining({ code: 'bad_filter', message: expect.stringContaining(`column ${column}:`) }),
    );
});

import { describe, expect, it } from 'vitest';
import { SightlineConfigError } from '../core/sdk-error.ts';
import type { InitOptions } from './init-options.ts';
import { resolveOptions } from './resolve-options.ts';

const wrong: readonly [unknown, RegExp][] = [
  [null, /init was given null/],
  [5, /init was given 5/],
  [['x'], /init was given \["x"\]/],
  [{ serviceNmae: 'x' }, /serviceNmae is not an option of init. Did you mean serviceName\?/],
  [{ colour: 'red' }, /colour is not an option/],
  [{ serviceName: 5 }, /serviceName is 5. Give a text/],
  [{ serviceName: ' ' }, /serviceName is empty/],
  [{ sampling: null }, /sampling is null. Give an object/],
  [{ sampling: { rate: 2 } }, /sampling.rate is 2, out of range. Give a number between 0 and 1/],
  [{ sampling: { rate: 'half' } }, /sampling.rate is "half". Give a number/],
  [{ sampling: { keepErrors: 'yes' } }, /sampling.keepErrors is "yes"/],
  [{ exporters: 'otlp' }, /exporters is "otlp". Give a list/],
  [{ exporters: [null] }, /exporters contains null/],
  [{ logLevel: 3 }, /logLevel is 3/],
  [{ logHandlers: [{}] }, /logHandlers contains \{\}/],
  [{ instrumentations: [{}] }, /instrumentations contains \{\}/],
  [{ masking: 5 }, /masking is 5/],
  [{ masking: { rules: [{ name: 'x', pattern: '(' }] } }, /masking.rules contains/],
  [{ headers: { a: 5 } }, /header "a" is not valid/],
  [{ headers: { 'bad header\n': 'x' } }, /header "bad header\\n" is not valid/],
  [{ apiKey: 'a\nb' }, /header "authorization" is not valid/],
  [{ resourceAttributes: { a: { b: 1 } } }, /resourceAttributes\["a"\] is \{"b":1\}/],
  [{ enabled: 'no' }, /enabled is "no". Give a boolean/],
  [{ queueItemsMax: -1 }, /queueItemsMax is -1, out of range/],
];

describe('options of a wrong shape', () => {
  it.each(wrong)('%j', (options, message) => {
    const resolve = () => resolveOptions(options as InitOptions, {});
    expect(resolve).toThrow(SightlineConfigError);
    expect(resolve).toThrow(message);
  });

  it('undefined stands for left out', () => {
    expect(
      resolveOptions({ serviceName: undefined, headers: undefined } as unknown as InitOptions, {}).quiet,
    ).toBe(false);
  });
});

/** Sampling from options, EXECUTION_TRACKING_SAMPLE_RATE and the OTEL_TRACES_SAMPLER standard. */
import { SightlineConfigError } from '../core/sdk-error.ts';
import type { ResolvedSampling, SamplingOptions } from './sampling-options.ts';
import { requireNumber, type EnvironmentReader } from './environment.ts';

export function resolveSampling(options: SamplingOptions, env: EnvironmentReader): ResolvedSampling {
  const standard = readStandard(env);
  const rate = options.rate ?? env.number('EXECUTION_TRACKING_SAMPLE_RATE', 0, 1) ?? standard.rate;
  const slow = options.keepSlowerThanMs;
  return {
    rate: requireNumber('sampling.rate', rate, 0, 1),
    parentBased: standard.parentBased,
    keepErrors: options.keepErrors ?? env.boolean('SIGHTLINE_KEEP_ERRORS') ?? true,
    keepSlowerThanMs:
      slow === false
        ? false
        : requireNumber('sampling.keepSlowerThanMs', slow ?? 10_000, 0, Number.MAX_SAFE_INTEGER),
    pendingSpansMax: requireNumber('sampling.pendingSpansMax', options.pendingSpansMax ?? 4096, 0, 1_000_000),
    force: env.boolean('EXECUTION_TRACKING_FORCE') ?? false,
  };
}

function readStandard(env: EnvironmentReader): { rate: number; parentBased: boolean } {
  const sampler = env.text('OTEL_TRACES_SAMPLER') ?? 'parentbased_always_on';
  const parentBased = sampler.startsWith('parentbased_');
  switch (parentBased ? sampler.slice('parentbased_'.length) : sampler) {
    case 'always_on':
      return { rate: 1, parentBased };
    case 'always_off':
      return { rate: 0, parentBased };
    case 'traceidratio':
      return { rate: env.number('OTEL_TRACES_SAMPLER_ARG', 0, 1) ?? 1, parentBased };
    default:
      throw new SightlineConfigError(
        'OTEL_TRACES_SAMPLER',
        `is "${sampler}"`,
        'Use always_on, always_off, traceidratio or their parentbased_ forms.',
      );
  }
}

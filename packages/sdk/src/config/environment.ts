/** Typed reading of environment variables; a malformed value names its variable in a SightlineConfigError. */
import { SightlineConfigError } from '../core/sdk-error.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export class EnvironmentReader {
  readonly #env: Environment;

  constructor(env: Environment) {
    this.#env = env;
  }

  /** The first of `names` that is set and not blank. */
  text(...names: string[]): string | undefined {
    for (const name of names) {
      const value = this.#env[name]?.trim();
      if (value !== undefined && value !== '') return value;
    }
    return undefined;
  }

  boolean(name: string): boolean | undefined {
    const value = this.text(name)?.toLowerCase();
    if (value === undefined) return undefined;
    if (['true', '1', 'on', 'yes'].includes(value)) return true;
    if (['false', '0', 'off', 'no'].includes(value)) return false;
    throw new SightlineConfigError(
      name,
      `is "${value}", which is neither true nor false`,
      'Use true or false.',
    );
  }

  number(name: string, min: number, max = Number.MAX_SAFE_INTEGER): number | undefined {
    const value = this.text(name);
    return value === undefined ? undefined : requireNumber(name, Number(value), min, max, value);
  }

  /** `key=value,key=value` with percent-encoded values, as OTEL_EXPORTER_OTLP_HEADERS and OTEL_RESOURCE_ATTRIBUTES use it. */
  pairs(...names: string[]): Record<string, string> {
    const pairs: Record<string, string> = {};
    for (const name of names) {
      for (const part of this.text(name)?.split(',') ?? []) {
        if (part.trim() === '') continue;
        const cut = part.indexOf('=');
        if (cut < 1) {
          throw new SightlineConfigError(
            name,
            `contains "${part}", which has no "="`,
            'Write key=value,key=value.',
          );
        }
        pairs[part.slice(0, cut).trim()] = decode(part.slice(cut + 1).trim());
      }
    }
    return pairs;
  }
}

export function requireNumber(
  option: string,
  value: number,
  min: number,
  max: number,
  shown?: string,
): number {
  if (Number.isFinite(value) && value >= min && value <= max) return value;
  const range = max === Number.MAX_SAFE_INTEGER ? `at least ${min}` : `between ${min} and ${max}`;
  throw new SightlineConfigError(
    option,
    `is ${JSON.stringify(shown ?? value)}, ${Number.isFinite(value) ? 'out of range' : 'not a number'}`,
    `Give a number ${range}.`,
  );
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

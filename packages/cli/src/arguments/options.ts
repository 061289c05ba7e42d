import { SightlineError } from '@sightline/schema/errors';

export interface OptionSpec {
  readonly type: 'string' | 'boolean';
  readonly short?: string;
  /** Placeholder in the help, such as `time`. */
  readonly value?: string;
  readonly about: string;
  readonly initial?: string;
}

export type OptionSpecs = Readonly<Record<string, OptionSpec>>;

/** The options of one call, read with the checks that give a clear message. All throw SightlineError `bad_option`. */
export class OptionValues {
  readonly #values: Readonly<Record<string, string | boolean | undefined>>;

  constructor(values: Readonly<Record<string, string | boolean | undefined>>) {
    this.#values = values;
  }

  has(name: string): boolean {
    return this.#values[name] !== undefined && this.#values[name] !== false;
  }

  text(name: string): string | undefined {
    const value = this.#values[name];
    return typeof value === 'string' ? value : undefined;
  }

  integer(name: string, { min, max }: { readonly min: number; readonly max: number }): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < min || value > max)
      throw badOption(`--${name} is "${text}", but takes a whole number from ${min} to ${max}.`);
    return value;
  }

  number(name: string, { min, max }: { readonly min: number; readonly max: number }): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const value = Number(text);
    if (text.trim() === '' || !(value >= min && value <= max))
      throw badOption(`--${name} is "${text}", but takes a number from ${min} to ${max}.`);
    return value;
  }

  choice<const T extends string>(name: string, choices: readonly T[]): T | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const found = choices.find((choice) => choice.toLowerCase() === text.toLowerCase());
    if (found === undefined) throw badOption(`--${name} is "${text}", but takes ${listWords(choices)}.`);
    return found;
  }

  /** A length of time such as `90s`, `30m`, `1h`; milliseconds. */
  durationMs(name: string): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const [, digits, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text) ?? [];
    const factor = unit === undefined ? undefined : durationUnitsMs[unit];
    if (digits === undefined || factor === undefined)
      throw badOption(`--${name} is "${text}", but takes a length of time such as 90s, 30m or 1h.`);
    return Number(digits) * factor;
  }
}

const durationUnitsMs: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

export function badOption(
  message: string,
  hint = 'Add --help to see what the command takes.',
): SightlineError {
  return new SightlineError('bad_option', message, { hint });
}

function listWords(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}

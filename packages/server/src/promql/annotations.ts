import { type Place, positionOf } from './ast.ts';

/** What an answer should be taken with: each said once. */
export class Annotations {
  readonly #text: string;
  readonly #warnings = new Set<string>();
  readonly #infos = new Set<string>();

  constructor(text: string) {
    this.#text = text;
  }

  get warnings(): string[] {
    return [...this.#warnings];
  }

  get infos(): string[] {
    return [...this.#infos];
  }

  warn(message: string, place: Place): void {
    this.#warnings.add(`PromQL warning: ${message} (${positionOf(this.#text, place.from)})`);
  }

  info(message: string, place: Place): void {
    this.#infos.add(`PromQL info: ${message} (${positionOf(this.#text, place.from)})`);
  }
}

/** The name of a metric as messages end with it; nothing where there is none. */
export function forMetric(name: string): string {
  return name === '' ? '' : ` for metric name ${JSON.stringify(name)}`;
}

export const mixedTypes = (name: string): string =>
  `encountered a mix of histograms and floats${forMetric(name)}`;
export const mixedSchemas = (name: string): string =>
  `vector contains a mix of histograms with exponential and custom buckets schemas${forMetric(name)}`;
export const reconciledBounds = (during: string): string =>
  `mismatched custom buckets were reconciled during ${during}`;
export const collidingResets = (during: string): string =>
  `conflicting counter resets during histogram ${during}`;
export const ignoredIn = (what: string): string => `ignored histogram in ${what}`;

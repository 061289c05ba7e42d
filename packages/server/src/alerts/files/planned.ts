/** What applying a part of a file would change. */
import { isDeepStrictEqual } from 'node:util';
import type { ImportRulesResponse } from '@sightline/schema/api';
import { SightlineError } from '@sightline/schema/errors';
import type { FileProblem } from './rule-yaml.ts';

export type Change = ImportRulesResponse['changes'][number];

export interface Planned {
  readonly changes: readonly Change[];
  readonly problems: readonly FileProblem[];
}

/** Whatever the order of their keys: the control plane has an order of its own. */
export function changedFields<T extends object>(before: T, after: T): string[] {
  const names = Object.keys(after) as (keyof T & string)[];
  return names.filter((name) => !isDeepStrictEqual(before[name], after[name]));
}

export function firstTwice(named: readonly { readonly name: string }[]): string | undefined {
  const names = named.map(({ name }) => name);
  return names.find((name, index) => names.indexOf(name) !== index);
}

/** The hint of a filter or a query that cannot be read has the caret under the place. */
export function problemOf(place: string, error: unknown): FileProblem {
  const message = error instanceof Error ? error.message : String(error);
  const hint = error instanceof SightlineError ? error.hint : '';
  const isCaret = hint.includes('\n');
  return { place, message, caret: isCaret ? hint : '', hint: isCaret ? '' : hint };
}

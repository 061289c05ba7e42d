import { parseJson } from '@sightline/base';
import type { AttributeValue } from '@sightline/schema/api';
import { fieldForAttribute } from './filter-text.ts';

export interface AttributeRow {
  readonly key: string;
  readonly value: AttributeValue;
  /** As shown, copied and filtered by. */
  readonly text: string;
  /** Its name in a filter. */
  readonly field: string;
}

/** Attributes by name, each with its name in a filter. */
export function attributeRows(
  source: 'attr' | 'resource' | 'scope',
  attributes: Readonly<Record<string, AttributeValue>>,
): readonly AttributeRow[] {
  return Object.entries(attributes)
    .map(([key, value]) => ({
      key,
      value,
      text: attributeText(value),
      field: fieldForAttribute(source, key),
    }))
    .sort((a, b) => (a.key < b.key ? -1 : 1));
}

export function attributeText(value: AttributeValue): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** The value as JSON when it is a list or map, or text that holds one. */
export function tryJson(value: AttributeValue): unknown {
  if (typeof value === 'object' && value !== null) return value;
  if (typeof value !== 'string' || !/^\s*[[{]/.test(value)) return undefined;
  try {
    return parseJson(value);
  } catch {
    return undefined;
  }
}

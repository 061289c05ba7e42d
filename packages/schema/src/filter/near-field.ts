/**
 * What was meant by a field that nobody knows. Any name may be that of an attribute, so this is no error: it is told where a filter found nothing.
 */
import { nearestWord } from '@sightline/base';
import { builtinFields, type FilterSignal, findBuiltinField } from './filter-fields.ts';
import type { FieldRef, FilterNode } from './filter-node.ts';
import { parseFilter } from './parse-filter.ts';

export interface NearField {
  readonly written: string;
  readonly meant: string;
  /** The filter with the one in place of the other. */
  readonly filter: string;
}

/** The first field of the filter that is almost a built-in one; undefined where there is none. */
export function findNearField(filter: string, signal: FilterSignal): NearField | undefined {
  const parsed = parseFilter(filter);
  if (!parsed.ok) return undefined;
  for (const { name, range } of bareFields(parsed.value)) {
    if (findBuiltinField(signal, name) !== undefined) continue;
    const meant = nearestWord(
      name.toLowerCase(),
      builtinFields[signal].map((field) => field.name),
    );
    if (meant === undefined) continue;
    return {
      written: name,
      meant,
      filter: filter.slice(0, range.start) + meant + filter.slice(range.end),
    };
  }
  return undefined;
}

function bareFields(node: FilterNode): readonly FieldRef[] {
  switch (node.type) {
    case 'term':
      return node.field.source === 'any' ? [node.field] : [];
    case 'not':
    case 'span':
      return bareFields(node.item);
    case 'and':
    case 'or':
      return node.items.flatMap(bareFields);
    default:
      return [];
  }
}

import {
  allOf,
  type FilterNode,
  negate,
  parseFilter,
  printFilter,
  printText,
} from '@sightline/schema/filter';

/**
 * Edits a filter the way a person would: a click on a value adds a term at the end, leaving what was typed as it is; a
 * click on its opposite replaces it. Only where a term goes away is the whole filter printed anew.
 */
export type TermMode = 'include' | 'exclude';

/** Adds `field:value` or `-field:value`, taking away the opposite if it stands at the top level. */
export function addTerm(filter: string, field: string, value: string, mode: TermMode): string {
  if (hasTerm(filter, field, value, mode)) return filter;
  const term = `${mode === 'exclude' ? '-' : ''}${field}:${printText(value)}`;
  const base = removeTerm(filter, field, value, mode === 'include' ? 'exclude' : 'include').trim();
  if (base === '') return term;
  const parsed = parseFilter(base);
  return parsed.ok && parsed.value.type === 'or' ? `(${base}) ${term}` : `${base} ${term}`;
}

/** True when the term stands at the top level, where it holds for everything found. */
export function hasTerm(filter: string, field: string, value: string, mode: TermMode): boolean {
  const wanted = termText(field, value, mode);
  return topLevel(filter).some((item) => printFilter(item) === wanted);
}

export function removeTerm(filter: string, field: string, value: string, mode: TermMode): string {
  const unwanted = termText(field, value, mode);
  const items = topLevel(filter);
  const kept = items.filter((item) => printFilter(item) !== unwanted);
  return kept.length === items.length ? filter : printFilter(allOf(kept));
}

export function toggleTerm(filter: string, field: string, value: string): string {
  return hasTerm(filter, field, value, 'include')
    ? removeTerm(filter, field, value, 'include')
    : addTerm(filter, field, value, 'include');
}

/** The name a filter uses for an attribute: bare where the dots make it unmistakable, with its source otherwise. */
export function fieldForAttribute(source: 'attr' | 'resource' | 'scope', key: string): string {
  const isPlain = /^[A-Za-z0-9_][A-Za-z0-9_.\-/@]*$/.test(key);
  if (!isPlain) return `${source}.${JSON.stringify(key)}`;
  return key.includes('.') && !/^(attr|resource|scope|trace)\./.test(key) ? key : `${source}.${key}`;
}

function topLevel(filter: string): readonly FilterNode[] {
  const parsed = parseFilter(filter);
  if (!parsed.ok || parsed.value.type === 'everything') return [];
  return parsed.value.type === 'and' ? parsed.value.items : [parsed.value];
}

function termText(field: string, value: string, mode: TermMode): string {
  const parsed = parseFilter(`${field}:${printText(value)}`);
  if (!parsed.ok) return '';
  return printFilter(mode === 'exclude' ? negate(parsed.value) : parsed.value);
}

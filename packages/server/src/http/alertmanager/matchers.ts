/** Conditions on labels as Alertmanager has them, and as they are written here. */
import { SightlineError } from '@sightline/schema/errors';
import { allOf, type FilterNode, type FilterValue, parseFilter, printFilter } from '@sightline/schema/filter';
import { RE2JS } from 're2js';
import { z } from 'zod';
import type { LabelTest } from '../../alerts/label-matchers.ts';

export const matcher = z.object({
  name: z.string().min(1).max(200),
  value: z.string().max(2_000),
  isRegex: z.boolean().default(false),
  isEqual: z.boolean().default(true),
});
export type Matcher = z.output<typeof matcher>;

/** As it stands in a parameter or in front of `amtool`: `severity=~"critical|warning"`. Throws `bad_filter`. */
export function readMatcher(text: string): Matcher {
  const [, name, operator, quoted, plain] =
    /^\s*([a-zA-Z_][\w.]*)\s*(=~|!~|!=|=)\s*(?:("(?:[^"\\]|\\.)*")\s*|(.*))$/s.exec(text) ?? [];
  if (name === undefined || operator === undefined) throw badMatcher(text);
  return {
    name,
    value: quoted === undefined ? (plain ?? '').trimEnd() : unquote(quoted, text),
    isRegex: operator.endsWith('~'),
    isEqual: operator.startsWith('='),
  };
}

function unquote(quoted: string, text: string): string {
  try {
    return JSON.parse(quoted) as string;
  } catch {
    throw badMatcher(text);
  }
}

function badMatcher(text: string): SightlineError {
  return new SightlineError('bad_filter', `bad matcher format: ${text.slice(0, 200)}`, {
    hint: 'Write it as in severity="critical" or service=~"api|web".',
  });
}

/** Patterns hold for the whole value, and run in linear time. Throws `bad_filter`. */
export function testOf({ name, value, isRegex, isEqual }: Matcher): LabelTest {
  if (!isRegex) return (labels) => ((labels[name] ?? '') === value) === isEqual;
  const pattern = compilePattern(value);
  return (labels) => pattern.matches(labels[name] ?? '') === isEqual;
}

function compilePattern(value: string): RE2JS {
  try {
    return RE2JS.compile(value);
  } catch (error) {
    throw new SightlineError('bad_filter', `bad matcher format: ${String(error)}`, {
      hint: 'RE2.',
      cause: error,
    });
  }
}

const nowhere = { start: 0, end: 0 } as const;

/** In our filter syntax, as silences are kept. Throws `bad_filter`. */
export function filterOf(matchers: readonly Matcher[]): string {
  return printFilter(allOf(matchers.map(nodeOf)));
}

function nodeOf({ name, value, isRegex, isEqual }: Matcher): FilterNode {
  if (isRegex) compilePattern(value);
  const isEmpty = !isRegex && value === '';
  const term: FilterNode = {
    type: 'term',
    field: { source: 'any', name, range: nowhere },
    operator: ':',
    value: isEmpty
      ? { type: 'exists', range: nowhere }
      : isRegex
        ? { type: 'regex', source: `^(?:${value})$`, range: nowhere }
        : { type: 'string', text: value, range: nowhere },
  };
  return isEqual === isEmpty ? { type: 'not', item: term } : term;
}

/** Of a silence that was written here. What Alertmanager has no words for comes as one matcher with its text. */
export function matchersOf(filter: string): readonly Matcher[] {
  const parsed = parseFilter(filter);
  const found = parsed.ok ? termsOf(parsed.value) : undefined;
  return found ?? [{ name: 'sightline_matchers', value: filter, isRegex: false, isEqual: true }];
}

function termsOf(node: FilterNode): readonly Matcher[] | undefined {
  if (node.type === 'everything') return [];
  if (node.type === 'and') {
    const all = node.items.map(termsOf);
    return all.every((each) => each !== undefined) ? all.flat() : undefined;
  }
  if (node.type === 'not') {
    const [only, ...more] = termsOf(node.item) ?? [];
    return only === undefined || more.length > 0 ? undefined : [{ ...only, isEqual: !only.isEqual }];
  }
  if (node.type !== 'term' || node.field.source !== 'any' || node.operator !== ':') return undefined;
  return [{ name: node.field.name, isEqual: true, ...valueOf(node.value) }];
}

function valueOf(value: FilterValue): Pick<Matcher, 'value' | 'isRegex'> {
  switch (value.type) {
    case 'string':
      return { value: value.text, isRegex: false };
    case 'exists':
      return { value: '.+', isRegex: true };
    case 'wildcard':
      return { value: value.parts.map((part) => RE2JS.quote(part)).join('.*'), isRegex: true };
    case 'regex': {
      const [, whole] = /^\^\(\?:(.*)\)\$$/s.exec(value.source) ?? [];
      return { value: whole ?? `.*(?:${value.source}).*`, isRegex: true };
    }
  }
}

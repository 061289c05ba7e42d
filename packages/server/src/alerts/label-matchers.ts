/** Which labels an alert must have, in our filter syntax: `severity:critical service:api* -team:web (zone:a OR zone:b)`. */
import { SightlineError } from '@sightline/schema/errors';
import { type FilterNode, type FilterValue, parseFilter } from '@sightline/schema/filter';
import { RE2JS } from 're2js';
import type { Labels } from './rule-states.ts';

export type LabelTest = (labels: Labels) => boolean;

/** Throws `bad_filter`, with a caret under the place. A pattern runs in linear time. */
export function compileMatchers(text: string): LabelTest {
  const parsed = parseFilter(text);
  if (!parsed.ok)
    throw new SightlineError('bad_filter', parsed.error.message, {
      hint: parsed.error.caret,
      cause: parsed.error,
    });
  return compile(parsed.value);
}

function compile(node: FilterNode): LabelTest {
  switch (node.type) {
    case 'everything':
      return () => true;
    case 'and': {
      const items = node.items.map(compile);
      return (labels) => items.every((item) => item(labels));
    }
    case 'or': {
      const items = node.items.map(compile);
      return (labels) => items.some((item) => item(labels));
    }
    case 'not': {
      const item = compile(node.item);
      return (labels) => !item(labels);
    }
    case 'term': {
      const { field, operator, value } = node;
      if (field.source !== 'any' || operator !== ':') throw refused(`${field.name}${operator}`);
      const test = compileValue(value);
      return (labels) => test(labels[field.name] ?? '');
    }
    case 'text':
      throw refused(node.parts.join('*'));
    case 'span':
      throw refused('span( … )');
  }
}

function refused(what: string): SightlineError {
  return new SightlineError('bad_filter', `\`${what.slice(0, 100)}\` says nothing about a label.`, {
    hint: 'Conditions on labels are written name:value, as in severity:critical service:api*.',
  });
}

function compileValue(value: FilterValue): (text: string) => boolean {
  switch (value.type) {
    case 'string':
      return (text) => text === value.text;
    case 'exists':
      return (text) => text !== '';
    case 'wildcard':
      return (text) => matchesParts(text, value.parts);
    case 'regex': {
      const pattern = compilePattern(value.source);
      return (text) => pattern.matcher(text).find();
    }
  }
}

function compilePattern(source: string): RE2JS {
  try {
    return RE2JS.compile(source);
  } catch (error) {
    throw new SightlineError(
      'bad_filter',
      `The regular expression cannot be used: ${String(error instanceof Error ? error.message : error)}.`,
      {
        hint: 'RE2: no lookaround, no back-references.',
      },
    );
  }
}

function matchesParts(text: string, parts: readonly string[]): boolean {
  const [first = '', ...rest] = parts;
  const last = rest.pop() ?? '';
  if (!text.startsWith(first) || !text.endsWith(last) || text.length < first.length + last.length)
    return false;
  let at = first.length;
  for (const part of rest) {
    const found = text.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return at <= text.length - last.length;
}

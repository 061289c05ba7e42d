import { RE2JS } from 're2js';
import { type Matcher, PromqlExecutionError } from './ast.ts';
import type { Labels } from './labels.ts';

/** Whether labels fit all of the matchers. Patterns are matched in time that grows with the text alone. Throws PromqlExecutionError. */
export function compileMatchers(matchers: readonly Matcher[]): (labels: Labels) => boolean {
  const tests = matchers.map((matcher) => ({ name: matcher.name, fits: compileMatcher(matcher) }));
  return (labels) => tests.every(({ name, fits }) => fits(labels.get(name)));
}

export function compileMatcher({ kind, value }: Matcher): (text: string) => boolean {
  if (kind === '=') return (text) => text === value;
  if (kind === '!=') return (text) => text !== value;
  const pattern = compilePattern(value);
  return (text) => pattern.matches(text) === (kind === '=~');
}

function compilePattern(pattern: string): RE2JS {
  try {
    return RE2JS.compile(`(?s:${pattern})`);
  } catch {
    throw new PromqlExecutionError(`invalid regular expression: ${pattern}`);
  }
}

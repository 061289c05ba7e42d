import type { Matcher } from './ast.ts';
import type { Labels } from './labels.ts';
import type { Patterns } from './patterns.ts';

/** Whether labels fit all of the matchers. Throws PromqlExecutionError. */
export function compileMatchers(
  matchers: readonly Matcher[],
  patterns: Patterns,
): (labels: Labels) => boolean {
  const tests = matchers.map((matcher) => ({ name: matcher.name, fits: compileMatcher(matcher, patterns) }));
  return (labels) => tests.every(({ name, fits }) => fits(labels.get(name)));
}

export function compileMatcher({ kind, value }: Matcher, patterns: Patterns): (text: string) => boolean {
  if (kind === '=') return (text) => text === value;
  if (kind === '!=') return (text) => text !== value;
  const pattern = patterns.compile(value);
  return (text) => patterns.timed(() => pattern.matches(text)) === (kind === '=~');
}

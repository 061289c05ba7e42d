import { type Expression, unwrap } from './ast.ts';
import { Labels } from './labels.ts';

/** What is known of a series that is not there: what its selector says to be equal, where it says so once. */
export function absentLabels(expression: Expression): Labels {
  const of = unwrap(expression);
  const selector = of.kind === 'matrix' ? of.selector : of;
  if (selector.kind !== 'selector') return Labels.none;
  const equal = selector.matchers.filter(({ kind, name }) => kind === '=' && name !== '__name__');
  return Labels.from(
    equal
      .filter(({ name }) => selector.matchers.filter((other) => other.name === name).length === 1)
      .map(({ name, value }) => [name, value] as const),
  );
}

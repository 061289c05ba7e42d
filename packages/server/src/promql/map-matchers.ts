import type { Expression, Matcher, VectorSelector } from './ast.ts';

/** The expression with other matchers; undefined takes one away. What names the metric stays. */
export function mapMatchers(
  expression: Expression,
  change: (matcher: Matcher) => Matcher | undefined,
): Expression {
  const within = (inner: Expression): Expression => mapMatchers(inner, change);
  const ofSelector = (selector: VectorSelector): VectorSelector => ({
    ...selector,
    matchers: selector.matchers.flatMap((matcher) =>
      matcher.name === '__name__' && selector.name !== undefined ? [matcher] : (change(matcher) ?? []),
    ),
  });
  switch (expression.kind) {
    case 'selector':
      return ofSelector(expression);
    case 'matrix':
      return { ...expression, selector: ofSelector(expression.selector) };
    case 'subquery':
    case 'unary':
    case 'paren':
      return { ...expression, of: within(expression.of) };
    case 'call':
      return { ...expression, args: expression.args.map(within) };
    case 'aggregation':
      return {
        ...expression,
        of: within(expression.of),
        parameter: expression.parameter === undefined ? undefined : within(expression.parameter),
      };
    case 'binary':
      return { ...expression, left: within(expression.left), right: within(expression.right) };
    case 'number':
    case 'string':
      return expression;
  }
}

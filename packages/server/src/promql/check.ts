/** What the grammar lets through and the types do not. Messages are those of Prometheus. */
import {
  comparisons,
  type Expression,
  type Matcher,
  type Place,
  PromqlExecutionError,
  PromqlSyntaxError,
  setOperators,
  type ValueType,
  type VectorSelector,
} from './ast.ts';
import { compileMatcher } from './matchers.ts';
import { Patterns } from './patterns.ts';
import { aggregations, signatures } from './signatures.ts';
import { typeOf } from './value-type.ts';

const names: Readonly<Record<ValueType, string>> = {
  scalar: 'scalar',
  string: 'string',
  vector: 'instant vector',
  matrix: 'range vector',
};

/** Throws PromqlSyntaxError where something within the expression does not fit. */
export function checkExpression(expression: Expression, text: string): void {
  const fail = (reason: string, place: Place): never => {
    throw new PromqlSyntaxError(reason, place, text);
  };
  const patterns = new Patterns();
  const expect = (of: Expression, wanted: ValueType, context: string): void => {
    check(of);
    const got = typeOf(of);
    if (got !== wanted) fail(`expected type ${names[wanted]} in ${context}, got ${names[got]}`, of);
  };
  const check = (of: Expression): void => {
    switch (of.kind) {
      case 'number':
      case 'string':
        return;
      case 'selector':
        return checkSelector(of, patterns, fail);
      case 'matrix':
        return checkSelector(of.selector, patterns, fail);
      case 'paren':
        return check(of.of);
      case 'unary': {
        check(of.of);
        const type = typeOf(of.of);
        if (type !== 'scalar' && type !== 'vector')
          fail(
            `unary expression only allowed on expressions of type scalar or instant vector, got ${JSON.stringify(names[type])}`,
            of,
          );
        return;
      }
      case 'subquery': {
        check(of.of);
        const type = typeOf(of.of);
        if (type !== 'vector')
          fail(`subquery is only allowed on instant vector, got ${names[type]} instead`, of);
        return;
      }
      case 'aggregation': {
        expect(of.of, 'vector', 'aggregation expression');
        const wanted = aggregations[of.operator];
        if (of.parameter !== undefined && wanted !== undefined)
          expect(of.parameter, wanted, 'aggregation parameter');
        return;
      }
      case 'call':
        return checkCall(of);
      case 'binary':
        return checkBinary(of);
    }
  };

  const checkCall = ({ name, args, ...place }: Extract<Expression, { kind: 'call' }>): void => {
    const signature = signatures[name];
    if (signature === undefined) return fail(`unknown function with name ${JSON.stringify(name)}`, place);
    const { takes, optional } = signature;
    const most = takes.length;
    const least = most - (optional === 'any' ? 1 : optional);
    if (optional === 0 && args.length !== most)
      fail(`expected ${most} argument(s) in call to ${JSON.stringify(name)}, got ${args.length}`, place);
    if (args.length < least)
      fail(
        `expected at least ${least} argument(s) in call to ${JSON.stringify(name)}, got ${args.length}`,
        place,
      );
    if (optional !== 'any' && args.length > most)
      fail(
        `expected at most ${most} argument(s) in call to ${JSON.stringify(name)}, got ${args.length}`,
        place,
      );
    for (const [at, argument] of args.entries()) {
      // The labels to join with info series are written as a selector that may match all.
      if (name === 'info' && at === 1 && argument.kind === 'selector') continue;
      expect(argument, takes[Math.min(at, most - 1)] ?? 'vector', `call to function ${JSON.stringify(name)}`);
    }
    if (name === 'info' && args[1] !== undefined && args[1].kind !== 'selector')
      fail(`expected label selectors as the second argument to "info" function`, args[1]);
  };

  const checkBinary = (of: Extract<Expression, { kind: 'binary' }>): void => {
    check(of.left);
    check(of.right);
    const left = typeOf(of.left);
    const right = typeOf(of.right);
    for (const [side, type] of [
      [of.left, left],
      [of.right, right],
    ] as const)
      if (type !== 'scalar' && type !== 'vector')
        fail('binary expression must contain only scalar and instant vector types', side);
    const between = {
      from: of.left.to + (/^\s*/.exec(text.slice(of.left.to))?.[0].length ?? 0),
      to: of.right.from,
    };
    if (of.bool && !comparisons.has(of.operator))
      fail('bool modifier can only be used on comparison operators', between);
    if (comparisons.has(of.operator) && !of.bool && left === 'scalar' && right === 'scalar')
      fail('comparisons between scalars must use BOOL modifier', between);
    const isOfVectors = left === 'vector' && right === 'vector';
    if (setOperators.has(of.operator) && !isOfVectors)
      fail(`set operator ${JSON.stringify(of.operator)} not allowed in binary scalar expression`, of);
    if ((of.operator === '</' || of.operator === '>/') && left === 'scalar')
      fail(`operator ${of.operator} not allowed with a scalar on the left`, of);
    const { matching } = of;
    if (matching === undefined) return;
    if (!isOfVectors) {
      if (
        matching.labels.length > 0 ||
        matching.on ||
        matching.cardinality === 'many-to-one' ||
        matching.cardinality === 'one-to-many'
      )
        fail('vector matching only allowed between instant vectors', of);
      if (matching.fillLeft !== undefined || matching.fillRight !== undefined)
        fail('filling in missing series only allowed between instant vectors', of);
    }
    if (matching.on)
      for (const label of matching.include)
        if (matching.labels.includes(label))
          fail(`label ${JSON.stringify(label)} must not occur in ON and GROUP clause at once`, between);
  };
  check(expression);
}

function checkSelector(
  selector: VectorSelector,
  patterns: Patterns,
  fail: (reason: string, place: Place) => never,
): void {
  const fitsNothing = (matcher: Matcher): boolean => {
    try {
      return compileMatcher(matcher, patterns)('');
    } catch (error) {
      if (error instanceof PromqlExecutionError) return fail(error.message, selector);
      throw error;
    }
  };
  const isNarrowing = selector.matchers.map((matcher) => !fitsNothing(matcher));
  if (selector.name === undefined) {
    if (!isNarrowing.includes(true))
      fail('vector selector must contain at least one non-empty matcher', selector);
    return;
  }
  const twice = selector.matchers.slice(1).find(({ name }) => name === '__name__');
  if (twice !== undefined)
    fail(
      `metric name must not be set twice: ${JSON.stringify(selector.name)} or ${JSON.stringify(twice.value)}`,
      selector,
    );
}

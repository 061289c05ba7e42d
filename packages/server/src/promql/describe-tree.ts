/** A tree in the JSON that Prometheus' `parse_query` answers with. */
import type { Expression, Matcher, Shift } from './ast.ts';
import { milliseconds } from './durations.ts';
import { signatures } from './signatures.ts';
import { formatNumber } from './statistics.ts';

const typeNames = { scalar: 'scalar', string: 'string', vector: 'vector', matrix: 'matrix' } as const;

export function describeTree(of: Expression): Record<string, unknown> {
  switch (of.kind) {
    case 'number':
      return { type: 'numberLiteral', val: formatNumber(of.value) };
    case 'string':
      return { type: 'stringLiteral', val: of.value };
    case 'paren':
      return { type: 'parenExpr', expr: describeTree(of.of) };
    case 'unary':
      return { type: 'unaryExpr', op: of.operator, expr: describeTree(of.of) };
    case 'selector':
      return {
        type: 'vectorSelector',
        name: of.name ?? '',
        ...shift(of),
        matchers: of.matchers.map(matcher),
      };
    case 'matrix':
      return {
        type: 'matrixSelector',
        name: of.selector.name ?? '',
        range: milliseconds(of.range),
        ...shift(of.selector),
        matchers: of.selector.matchers.map(matcher),
      };
    case 'subquery':
      return {
        type: 'subquery',
        expr: describeTree(of.of),
        range: milliseconds(of.range),
        step: milliseconds(of.step),
        ...shift(of),
      };
    case 'call': {
      const signature = signatures[of.name];
      return {
        type: 'call',
        func: {
          name: of.name,
          argTypes: signature?.takes.map((each) => typeNames[each]) ?? [],
          variadic: signature === undefined ? 0 : signature.optional === 'any' ? -1 : signature.optional,
          returnType: signature?.gives ?? 'vector',
        },
        args: of.args.map(describeTree),
      };
    }
    case 'aggregation':
      return {
        type: 'aggregation',
        op: of.operator,
        expr: describeTree(of.of),
        param: of.parameter === undefined ? null : describeTree(of.parameter),
        grouping: of.grouping,
        without: of.without,
      };
    case 'binary':
      return {
        type: 'binaryExpr',
        op: of.operator,
        lhs: describeTree(of.left),
        rhs: describeTree(of.right),
        bool: of.bool,
        matching:
          of.matching === undefined
            ? null
            : {
                card: of.matching.cardinality,
                labels: of.matching.labels,
                on: of.matching.on,
                include: of.matching.include,
              },
      };
  }
}

const matcher = ({ name, kind, value }: Matcher): Record<string, string> => ({ name, value, type: kind });

const shift = ({ offset, at }: Shift): Record<string, unknown> => ({
  offset: milliseconds(offset),
  timestamp: at?.kind === 'time' ? at.ms : null,
  startOrEnd: at === undefined || at.kind === 'time' ? null : at.kind,
});

/** Writes a tree as PromQL, long expressions over several lines. */
import {
  type Binary,
  type Duration,
  type Expression,
  type Matcher,
  setOperators,
  type Shift,
  type VectorSelector,
} from './ast.ts';
import { formatNumber } from './statistics.ts';

const lineLengthMax = 100;

export function printPromql(expression: Expression): string {
  return pretty(expression, 0);
}

function pretty(of: Expression, depth: number): string {
  const pad = '  '.repeat(depth);
  const flat = print(of);
  if (pad.length + flat.length <= lineLengthMax) return pad + flat;
  switch (of.kind) {
    case 'binary':
      return `${pretty(of.left, depth + 1)}\n${pad}${binaryHead(of)}\n${pretty(of.right, depth + 1)}`;
    case 'call':
      return of.args.length === 0
        ? pad + flat
        : `${pad}${of.name}(\n${of.args.map((each) => pretty(each, depth + 1)).join(',\n')}\n${pad})`;
    case 'aggregation': {
      const args = of.parameter === undefined ? [of.of] : [of.parameter, of.of];
      return `${pad}${aggregationHead(of)}(\n${args.map((each) => pretty(each, depth + 1)).join(',\n')}\n${pad})`;
    }
    case 'paren':
      return `${pad}(\n${pretty(of.of, depth + 1)}\n${pad})`;
    case 'unary':
      return `${pad}${of.operator}${pretty(of.of, depth).trimStart()}`;
    case 'subquery':
      return `${pretty(of.of, depth)}${subqueryTail(of)}`;
    default:
      return pad + flat;
  }
}

function print(of: Expression): string {
  switch (of.kind) {
    case 'number':
      return of.isDuration ? printSeconds(of.value) : formatNumber(of.value);
    case 'string':
      return JSON.stringify(of.value);
    case 'paren':
      return `(${print(of.of)})`;
    case 'unary':
      return `${of.operator}${print(of.of)}`;
    case 'selector':
      return printSelector(of) + extensionOf(of) + shiftOf(of);
    case 'matrix':
      return `${printSelector(of.selector)}[${printDuration(of.range)}]${extensionOf(of.selector)}${shiftOf(of.selector)}`;
    case 'subquery':
      return print(of.of) + subqueryTail(of);
    case 'call':
      return `${of.name}(${of.args.map(print).join(', ')})`;
    case 'aggregation':
      return `${aggregationHead(of)}(${(of.parameter === undefined ? [of.of] : [of.parameter, of.of]).map(print).join(', ')})`;
    case 'binary':
      return `${print(of.left)} ${binaryHead(of)} ${print(of.right)}`;
  }
}

const subqueryTail = (of: Extract<Expression, { kind: 'subquery' }>): string =>
  `[${printDuration(of.range)}:${of.step === undefined ? '' : printDuration(of.step)}]${shiftOf(of)}`;

function aggregationHead({
  operator,
  grouping,
  without,
}: Extract<Expression, { kind: 'aggregation' }>): string {
  if (!without && grouping.length === 0) return operator;
  return `${operator} ${without ? 'without' : 'by'} (${grouping.map(printLabel).join(', ')}) `;
}

function binaryHead({ operator, bool, matching }: Binary): string {
  const parts = [operator];
  if (bool) parts.push('bool');
  if (matching !== undefined) {
    const { on, labels, cardinality, include, fillLeft, fillRight } = matching;
    if (on || labels.length > 0)
      parts.push(`${on ? 'on' : 'ignoring'} (${labels.map(printLabel).join(', ')})`);
    if (!setOperators.has(operator) && (cardinality === 'many-to-one' || cardinality === 'one-to-many'))
      parts.push(
        `${cardinality === 'many-to-one' ? 'group_left' : 'group_right'} (${include.map(printLabel).join(', ')})`,
      );
    if (fillLeft !== undefined && Object.is(fillLeft, fillRight))
      parts.push(`fill (${formatNumber(fillLeft)})`);
    else {
      if (fillLeft !== undefined) parts.push(`fill_left (${formatNumber(fillLeft)})`);
      if (fillRight !== undefined) parts.push(`fill_right (${formatNumber(fillRight)})`);
    }
  }
  return parts.join(' ');
}

function printSelector({ name, matchers }: VectorSelector): string {
  const own = name === undefined ? matchers : matchers.slice(1);
  const [head, rest] = name !== undefined ? [name, own] : namedBy(own);
  if (rest.length === 0 && head !== '') return head;
  return `${head}{${rest.map(({ name: label, kind, value }) => `${printLabel(label)}${kind}${JSON.stringify(value)}`).join(',')}}`;
}

/** A name within braces is written before them, where it can be. */
function namedBy(matchers: readonly Matcher[]): [string, readonly Matcher[]] {
  const names = matchers.filter(({ name }) => name === '__name__');
  const [only] = names;
  if (names.length !== 1 || only?.kind !== '=' || !/^[a-zA-Z_:][\w:]*$/.test(only.value))
    return ['', matchers];
  return [only.value, matchers.filter((matcher) => matcher !== only)];
}

const printLabel = (label: string): string => (/^[a-zA-Z_]\w*$/.test(label) ? label : JSON.stringify(label));
const extensionOf = ({ extension }: VectorSelector): string =>
  extension === undefined ? '' : ` ${extension}`;

function shiftOf({ at, offset }: Shift): string {
  const atText =
    at === undefined ? '' : at.kind === 'time' ? ` @ ${(at.ms / 1000).toFixed(3)}` : ` @ ${at.kind}()`;
  return `${atText}${offset === undefined ? '' : ` offset ${printDuration(offset)}`}`;
}

export function printDuration(of: Duration): string {
  switch (of.kind) {
    case 'seconds':
      return printSeconds(of.seconds);
    case 'step':
    case 'range':
      return `${of.kind}()`;
    case 'negative':
      return `-${printDuration(of.of)}`;
    case 'paren':
      return `(${printDuration(of.of)})`;
    case 'arithmetic':
      return of.operator === 'min_of' || of.operator === 'max_of'
        ? `${of.operator}(${printDuration(of.left)}, ${printDuration(of.right)})`
        : `${printDuration(of.left)} ${of.operator} ${printDuration(of.right)}`;
  }
}

const units: readonly (readonly [string, number, boolean])[] = [
  ['y', 31_536_000_000, true],
  ['w', 604_800_000, true],
  ['d', 86_400_000, false],
  ['h', 3_600_000, false],
  ['m', 60_000, false],
  ['s', 1000, false],
  ['ms', 1, false],
];

/** As Prometheus writes it: years and weeks only where nothing is left over. */
function printSeconds(seconds: number): string {
  let left = Math.round(Math.abs(seconds) * 1000);
  if (left === 0) return '0s';
  let text = seconds < 0 ? '-' : '';
  for (const [unit, ms, isWholeOnly] of units) {
    if (isWholeOnly && left % ms !== 0) continue;
    const amount = Math.floor(left / ms);
    if (amount === 0) continue;
    text += `${amount}${unit}`;
    left -= amount * ms;
  }
  return text;
}

import { formatCostUsd, formatDurationMs } from '@sightline/base';
import type {
  Dimension,
  Measure,
  RuleCondition,
  RuleNode,
  Term,
  ValueQuery,
  ValueUnit,
} from './rule-node.ts';

/** A rule as it is understood, in full: what is read from it is the same rule. */
export function printRule(node: RuleNode): string {
  if (node.type === 'compound')
    return `rule ${JSON.stringify(node.rules[0])} ${node.operator} rule ${JSON.stringify(node.rules[1])}`;
  if (node.type === 'burn')
    return `slo ${JSON.stringify(node.slo)} burns > ${printNumber(node.factor)} over ${printDuration(node.longS)} and ${printDuration(node.shortS)}`;
  const { query, condition } = node;
  return `${printValue(query)} over ${printDuration(query.windowS)} ${printCondition(condition, query.unit)}`;
}

/** What a rule looks at, without its window and condition: a panel asks it. */
export function printValue({ left, operator, right, source, filter, by }: ValueQuery): string {
  return [
    printTerm(left),
    ...(operator === undefined || right === undefined ? [] : [operator, printTerm(right)]),
    'of',
    source,
    ...(filter === '' ? [] : ['where', filter]),
    ...(by.length === 0 ? [] : ['by', by.map(printDimension).join(', ')]),
  ].join(' ');
}

export function printCondition(condition: RuleCondition, unit: ValueUnit | undefined): string {
  switch (condition.type) {
    case 'any':
      return '';
    case 'absent':
      return 'absent';
    case 'change':
      return `${condition.direction} > ${printNumber(condition.share * 100)}% against ${printDuration(condition.againstS)}`;
    case 'anomalous': {
      const side = condition.side === 'either' ? '' : ` ${condition.side}`;
      const how = condition.sensitivity === 'normal' ? '' : ` with ${condition.sensitivity} sensitivity`;
      return `anomalous${side}${how}`;
    }
    case 'forecast': {
      const verb = condition.direction === 'rises' ? 'reaches' : 'falls to';
      return `forecast ${verb} ${printQuantity(condition.target, unit)} within ${printDuration(condition.withinS)}`;
    }
    case 'threshold': {
      const { comparison, threshold, recovery } = condition;
      const back = comparison.startsWith('>') ? '<' : '>';
      const recover = recovery === undefined ? '' : ` recover ${back} ${printQuantity(recovery, unit)}`;
      return `${comparison} ${printQuantity(threshold, unit)}${recover}`;
    }
  }
}

function printTerm(term: Term): string {
  switch (term.type) {
    case 'count':
      return term.filter === '' ? 'count' : `count(${term.filter})`;
    case 'per_second':
      return 'rate';
    case 'share':
      return `rate(${term.filter})`;
    case 'failed':
      return 'error_rate';
    case 'hallucinated':
      return 'hallucination_rate';
    case 'quantile':
      return term.inMs
        ? `p${printNumber(term.quantile * 100)}_latency_ms`
        : `p${printNumber(term.quantile * 100)}(${printMeasure(term.measure)})`;
    case 'uniq':
      return `uniq(${printDimension(term.dimension)})`;
    case 'number':
      return printNumber(term.value);
    default:
      return `${term.type}(${printMeasure(term.measure)})`;
  }
}

const printMeasure = (measure: Measure): string =>
  measure.type === 'score' ? `score.${quoted(measure.name)}` : printDimension(measure);

export function printDimension(dimension: Dimension): string {
  return dimension.type === 'builtin' ? dimension.name : `${dimension.source}.${quoted(dimension.name)}`;
}

const quoted = (name: string): string => (/^[\w.:@/-]+$/.test(name) ? name : JSON.stringify(name));

export function printDuration(seconds: number): string {
  const [size, unit] = (
    [
      [86_400, 'd'],
      [3600, 'h'],
      [60, 'm'],
    ] as const
  ).find(([each]) => seconds % each === 0) ?? [1, 's'];
  return Number.isInteger(seconds) ? `${seconds / size}${unit}` : `${Math.round(seconds * 1000)}ms`;
}

function printQuantity(value: number, unit: ValueUnit | undefined): string {
  if (unit === 'seconds')
    return value === 0 ? '0' : `${value < 0 ? '-' : ''}${printSeconds(Math.abs(value))}`;
  if (unit === 'dollars') return `${value < 0 ? '-' : ''}$${printNumber(Math.abs(value))}`;
  return printNumber(value);
}

const printSeconds = (value: number): string =>
  value >= 1
    ? `${printNumber(value)}s`
    : value >= 0.001
      ? `${printNumber(value * 1000)}ms`
      : `${printNumber(value * 1e6)}us`;

/** Without the noise of binary fractions, and without exponents. */
function printNumber(value: number): string {
  const rounded = Number(value.toPrecision(12));
  return Math.abs(rounded) >= 1e15 || (rounded !== 0 && Math.abs(rounded) < 1e-6)
    ? String(rounded)
    : rounded.toFixed(9).replace(/\.?0+$/, '');
}

/** A value for people: `4.20 s`, `$1.50`, `7.5 %`. */
export function describeValue(value: number, unit: ValueUnit): string {
  const short = (number: number): string =>
    Number.isInteger(number) ? String(number) : Number(number.toPrecision(4)).toString();
  switch (unit) {
    case 'seconds':
      return formatDurationMs(value * 1000);
    case 'milliseconds':
      return formatDurationMs(value);
    case 'dollars':
      return formatCostUsd(value);
    case 'ratio':
      return `${short(value * 100)} %`;
    case 'tokens':
      return `${short(value)} tokens`;
    case 'per_second':
      return `${short(value)}/s`;
    default:
      return short(value);
  }
}

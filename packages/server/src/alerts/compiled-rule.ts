/** A stored rule, ready to be evaluated and told of. */
import { createHash } from 'node:crypto';
import type { AlertRuleInput } from '@sightline/schema/api';
import { SightlineError } from '@sightline/schema/errors';
import {
  caretLines,
  describeValue,
  parseCondition,
  parseRule,
  type RuleCondition,
  type RuleNode,
  type ValueUnit,
} from '@sightline/schema/rules';
import { type Expression, PromqlSyntaxError } from '../promql/ast.ts';
import { parsePromql } from '../promql/parse.ts';
import { fillTemplate } from './fill-template.ts';
import type { Instance, Labels, RuleTiming } from './rule-states.ts';

export interface RuleAtHome {
  readonly id: string;
  readonly project: string;
  readonly rule: AlertRuleInput;
}

export type RuleBody =
  | { readonly kind: 'value'; readonly node: Extract<RuleNode, { type: 'value' }> }
  | { readonly kind: 'compound'; readonly node: Extract<RuleNode, { type: 'compound' }> }
  | { readonly kind: 'burn'; readonly node: Extract<RuleNode, { type: 'burn' }> }
  | { readonly kind: 'promql'; readonly text: string; readonly expression: Expression }
  | { readonly kind: 'sql'; readonly text: string; readonly windowS: number };

export interface CompiledRule extends RuleAtHome {
  readonly body: RuleBody;
  readonly condition: RuleCondition;
  readonly unit: ValueUnit;
  readonly timing: RuleTiming;
  readonly delayMs: number;
}

/** Throws `bad_rule` and PromqlSyntaxError. */
export function compileRule({ id, project, rule }: RuleAtHome): CompiledRule {
  const { body, condition, unit } = compileBody(rule);
  const windowMs =
    body.kind === 'value'
      ? body.node.query.windowS * 1000
      : body.kind === 'sql'
        ? body.windowS * 1000
        : undefined;
  if (body.kind === 'sql' && (condition.type === 'anomalous' || condition.type === 'forecast'))
    throw badRule(
      'A statement in SQL is not asked about its past.',
      'Write the rule in our words or in PromQL, or compare with a threshold.',
    );
  const isTight = windowMs !== undefined && windowMs < 2 * rule.intervalS * 1000;
  return {
    id,
    project,
    rule,
    body,
    condition,
    unit,
    timing: {
      intervalMs: rule.intervalS * 1000,
      forMs: rule.forS * 1000,
      keepFiringMs: rule.keepFiringS * 1000,
      noData: { policy: rule.noData.policy, forMs: rule.noData.forS * 1000 },
      onError: { policy: rule.onError.policy, forMs: rule.onError.forS * 1000 },
    },
    // What comes late is in the next window as well, unless windows are as short as the time between looks.
    delayMs: (rule.delayS ?? (isTight ? lateS : 0)) * 1000,
  };
}

const lateS = 30;

function compileBody(rule: AlertRuleInput): Pick<CompiledRule, 'body' | 'condition' | 'unit'> {
  const { kind, query } = rule;
  if (kind === 'sightline') {
    if (rule.condition.trim() !== '')
      throw badRule('A rule in our words has its condition in the query.', '');
    if (rule.record !== '') throw badRule('Only PromQL is recorded.', '');
    const read = parseRule(query);
    if (!read.ok) throw badRule(read.error.message, `${read.error.caret}\n${read.error.hint}`.trim());
    return bodyOf(read.value);
  }
  const condition = parseCondition(rule.condition);
  if (!condition.ok)
    throw badRule(condition.error.message, `${condition.error.caret}\n${condition.error.hint}`.trim());
  if (kind === 'sql') {
    if (rule.record !== '') throw badRule('Only PromQL is recorded.', '');
    return {
      body: { kind: 'sql', text: query, windowS: rule.windowS },
      condition: condition.value,
      unit: 'none',
    };
  }
  const expression = readExpression(query);
  return { body: { kind: 'promql', text: query, expression }, condition: condition.value, unit: 'none' };
}

function bodyOf(node: RuleNode): Pick<CompiledRule, 'body' | 'condition' | 'unit'> {
  switch (node.type) {
    case 'compound':
      return { body: { kind: 'compound', node }, condition: { type: 'any' }, unit: 'none' };
    case 'burn': {
      const { factor } = node;
      const condition = {
        type: 'threshold',
        comparison: '>',
        threshold: factor,
        recovery: undefined,
      } as const;
      return { body: { kind: 'burn', node }, condition, unit: 'none' };
    }
    case 'value':
      return { body: { kind: 'value', node }, condition: node.condition, unit: node.query.unit };
  }
}

function readExpression(query: string): Expression {
  try {
    return parsePromql(query);
  } catch (error) {
    if (!(error instanceof PromqlSyntaxError)) throw error;
    throw badRule(`Cannot read the expression: ${error.message}.`, caretLines(query, error.place.from));
  }
}

export function badRule(message: string, hint: string): SightlineError {
  return new SightlineError('bad_rule', message, {
    hint: hint === '' ? 'Rules are described in docs/alerts.md.' : hint,
  });
}

/** The same text for the same labels. */
export function labelsKey(labels: Labels): string {
  return JSON.stringify(Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
}

/** Of rule and label set: the same always. */
export function instanceId(ruleId: string, key: string): string {
  return createHash('sha256').update(`${ruleId}\n${key}`).digest('hex').slice(0, 32);
}

/** Labels as routes, silences and receivers see them. */
export function labelsOfAlert(
  { rule }: Pick<CompiledRule, 'rule'>,
  instance: Pick<Instance, 'labels' | 'value' | 'reason'>,
): Labels {
  const own = Object.entries(rule.labels).map(([name, text]): [string, string] => [
    name,
    fill(text, instance, 'none'),
  ]);
  return {
    ...instance.labels,
    ...(instance.reason === 'condition' ? {} : { reason: instance.reason }),
    alertname: rule.name,
    severity: rule.severity,
    ...Object.fromEntries(own),
  };
}

/** `{{ labels.service }}` and `{{ value }}`, also as Prometheus writes them. */
export function fill(
  text: string,
  { labels, value }: Pick<Instance, 'labels' | 'value'>,
  unit: ValueUnit,
): string {
  return fillTemplate(text, { labels, value, describe: (number) => describeValue(number, unit) });
}

/** One line for people. */
export function summaryOf(
  rule: Pick<CompiledRule, 'rule' | 'unit' | 'condition'>,
  instance: Pick<Instance, 'labels' | 'value' | 'reason' | 'note'>,
): string {
  const { name, annotations } = rule.rule;
  if (instance.reason === 'no_data') return `${name}: there is no data`;
  if (instance.reason === 'error') return `${name}: it cannot be evaluated`;
  if (instance.reason === 'too_many') return `${name}: more label sets meet it than are kept`;
  if (annotations.summary !== '') return fill(annotations.summary, instance, rule.unit);
  const labels = Object.entries(instance.labels)
    .map(([label, text]) => `${label} ${text}`)
    .join(', ');
  const value = instance.value === null ? '' : ` ${describeValue(instance.value, rule.unit)}`;
  const threshold = thresholdOf(rule);
  const note = instance.note ?? '';
  const beyond =
    note !== ''
      ? ` (${note})`
      : threshold === null
        ? ''
        : ` (threshold ${describeValue(threshold, rule.unit)})`;
  return `${name}${labels === '' ? '' : ` for ${labels}`}:${value === '' ? ' met' : value}${beyond}`;
}

export function thresholdOf({ condition }: Pick<CompiledRule, 'condition'>): number | null {
  return condition.type === 'threshold'
    ? condition.threshold
    : condition.type === 'change'
      ? condition.share
      : condition.type === 'forecast'
        ? condition.target
        : null;
}

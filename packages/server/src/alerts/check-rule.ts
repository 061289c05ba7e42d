/** Whether a rule that is being written is right, and what it says. */
import type { AlertRuleInput, CheckRuleResponse, RuleProblem, RuleKind } from '@sightline/schema/api';
import { SightlineError } from '@sightline/schema/errors';
import {
  caretLines,
  parseCondition,
  parseRule,
  printCondition,
  printRule,
  type RuleCondition,
  type RuleSyntaxProblem,
} from '@sightline/schema/rules';
import { PromqlSyntaxError } from '../promql/ast.ts';
import { parsePromql } from '../promql/parse.ts';
import { printPromql } from '../promql/print.ts';
import { askRuleSql } from '../query/alerts/ask-rule-sql.ts';
import { labelName } from '../query/alerts/read-rule-values.ts';
import { checkFilter } from '../query/evaluation/check-filter.ts';
import type { QueryContext } from '../query/reader.ts';
import { assertTextsRead } from './check-texts.ts';
import { compileRule } from './compiled-rule.ts';

interface Written {
  readonly kind: RuleKind;
  readonly query: string;
  readonly condition: string;
}

type Meaning = NonNullable<CheckRuleResponse['meaning']>;

/** Without a look at what is stored. */
export function checkRule({ kind, query, condition }: Written): CheckRuleResponse {
  if (kind === 'sightline') return checkOurs(query, condition);
  const read = parseCondition(condition);
  if (!read.ok) return { problem: problemOf('condition', read.error), meaning: null };
  const meaning = (printed: string): Meaning => ({
    printed: [printed, printCondition(read.value, undefined)].filter(Boolean).join(' '),
    unit: 'none',
    labels: [],
    windowS: null,
    ...boundsOf(read.value),
  });
  if (kind === 'sql') return { problem: null, meaning: meaning(query) };
  try {
    return { problem: null, meaning: meaning(printPromql(parsePromql(query))) };
  } catch (error) {
    if (!(error instanceof PromqlSyntaxError)) throw error;
    const { from } = error.place;
    return {
      problem: {
        field: 'query',
        message: error.message,
        column: from + 1,
        caret: caretLines(query, from),
        hint: '',
      },
      meaning: null,
    };
  }
}

function checkOurs(query: string, condition: string): CheckRuleResponse {
  if (condition.trim() !== '')
    return {
      problem: {
        field: 'condition',
        message: 'A rule in our words has its condition in the query.',
        column: 1,
        caret: '',
        hint: 'Write it behind the query.',
      },
      meaning: null,
    };
  const read = parseRule(query);
  if (!read.ok) return { problem: problemOf('query', read.error), meaning: null };
  const node = read.value;
  const printed = printRule(node);
  if (node.type === 'compound')
    return {
      problem: null,
      meaning: { printed, unit: 'none', labels: [], windowS: null, threshold: null, recovery: null },
    };
  if (node.type === 'burn')
    return {
      problem: null,
      meaning: {
        printed,
        unit: 'none',
        labels: ['slo'],
        windowS: node.longS,
        threshold: node.factor,
        recovery: null,
      },
    };
  const { unit, by, windowS } = node.query;
  return {
    problem: null,
    meaning: { printed, unit, labels: by.map(labelName), windowS, ...boundsOf(node.condition) },
  };
}

function problemOf(
  field: RuleProblem['field'],
  { message, column, caret, hint }: RuleSyntaxProblem,
): RuleProblem {
  return { field, message, column, caret, hint };
}

function boundsOf(condition: RuleCondition): Pick<Meaning, 'threshold' | 'recovery'> {
  if (condition.type === 'change') return { threshold: condition.share, recovery: null };
  if (condition.type === 'forecast') return { threshold: condition.target, recovery: null };
  return condition.type === 'threshold'
    ? { threshold: condition.threshold, recovery: condition.recovery ?? null }
    : { threshold: null, recovery: null };
}

/** Throws `bad_rule`, `bad_filter` and `bad_sql` for a rule that would fail at each look. */
export async function assertRuleRuns(context: QueryContext, rule: AlertRuleInput): Promise<void> {
  const { body } = compileRule({ id: '', project: context.project, rule });
  assertTextsRead(rule);
  if (body.kind === 'value') {
    const { left, right, filter } = body.node.query;
    const filters = [
      filter,
      ...[left, right].flatMap((term) => (term !== undefined && 'filter' in term ? [term.filter] : [])),
    ];
    // Logs have fields of their own, which the parser knows; here it is about regular expressions.
    if (body.node.query.source !== 'logs') for (const each of filters) await checkFilter(context, each);
  }
  if (body.kind === 'sql') {
    const to = context.clock.now();
    const from = (to - 1_000_000_000n) as typeof to;
    await askRuleSql(context, { text: body.text, from, to });
  }
  if (rule.record !== '' && rule.kind !== 'promql')
    throw new SightlineError('bad_rule', 'Only PromQL is recorded.', { hint: 'Leave "record" out.' });
}

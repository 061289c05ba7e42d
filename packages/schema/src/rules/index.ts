export { judgeValue, type Verdict } from './judge-value.ts';
export { parseCondition, parseRule, parseValue, signalOf } from './parse-rule.ts';
export {
  describeValue,
  printCondition,
  printDimension,
  printDuration,
  printRule,
  printValue,
} from './print-rule.ts';
export type {
  Dimension,
  Measure,
  RuleCondition,
  RuleNode,
  RuleSource,
  Term,
  ValueQuery,
  ValueUnit,
} from './rule-node.ts';
export { caretLines, type RuleSyntaxProblem } from './rule-problem.ts';

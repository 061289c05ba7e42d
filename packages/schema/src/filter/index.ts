export {
  type AttributeSource,
  bindFilter,
  type BindContext,
  type BoundField,
  type BoundFilter,
  type Comparison,
  type Match,
  readFilter,
} from './bind-filter.ts';
export { completeFilter, type Completion } from './complete-filter.ts';
export type { FilterError } from './filter-error.ts';
export {
  type BuiltinField,
  builtinFields,
  type FieldType,
  type FilterSignal,
  findBuiltinField,
} from './filter-fields.ts';
export {
  allOf,
  anyOf,
  type FieldRef,
  type FieldSource,
  type FilterNode,
  type FilterOperator,
  type FilterValue,
  negate,
  type TextRange,
} from './filter-node.ts';
export { parseDuration, parseNumber, parseRangeStart, parseTime } from './filter-quantity.ts';
export { findNearField, type NearField } from './near-field.ts';
export { filterDepthMax, filterLengthMax, filterTermsMax, parseFilter } from './parse-filter.ts';
export { scorePrefix } from './filter-fields.ts';
export { findRegexProblem } from './regex-problem.ts';
export { printField, printFilter, printText } from './print-filter.ts';
export { promptFilter, readPromptVersion } from './prompt-filter.ts';

/** What only the attributes of a run's spans tell: aggregates over `spans`, read along with the run. */
import type { RunProblem } from '@sightline/schema/api';
import { type Sql, trusted } from '../sql/sql.ts';

export interface RunFlags {
  readonly hasMessages: number;
  readonly hasStages: number;
  readonly absurd: readonly string[];
  readonly negative: readonly string[];
}

/** Keys that hold messages in one of the dialects. Documents and stages have keys of their own. */
const contentKeys =
  '^(gen_ai\\\\.(input\\\\.messages|output\\\\.messages|prompt|completion|system_instructions|request\\\\.messages|response\\\\.text|tool\\\\.call\\\\.(arguments|result))|llm\\\\.(input_messages|output_messages|prompts|choices)|ai\\\\.(prompt|response\\\\.(text|toolCalls|object)|toolCall\\\\.(args|result))|(input|output)\\\\.value|traceloop\\\\.entity\\\\.(input|output)|langfuse\\\\.(observation|trace)\\\\.(input|output)|mlflow\\\\.(spanInputs|spanOutputs|chat\\\\.messages)|gcp\\\\.vertex\\\\.agent\\\\.llm_|lk\\\\.(chat_ctx|response\\\\.text|user_input)|pydantic_ai\\\\.all_messages|all_messages|user_prompt|new_context|response\\\\.model_output|assistant_response|prompt)';

/** Counts below zero or beyond belief are left out when a span is read. */
const tokenKeys = [
  'gen_ai.usage.input_tokens',
  'gen_ai.usage.output_tokens',
  'gen_ai.usage.prompt_tokens',
  'gen_ai.usage.completion_tokens',
  'llm.token_count.prompt',
  'llm.token_count.completion',
];
const costKeys = ['gen_ai.usage.cost', 'llm.cost.total', 'cost_usd'];

/** Whether a span has such a value under one of the keys. */
function anyOf(keys: readonly string[], is: string): string {
  const list = keys.map((key) => `'${key}'`).join(', ');
  return `arrayExists((key, value) -> key IN (${list}) AND ${is}, mapKeys(attributes), mapValues(attributes))`;
}

export const runFlagColumns: Sql = trusted(`
  , arrayExists(key -> match(key, '${contentKeys}'), groupUniqArrayArray(10000)(mapKeys(attributes)))
    OR arrayExists(name -> startsWith(name, 'gen_ai.') AND name != 'gen_ai.evaluation.result', groupUniqArrayArray(10000)(event_names)) AS hasMessages,
  max(mapContains(attributes, 'sightline.stage.id')) AS hasStages,
  groupArrayIf(1000)(lower(hex(span_id)), ${anyOf(tokenKeys, '(toFloat64OrZero(value) > 10000000000 OR toFloat64OrZero(value) < 0)')}) AS absurd,
  groupArrayIf(1000)(lower(hex(span_id)), ${anyOf(costKeys, 'toFloat64OrZero(value) < 0')}) AS negative`);

export function flaggedProblems(flags: RunFlags | undefined): RunProblem[] {
  return [
    ...leftOut('implausible_tokens', 'A token count is below zero or beyond belief.', flags?.absurd),
    ...leftOut('negative_cost', 'The client reported a cost below zero.', flags?.negative),
  ];
}

function leftOut(type: RunProblem['type'], what: string, spanIds: readonly string[] = []): RunProblem[] {
  const [spanId] = spanIds;
  const message = `${what} It is left out of the totals; the attribute is shown as it came.`;
  return spanId === undefined ? [] : [{ type, message, spanId, count: spanIds.length }];
}

import * as identity from './identity-table.ts';
import * as model from './model-table.ts';
import { operationField } from './operation-table.ts';
import type { Field, Source } from './source.ts';
import * as tokens from './token-table.ts';

/** Every normal field, text before numbers. Adding a dialect is adding rows to the tables. */
export const fields = {
  operation: operationField,
  provider: model.providerField,
  request_model: model.requestModelField,
  response_model: model.responseModelField,
  response_id: model.responseIdField,
  service_tier: model.serviceTierField,
  session_id: identity.sessionField,
  user_id: identity.userField,
  correlation_id: identity.correlationField,
  agent_name: identity.agentField,
  tool_name: identity.toolField,
  tool_call_id: identity.toolCallIdField,
  first_token_time: identity.firstTokenTimeField,
  cost_parts: tokens.costPartsField,
  input_tokens: tokens.inputTokensField,
  output_tokens: tokens.outputTokensField,
  cache_read_tokens: tokens.cacheReadTokensField,
  cache_write_tokens: tokens.cacheWriteTokensField,
  reasoning_tokens: tokens.reasoningTokensField,
  cache_write_1h_tokens: tokens.cacheWrite1hTokensField,
  input_audio_tokens: tokens.inputAudioTokensField,
  output_audio_tokens: tokens.outputAudioTokensField,
  cost_usd: tokens.reportedCostField,
  ttft_ms: identity.ttftField,
} satisfies Record<string, Field>;

export type FieldName = keyof typeof fields;

/** Fields that are read for another column only. */
export const helperFields = { first_token_time: 'ttft_ms', cost_parts: 'cost_usd' } as const;

/** `model` is what answered, or else what was asked for. */
export type DerivedColumn = Exclude<FieldName, keyof typeof helperFields> | 'model';

/** What a call is billed by. Where one of these was reported as what cannot be counted, the cost is NaN: there was one, and nobody knows it. */
export const countFields = ['input_tokens', 'output_tokens'] as const satisfies readonly FieldName[];

/** Who and which request a span is of. Most programs tell it of every span, steps of an AI system or not, so these fields are found without the others. */
export const identityFields = [
  'session_id',
  'user_id',
  'correlation_id',
] as const satisfies readonly FieldName[];

export const fieldNames = Object.keys(fields) as readonly FieldName[];
export const derivedColumns: readonly DerivedColumn[] = [
  ...fieldNames.filter((name) => !isHelper(name)),
  'model',
];

function isHelper(name: FieldName): name is keyof typeof helperFields {
  return name in helperFields;
}

/** Attributes whose value is that of the field, by themselves and not as a part of them. */
export function attributesOf(name: FieldName): readonly string[] {
  const field: Field = fields[name];
  const isWhole = ({ from, when, path, map, after, until }: Source): boolean =>
    from !== 'name' && [when, path, map, after, until].every((one) => one === undefined);
  return [...new Set(field.sources.filter(isWhole).map((source) => source.name))];
}

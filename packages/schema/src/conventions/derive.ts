import type { OperationKind } from '../api/traces.ts';
import { sumOfParts } from './cost-parts.ts';
import { normalProvider, sourceText, type TextScope } from './derive-source.ts';
import { firstTokenMs, type SpanTimes } from './first-token.ts';
import { countFields } from './fields.ts';
import { plainOperations } from './operation-table.ts';
import { numberedFields as by, type Rule, rulesOfAttributes, rulesOfResource } from './rules.ts';
import { type Field, isNumeric, maximum, textLengthMax } from './source.ts';

/** What a span or log record says, before any convention. Values as decoded: text, numbers, lists, maps. */
export interface DeriveInput {
  readonly name: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly resource?: Readonly<Record<string, unknown>>;
  /** Of a span: the time to the first token may be told by a moment. */
  readonly times?: SpanTimes;
}

/** The normal fields. Text is '' and numbers are null where nothing was said. */
export interface DerivedFields {
  readonly operation: OperationKind;
  readonly provider: string;
  readonly request_model: string;
  readonly response_model: string;
  readonly model: string;
  readonly response_id: string;
  readonly service_tier: string;
  readonly input_tokens: number | null;
  readonly output_tokens: number | null;
  readonly cache_read_tokens: number | null;
  readonly cache_write_tokens: number | null;
  readonly reasoning_tokens: number | null;
  readonly cache_write_1h_tokens: number | null;
  readonly input_audio_tokens: number | null;
  readonly output_audio_tokens: number | null;
  readonly cost_usd: number | null;
  readonly session_id: string;
  readonly user_id: string;
  readonly correlation_id: string;
  readonly agent_name: string;
  readonly tool_name: string;
  readonly tool_call_id: string;
  readonly ttft_ms: number | null;
}

/** The same as the engine keeps it: of each attribute the text. Attributes that no rule reads (`attributesRead`) may be left out. */
export interface ItemTexts {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly resource: ReadonlyMap<string, string>;
  readonly times?: SpanTimes | undefined;
}

/** Of the normal fields those that say which tool was called, if any was. */
export function deriveTool(
  input: DeriveInput,
): Pick<DerivedFields, 'operation' | 'tool_name' | 'tool_call_id'> {
  const said = new Said(textsOf(input));
  return {
    operation: operationOf(said),
    tool_name: textField(by.tool_name, said),
    tool_call_id: textField(by.tool_call_id, said),
  };
}

/** Of the normal fields the kind of work. */
export const deriveOperation = (input: DeriveInput): OperationKind => operationOf(new Said(textsOf(input)));

/** Reads the normal fields of one span or log record. Gives what `compileSql` gives in the engine. */
export const derive = (input: DeriveInput): DerivedFields => deriveFrom(textsOf(input));

/** `derive` over texts. */
export function deriveFrom(item: ItemTexts): DerivedFields {
  const said = new Said(item);
  const request_model = textField(by.request_model, said);
  const response_model = textField(by.response_model, said);
  const input_tokens = wholeCount(by.input_tokens, said);
  const output_tokens = wholeCount(by.output_tokens, said);
  return {
    operation: operationOf(said),
    provider: textField(by.provider, said),
    request_model,
    response_model,
    model: response_model || request_model,
    response_id: textField(by.response_id, said),
    service_tier: textField(by.service_tier, said),
    input_tokens,
    output_tokens,
    cache_read_tokens: numberField(by.cache_read_tokens, said),
    cache_write_tokens: numberField(by.cache_write_tokens, said),
    reasoning_tokens: numberField(by.reasoning_tokens, said),
    cache_write_1h_tokens: numberField(by.cache_write_1h_tokens, said),
    input_audio_tokens: numberField(by.input_audio_tokens, said),
    output_audio_tokens: numberField(by.output_audio_tokens, said),
    cost_usd: costOf(said),
    session_id: textField(by.session_id, said),
    user_id: textField(by.user_id, said),
    correlation_id: textField(by.correlation_id, said),
    agent_name: textField(by.agent_name, said),
    tool_name: textField(by.tool_name, said),
    tool_call_id: textField(by.tool_call_id, said),
    ttft_ms: firstTokenOf(said),
  };
}

/** An item, with the rules that may find something in it in their order. */
class Said implements TextScope {
  readonly item: ItemTexts;
  readonly #rules: Rule[][] = [];

  constructor(item: ItemTexts) {
    this.item = item;
    for (const key of item.attributes.keys()) this.#add(rulesOfAttributes.get(key));
    for (const key of item.resource.keys()) this.#add(rulesOfResource.get(key));
  }

  get name(): string {
    return this.item.name;
  }

  attribute(name: string): string {
    return this.item.attributes.get(name) ?? '';
  }

  resource(name: string): string {
    return this.item.resource.get(name) ?? '';
  }

  rulesOf(field: NumberedField): readonly Rule[] {
    return this.#rules[field.number] ?? none;
  }

  #add(added: readonly Rule[] | undefined): void {
    if (added === undefined) return;
    for (const rule of added) {
      const rules = (this.#rules[rule.field] ??= []);
      let place = rules.push(rule) - 1;
      for (; place > 0 && (rules[place - 1] as Rule).rank > rule.rank; place -= 1)
        rules[place] = rules[place - 1] as Rule;
      rules[place] = rule;
    }
  }
}

type NumberedField = (typeof by)[keyof typeof by];

const none: readonly Rule[] = [];

function textsOf({ name, attributes, resource = {}, times }: DeriveInput): ItemTexts {
  const texts = (values: Readonly<Record<string, unknown>>) =>
    new Map(
      Object.entries(values)
        .filter(([, value]) => value !== undefined)
        .map(([key, value]) => [key, attributeText(value)]),
    );
  return { name, attributes: texts(attributes), resource: texts(resource), times };
}

const textOf = (rule: Rule, said: Said, isNumber: boolean): string =>
  rule.isPlain ? said.attribute(rule.source.name) : sourceText(rule.source, said, isNumber);

function operationOf(said: Said): OperationKind {
  return (textField(by.operation, said) || plainOperation(said.item)) as OperationKind;
}

/** An attribute's value as the engine keeps it: numbers and truth values as text, lists and maps as JSON, '' for none. */
export function attributeText(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value === undefined || value === null) return '';
  return typeof value === 'object' ? JSON.stringify(value) : (value as number | bigint | boolean).toString();
}

function textField(field: NumberedField, said: Said): string {
  for (const rule of said.rulesOf(field)) {
    const text = textOf(rule, said, false);
    if (text === '') continue;
    const cut = text.length > textLengthMax ? Array.from(text).slice(0, textLengthMax).join('') : text;
    return field.type === 'provider' ? normalProvider(cut) : cut;
  }
  return '';
}

function costOf(said: Said): number | null {
  const cost = numberField(by.cost_usd, said) ?? costOfParts(said);
  return cost === null && countFields.some((name) => isUncountable(by[name], said)) ? Number.NaN : cost;
}

function costOfParts(said: Said): number | null {
  const rule = said.rulesOf(by.cost_parts).find((each) => textOf(each, said, false) !== '');
  return rule === undefined ? null : sumOfParts(textOf(rule, said, false));
}

/** Tokens were reported, as a number that cannot be one of them. */
function isUncountable(field: NumberedField, said: Said): boolean {
  if (numberField(field, said) !== null) return false;
  const rule = said.rulesOf(field).find((each) => textOf(each, said, true) !== '');
  return rule !== undefined && Number.isFinite(numberOf(rule, said));
}

function firstTokenOf(said: Said): number | null {
  const told = numberField(by.ttft_ms, said);
  const { times } = said.item;
  if (told !== null || times === undefined) return told;
  return firstTokenMs(textField(by.first_token_time, said), times);
}

const numberOf = (rule: Rule, said: Said): number =>
  toNumber(textOf(rule, said, true)) * (rule.source.scale ?? 1);

function numberField(field: NumberedField, said: Said): number | null {
  const rule = numberRule(field, said);
  return rule === undefined ? null : bounded(field, numberOf(rule, said));
}

/** The first that finds a number which can be one of the field. */
function numberRule(field: NumberedField, said: Said): Rule | undefined {
  return said.rulesOf(field).find((rule) => bounded(field, numberOf(rule, said)) !== null);
}

/** A count with everything that belongs to it. */
function wholeCount(field: NumberedField, said: Said): number | null {
  const rule = numberRule(field, said);
  if (rule === undefined) return null;
  const value = bounded(field, numberOf(rule, said)) ?? 0;
  const parts = (field.contains ?? []).reduce((sum, part) => sum + (numberField(by[part], said) ?? 0), 0);
  return rule.source.excludes !== undefined || parts > value ? value + parts : value;
}

function bounded(field: Field, value: number): number | null {
  // False for NaN too.
  if (!isNumeric(field.type) || !(value >= 0 && value <= maximum[field.type])) return null;
  // Without the sign of -0.
  return Math.abs(field.type === 'tokens' ? Math.floor(value) : value);
}

/** What ClickHouse's `toFloat64OrNull` reads, or NaN. `Number` alone reads '', ' 1 ' and '0x1'. */
function toNumber(text: string): number {
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
}

function plainOperation({ attributes }: ItemTexts): OperationKind {
  return plainOperations.find(({ name }) => attributes.has(name))?.operation ?? 'other';
}

import type { OperationKind } from '../api/traces.ts';
import { sumOfParts } from './cost-parts.ts';
import { normalProvider, sourceText, type TextScope } from './derive-source.ts';
import { firstTokenMs, type SpanTimes } from './first-token.ts';
import { countFields, type FieldName, fields } from './fields.ts';
import { plainOperations } from './operation-table.ts';
import { fieldNumber, type Rule, rulesOfAttributes, rulesOfResource } from './rules.ts';
import { type Field, isNumeric, maximum, type Source, textLengthMax, type TokenColumn } from './source.ts';

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
  const said = whatIsSaid(textsOf(input));
  return {
    operation: operationOf(said),
    tool_name: textField('tool_name', said),
    tool_call_id: textField('tool_call_id', said),
  };
}

/** Of the normal fields the kind of work. */
export const deriveOperation = (input: DeriveInput): OperationKind => operationOf(whatIsSaid(textsOf(input)));

/** Reads the normal fields of one span or log record. Gives what `compileSql` gives in the engine. */
export const derive = (input: DeriveInput): DerivedFields => deriveFrom(textsOf(input));

/** `derive` over texts. */
export function deriveFrom(item: ItemTexts): DerivedFields {
  const said = whatIsSaid(item);
  const text = (name: FieldName) => textField(name, said);
  const number = (name: FieldName) => numberField(name, said).value;
  const request_model = text('request_model');
  const response_model = text('response_model');
  return {
    operation: operationOf(said),
    provider: text('provider'),
    request_model,
    response_model,
    model: response_model || request_model,
    response_id: text('response_id'),
    service_tier: text('service_tier'),
    input_tokens: wholeCount('input_tokens', said),
    output_tokens: wholeCount('output_tokens', said),
    cache_read_tokens: number('cache_read_tokens'),
    cache_write_tokens: number('cache_write_tokens'),
    reasoning_tokens: number('reasoning_tokens'),
    cache_write_1h_tokens: number('cache_write_1h_tokens'),
    input_audio_tokens: number('input_audio_tokens'),
    output_audio_tokens: number('output_audio_tokens'),
    cost_usd: number('cost_usd') ?? costOfParts(said) ?? (isUncountable(said) ? Number.NaN : null),
    session_id: text('session_id'),
    user_id: text('user_id'),
    correlation_id: text('correlation_id'),
    agent_name: text('agent_name'),
    tool_name: text('tool_name'),
    tool_call_id: text('tool_call_id'),
    ttft_ms:
      number('ttft_ms') ??
      (item.times === undefined ? null : firstTokenMs(text('first_token_time'), item.times)),
  };
}

/** An item with the rules that may find something in it, by the number of their field and in their order. */
interface Said {
  readonly item: ItemTexts;
  readonly scope: TextScope;
  readonly rules: readonly (readonly Rule[] | undefined)[];
}

function whatIsSaid(item: ItemTexts): Said {
  const rules: Rule[][] = [];
  const { attributes, resource, name } = item;
  for (const key of attributes.keys()) addRules(rules, rulesOfAttributes.get(key));
  for (const key of resource.keys()) addRules(rules, rulesOfResource.get(key));
  const scope = {
    attribute: (key: string) => attributes.get(key) ?? '',
    resource: (key: string) => resource.get(key) ?? '',
    name,
  };
  return { item, scope, rules };
}

function addRules(byField: Rule[][], added: readonly Rule[] | undefined): void {
  if (added === undefined) return;
  for (const rule of added) {
    const rules = (byField[rule.field] ??= []);
    let place = rules.length;
    while (place > 0 && (rules[place - 1] as Rule).rank > rule.rank) place -= 1;
    rules.splice(place, 0, rule);
  }
}

const none: readonly Rule[] = [];

const rulesOf = (name: FieldName, said: Said): readonly Rule[] => said.rules[fieldNumbers[name]] ?? none;

const fieldNumbers = Object.fromEntries(
  Object.keys(fields).map((name) => [name, fieldNumber(name as FieldName)]),
) as Readonly<Record<FieldName, number>>;

function textsOf({ name, attributes, resource = {}, times }: DeriveInput): ItemTexts {
  const texts = (values: Readonly<Record<string, unknown>>) =>
    new Map(
      Object.entries(values)
        .filter(([, value]) => value !== undefined)
        .map(([key, value]) => [key, attributeText(value)]),
    );
  return { name, attributes: texts(attributes), resource: texts(resource), times };
}

function operationOf(said: Said): OperationKind {
  return (textField('operation', said) || plainOperation(said.item)) as OperationKind;
}

/** An attribute's value as the engine keeps it: numbers and truth values as text, lists and maps as JSON, '' for none. */
export function attributeText(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value === undefined || value === null) return '';
  return typeof value === 'object' ? JSON.stringify(value) : (value as number | bigint | boolean).toString();
}

function textField(name: FieldName, said: Said): string {
  for (const { source } of rulesOf(name, said)) {
    const text = sourceText(source, said.scope, false);
    if (text === '') continue;
    const cut = text.length > textLengthMax ? Array.from(text).slice(0, textLengthMax).join('') : text;
    return fields[name].type === 'provider' ? normalProvider(cut) : cut;
  }
  return '';
}

function costOfParts(said: Said): number | null {
  const [text] = rulesOf('cost_parts', said)
    .map(({ source }) => sourceText(source, said.scope, false))
    .filter((each) => each !== '');
  return text === undefined ? null : sumOfParts(text);
}

/** Tokens were reported, as a number that cannot be one of them. */
function isUncountable(said: Said): boolean {
  return countFields.some((name) => {
    if (numberField(name, said).value !== null) return false;
    const first = rulesOf(name, said).find(({ source }) => sourceText(source, said.scope, true) !== '');
    return first !== undefined && Number.isFinite(numberOf(first.source, said));
  });
}

interface Counted {
  readonly value: number | null;
  readonly source?: Source;
}

const numberOf = (source: Source, said: Said): number =>
  toNumber(sourceText(source, said.scope, true)) * (source.scale ?? 1);

function numberField(name: FieldName, said: Said): Counted {
  for (const { source } of rulesOf(name, said)) {
    const value = bounded(fields[name], numberOf(source, said));
    if (value !== null) return { value, source };
  }
  return { value: null };
}

/** A count with everything that belongs to it. */
function wholeCount(name: TokenColumn, said: Said): number | null {
  const { value, source } = numberField(name, said);
  if (value === null) return null;
  const field: Field = fields[name];
  const parts = (field.contains ?? []).reduce((sum, part) => sum + (numberField(part, said).value ?? 0), 0);
  return source?.excludes !== undefined || parts > value ? value + parts : value;
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

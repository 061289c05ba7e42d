import type { OperationKind } from '../api/traces.ts';
import { sumOfParts } from './cost-parts.ts';
import { normalProvider } from './derive-source.ts';
import { firstTokenMs, type SpanTimes } from './first-token.ts';
import { countFields } from './fields.ts';
import { plainOperations } from './operation-table.ts';
import {
  attributesRead,
  numberedFields as by,
  type NumberedField,
  plainOperationsOf,
  resourceAttributesRead,
  type Rule,
} from './rules.ts';
import { type Item, Said, textOf } from './said.ts';
import { type Field, isNumeric, maximum, type Source, textLengthMax } from './source.ts';

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

/** Of the normal fields those that say which tool was called, if any was. */
export function deriveTool(
  input: DeriveInput,
): Pick<DerivedFields, 'operation' | 'tool_name' | 'tool_call_id'> {
  const said = reused.read(itemOf(input));
  return {
    operation: operationOf(said),
    tool_name: textField(by.tool_name, said),
    tool_call_id: textField(by.tool_call_id, said),
  };
}

/** Of the normal fields the kind of work. */
export const deriveOperation = (input: DeriveInput): OperationKind => operationOf(reused.read(itemOf(input)));

/** Reads the normal fields of one span or log record. Gives what `compileSql` gives in the engine. */
export const derive = (input: DeriveInput): DerivedFields => deriveFrom(itemOf(input));

/** `derive` over texts. */
export function deriveFrom(item: Item): DerivedFields {
  const said = reused.read(item);
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

/** One for all: items are many, and read one after the other. */
const reused = new Said();

function itemOf({ name, attributes, resource = {}, times }: DeriveInput): Item {
  return {
    name,
    attribute: (key) => attributeText(attributes[key]),
    attributeAt: (place) => attributeText(attributes[attributesRead[place] ?? '']),
    resource: (key) => attributeText(resource[key]),
    said: placesOf(attributesRead, attributes),
    saidOfResource: placesOf(resourceAttributesRead, resource),
    times,
  };
}

const placesOf = (read: readonly string[], values: Readonly<Record<string, unknown>>): number[] =>
  read.flatMap((name, place) => (Object.hasOwn(values, name) && values[name] !== undefined ? [place] : []));

/** An attribute's value as the engine keeps it: numbers and truth values as text, lists and maps as JSON, '' for none. */
export function attributeText(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value === undefined || value === null) return '';
  return typeof value === 'object' ? JSON.stringify(value) : (value as number | bigint | boolean).toString();
}

function operationOf(said: Said): OperationKind {
  return (textField(by.operation, said) || plainOperation(said.item)) as OperationKind;
}

function textField(field: NumberedField, { item, rules, starts }: Said): string {
  const end = starts[field.number + 1] as number;
  for (let at = starts[field.number] as number; at < end; at += 1) {
    const text = textOf(rules[at] as Rule, item, false);
    if (text === '') continue;
    const cut = text.length > textLengthMax ? Array.from(text).slice(0, textLengthMax).join('') : text;
    return field.type === 'provider' ? normalProvider(cut) : cut;
  }
  return '';
}

function costOf(said: Said): number | null {
  const cost = numberField(by.cost_usd, said) ?? (said.has(by.cost_parts) ? costOfParts(said) : null);
  return cost === null && countFields.some((name) => isUncountable(by[name], said)) ? Number.NaN : cost;
}

function costOfParts(said: Said): number | null {
  const [text] = said
    .rulesOf(by.cost_parts)
    .map((rule) => textOf(rule, said.item, false))
    .filter((each) => each !== '');
  return text === undefined ? null : sumOfParts(text);
}

/** Tokens were reported, as a number that cannot be one of them. */
function isUncountable(field: NumberedField, said: Said): boolean {
  if (!said.has(field) || numberField(field, said) !== null) return false;
  const rule = said.rulesOf(field).find((each) => textOf(each, said.item, true) !== '');
  return rule !== undefined && Number.isFinite(numberOf(rule, said.item));
}

function firstTokenOf(said: Said): number | null {
  const told = numberField(by.ttft_ms, said);
  const { times } = said.item;
  if (told !== null || times === undefined) return told;
  return firstTokenMs(textField(by.first_token_time, said), times);
}

const numberOf = (rule: Rule, item: Item): number =>
  toNumber(textOf(rule, item, true)) * (rule.source.scale ?? 1);

const numberField = (field: NumberedField, said: Said): number | null => countedBy(field, said).value;

interface Counted {
  readonly value: number | null;
  readonly source?: Source;
}

const uncounted: Counted = { value: null };

/** The first number that can be one of the field. */
function countedBy(field: NumberedField, { item, rules, starts }: Said): Counted {
  const end = starts[field.number + 1] as number;
  for (let at = starts[field.number] as number; at < end; at += 1) {
    const rule = rules[at] as Rule;
    const value = bounded(field, numberOf(rule, item));
    if (value !== null) return { value, source: rule.source };
  }
  return uncounted;
}

/** A count with everything that belongs to it. */
function wholeCount(field: NumberedField, said: Said): number | null {
  const { value, source } = countedBy(field, said);
  if (value === null) return null;
  const parts = (field.contains ?? []).reduce((sum, part) => sum + (numberField(by[part], said) ?? 0), 0);
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
  if (isShortCount(text)) return Number(text);
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
}

/** Most are, and a loop is faster than the expression. */
function isShortCount(text: string): boolean {
  if (text === '' || text.length > 12) return false;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code < 0x30 || code > 0x39) return false;
  }
  return true;
}

function plainOperation({ said }: Item): OperationKind {
  let first = plainOperations.length;
  for (const place of said) first = Math.min(first, plainOperationsOf[place] ?? first);
  return plainOperations[first]?.operation ?? 'other';
}

import type { OperationKind } from '../api/traces.ts';
import { sumOfParts } from './cost-parts.ts';
import { normalProvider, sourceText, type TextScope } from './derive-source.ts';
import { firstTokenMs, type SpanTimes } from './first-token.ts';
import { countFields, type FieldName } from './fields.ts';
import {
  attributesRead,
  namesRead,
  numberedFields as by,
  type NumberedField,
  resourceAttributesRead,
  type Rule,
} from './rules.ts';
import { namePlace, noAttributes, resourcePlace, type Shape } from './shape.ts';
import { type Field, isNumeric, maximum, type Source, textLengthMax } from './source.ts';

/** A span or log record as the engine keeps it: of each attribute the text, '' for none. */
export interface Item extends TextScope {
  /** Of the attribute at this place in `attributesRead`. */
  readonly attributeAt: (place: number) => string;
  readonly shape: Shape;
  readonly times?: SpanTimes | undefined;
}

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
  const item = itemOf(input);
  return {
    operation: deriveField('operation', item),
    tool_name: deriveField('tool_name', item),
    tool_call_id: deriveField('tool_call_id', item),
  };
}

/** Of the normal fields the kind of work. */
export const deriveOperation = (input: DeriveInput): OperationKind => deriveField('operation', itemOf(input));

/** Reads the normal fields of one span or log record. */
export function derive(input: DeriveInput): DerivedFields {
  const item = itemOf(input);
  const entries = Object.entries(readers).map(([name, read]) => [name, read(item)]);
  return Object.fromEntries(entries) as DerivedFields;
}

/** One of the normal fields, over texts. */
export const deriveField = <Name extends keyof DerivedFields>(name: Name, item: Item): DerivedFields[Name] =>
  readers[name](item);

const text = (name: FieldName) => (item: Item) => textField(by[name], item);
const count = (name: FieldName) => (item: Item) => numberField(by[name], item);
const wholeCount = (name: FieldName) => (item: Item) => wholeCountOf(by[name], item);
const model = { request: text('request_model'), response: text('response_model') };

/** What they ask the rules of is listed in `shape.ts`. */
const readers: { readonly [Name in keyof DerivedFields]: (item: Item) => DerivedFields[Name] } = {
  operation: (item) => (textField(by.operation, item) as OperationKind | '') || item.shape.plainOperation,
  provider: text('provider'),
  request_model: model.request,
  response_model: model.response,
  model: (item) => model.response(item) || model.request(item),
  response_id: text('response_id'),
  service_tier: text('service_tier'),
  input_tokens: wholeCount('input_tokens'),
  output_tokens: wholeCount('output_tokens'),
  cache_read_tokens: count('cache_read_tokens'),
  cache_write_tokens: count('cache_write_tokens'),
  reasoning_tokens: count('reasoning_tokens'),
  cache_write_1h_tokens: count('cache_write_1h_tokens'),
  input_audio_tokens: count('input_audio_tokens'),
  output_audio_tokens: count('output_audio_tokens'),
  cost_usd: costOf,
  session_id: text('session_id'),
  user_id: text('user_id'),
  correlation_id: text('correlation_id'),
  agent_name: text('agent_name'),
  tool_name: text('tool_name'),
  tool_call_id: text('tool_call_id'),
  ttft_ms: firstTokenOf,
};

/** A span or log record in the form that the rules read. Values may be decoded ones or texts from the store. */
export function itemOf({ name, attributes, resource = {}, times }: DeriveInput): Item {
  const places = [
    ...placesOf(resourceAttributesRead, resource).map((place) => resourcePlace + place),
    ...placesOf(attributesRead, attributes),
    ...placesOf(namesRead, { [name]: true }).map((place) => namePlace + place),
  ];
  return {
    name,
    attribute: (key) => attributeText(attributes[key]),
    attributeAt: (place) => attributeText(attributes[attributesRead[place] ?? '']),
    resource: (key) => attributeText(resource[key]),
    shape: places.reduce((node, place) => node.with(place), noAttributes()).shape,
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

const textOf = ({ plain, source }: Rule, item: Item, isNumber: boolean): string =>
  plain >= 0 ? item.attributeAt(plain) : sourceText(source, item, isNumber);

function textField(field: NumberedField, item: Item): string {
  const { rules, starts } = item.shape;
  const end = starts[field.number + 1] as number;
  for (let at = starts[field.number] as number; at < end; at += 1) {
    const found = textOf(rules[at] as Rule, item, false);
    if (found === '') continue;
    const cut = found.length > textLengthMax ? Array.from(found).slice(0, textLengthMax).join('') : found;
    return field.type === 'provider' ? normalProvider(cut) : cut;
  }
  return '';
}

function costOf(item: Item): number | null {
  const cost = numberField(by.cost_usd, item) ?? costOfParts(item);
  return cost === null && countFields.some((name) => isUncountable(by[name], item)) ? Number.NaN : cost;
}

function costOfParts(item: Item): number | null {
  const texts = item.shape.rulesOf(by.cost_parts).map((rule) => textOf(rule, item, false));
  const parts = texts.find((each) => each !== '');
  return parts === undefined ? null : sumOfParts(parts);
}

/** Tokens were reported, as a number that cannot be one of them. */
function isUncountable(field: NumberedField, item: Item): boolean {
  if (!item.shape.has(field) || numberField(field, item) !== null) return false;
  const rule = item.shape.rulesOf(field).find((each) => textOf(each, item, true) !== '');
  return rule !== undefined && Number.isFinite(numberOf(rule, item));
}

function firstTokenOf(item: Item): number | null {
  const reported = numberField(by.ttft_ms, item);
  if (reported !== null || item.times === undefined) return reported;
  return firstTokenMs(textField(by.first_token_time, item), item.times);
}

const numberOf = (rule: Rule, item: Item): number =>
  toNumber(textOf(rule, item, true)) * (rule.source.scale ?? 1);

const numberField = (field: NumberedField, item: Item): number | null => countedBy(field, item).value;

interface Counted {
  readonly value: number | null;
  readonly source?: Source;
}

const uncounted: Counted = { value: null };

/** The first number that can be one of the field. */
function countedBy(field: NumberedField, item: Item): Counted {
  const { rules, starts } = item.shape;
  const end = starts[field.number + 1] as number;
  for (let at = starts[field.number] as number; at < end; at += 1) {
    const rule = rules[at] as Rule;
    const value = bounded(field, numberOf(rule, item));
    if (value !== null) return { value, source: rule.source };
  }
  return uncounted;
}

/** A count with everything that belongs to it. */
function wholeCountOf(field: NumberedField, item: Item): number | null {
  const { value, source } = countedBy(field, item);
  if (value === null) return null;
  const parts = (field.contains ?? []).reduce((sum, part) => sum + (numberField(by[part], item) ?? 0), 0);
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
  return /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
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

import type { OperationKind } from '../api/traces.ts';
import { sumOfParts } from './cost-parts.ts';
import { normalProvider, sourceText, type TextScope } from './derive-source.ts';
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
  rulesOfAttributes,
  rulesOfResource,
} from './rules.ts';
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

/** The same as the engine keeps it, of each attribute the text. */
export interface Item extends TextScope {
  /** What it says anything of: places in `attributesRead`, each once. */
  readonly said: readonly number[];
  /** Places in `resourceAttributesRead`. */
  readonly saidOfResource: readonly number[];
  readonly times?: SpanTimes | undefined;
}

/** Of the normal fields those that say which tool was called, if any was. */
export function deriveTool(
  input: DeriveInput,
): Pick<DerivedFields, 'operation' | 'tool_name' | 'tool_call_id'> {
  said.read(itemOf(input));
  return {
    operation: operationOf(said),
    tool_name: textField(by.tool_name, said),
    tool_call_id: textField(by.tool_call_id, said),
  };
}

/** Of the normal fields the kind of work. */
export const deriveOperation = (input: DeriveInput): OperationKind => operationOf(said.read(itemOf(input)));

/** Reads the normal fields of one span or log record. Gives what `compileSql` gives in the engine. */
export const derive = (input: DeriveInput): DerivedFields => deriveFrom(itemOf(input));

/** `derive` over texts. */
export function deriveFrom(item: Item): DerivedFields {
  said.read(item);
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

const fieldCount = Object.keys(by).length;
const none: readonly Rule[] = [];
const silent: Item = { name: '', attribute: () => '', resource: () => '', said: [], saidOfResource: [] };

/** An item with the rules that may find something in it, in their order. */
class Said {
  item: Item = silent;
  readonly rules: Rule[] = [];
  /** By field where its rules begin, and after the last where they end. */
  readonly starts = new Int16Array(fieldCount + 1);

  read(item: Item): this {
    this.item = item;
    this.rules.length = 0;
    for (const place of item.said) this.#add(rulesOfAttributes[place] ?? none);
    for (const place of item.saidOfResource) this.#add(rulesOfResource[place] ?? none);
    let at = 0;
    for (let field = 0; field <= fieldCount; field += 1) {
      while (at < this.rules.length && (this.rules[at] as Rule).field < field) at += 1;
      this.starts[field] = at;
    }
    return this;
  }

  rulesOf({ number }: NumberedField): readonly Rule[] {
    return this.rules.slice(this.starts[number], this.starts[number + 1]);
  }

  #add(added: readonly Rule[]): void {
    const { rules } = this;
    for (const rule of added) {
      let at = rules.push(rule) - 1;
      for (; at > 0 && (rules[at - 1] as Rule).place > rule.place; at -= 1) rules[at] = rules[at - 1] as Rule;
      rules[at] = rule;
    }
  }
}

/** One for all: items are many, and read one after the other. */
const said = new Said();

function itemOf({ name, attributes, resource = {}, times }: DeriveInput): Item {
  return {
    name,
    attribute: (key) => attributeText(attributes[key]),
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

const textOf = ({ isPlain, source }: Rule, item: Item, isNumber: boolean): string =>
  isPlain ? item.attribute(source.name) : sourceText(source, item, isNumber);

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
  const cost = numberField(by.cost_usd, said) ?? costOfParts(said);
  return cost === null && countFields.some((name) => isUncountable(by[name], said)) ? Number.NaN : cost;
}

function costOfParts({ item }: Said): number | null {
  const [text] = said
    .rulesOf(by.cost_parts)
    .map((rule) => textOf(rule, item, false))
    .filter(Boolean);
  return text === undefined ? null : sumOfParts(text);
}

/** Tokens were reported, as a number that cannot be one of them. */
function isUncountable(field: NumberedField, { item }: Said): boolean {
  if (numberField(field, said) !== null) return false;
  const rule = said.rulesOf(field).find((each) => textOf(each, item, true) !== '');
  return rule !== undefined && Number.isFinite(numberOf(rule, item));
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
  const places = said.map((place) => plainOperationsOf[place] ?? -1).filter((place) => place >= 0);
  return plainOperations[Math.min(...places)]?.operation ?? 'other';
}

import type { OperationKind } from '../api/traces.ts';
import { sumOfParts } from './cost-parts.ts';
import { normalProvider, sourceText, type TextScope } from './derive-source.ts';
import { firstTokenMs, type SpanTimes } from './first-token.ts';
import { countFields, type FieldName, fields } from './fields.ts';
import { plainOperations } from './operation-table.ts';
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

/** Of the normal fields those that say which tool was called, if any was. */
export function deriveTool(
  input: DeriveInput,
): Pick<DerivedFields, 'operation' | 'tool_name' | 'tool_call_id'> {
  const scope = scopeOf(input);
  return {
    operation: operationOf(input, scope),
    tool_name: textField(fields.tool_name, scope),
    tool_call_id: textField(fields.tool_call_id, scope),
  };
}

/** Of the normal fields the kind of work. */
export const deriveOperation = (input: DeriveInput): OperationKind => operationOf(input, scopeOf(input));

/** Reads the normal fields of one span or log record. Gives what `compileSql` gives in the engine. */
export function derive(input: DeriveInput): DerivedFields {
  const scope = scopeOf(input);
  const text = (name: FieldName) => textField(fields[name], scope);
  const number = (name: FieldName) => numberField(fields[name], scope).value;
  const request_model = text('request_model');
  const response_model = text('response_model');
  return {
    ...deriveTool(input),
    provider: text('provider'),
    request_model,
    response_model,
    model: response_model || request_model,
    response_id: text('response_id'),
    service_tier: text('service_tier'),
    input_tokens: wholeCount('input_tokens', scope),
    output_tokens: wholeCount('output_tokens', scope),
    cache_read_tokens: number('cache_read_tokens'),
    cache_write_tokens: number('cache_write_tokens'),
    reasoning_tokens: number('reasoning_tokens'),
    cache_write_1h_tokens: number('cache_write_1h_tokens'),
    input_audio_tokens: number('input_audio_tokens'),
    output_audio_tokens: number('output_audio_tokens'),
    cost_usd: number('cost_usd') ?? costOfParts(scope) ?? (isUncountable(scope) ? Number.NaN : null),
    session_id: text('session_id'),
    user_id: text('user_id'),
    correlation_id: text('correlation_id'),
    agent_name: text('agent_name'),
    ttft_ms:
      number('ttft_ms') ??
      (input.times === undefined ? null : firstTokenMs(text('first_token_time'), input.times)),
  };
}

function scopeOf(input: DeriveInput): TextScope {
  return {
    attribute: (name) => attributeText(input.attributes[name]),
    resource: (name) => attributeText(input.resource?.[name]),
    name: input.name,
  };
}

function operationOf(input: DeriveInput, scope: TextScope): OperationKind {
  return (textField(fields.operation, scope) || plainOperation(input)) as OperationKind;
}

/** An attribute's value as the engine keeps it: numbers and truth values as text, lists and maps as JSON, '' for none. */
export function attributeText(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value === undefined || value === null) return '';
  return typeof value === 'object' ? JSON.stringify(value) : (value as number | bigint | boolean).toString();
}

function textField(field: Field, scope: TextScope): string {
  for (const source of field.sources) {
    const text = sourceText(source, scope, false);
    if (text === '') continue;
    const cut = text.length > textLengthMax ? Array.from(text).slice(0, textLengthMax).join('') : text;
    return field.type === 'provider' ? normalProvider(cut) : cut;
  }
  return '';
}

function costOfParts(scope: TextScope): number | null {
  const [text] = fields.cost_parts.sources
    .map((source) => sourceText(source, scope, false))
    .filter((each) => each !== '');
  return text === undefined ? null : sumOfParts(text);
}

/** Tokens were reported, as a number that cannot be one of them. */
function isUncountable(scope: TextScope): boolean {
  return countFields.some((name) => {
    const field: Field = fields[name];
    if (numberField(field, scope).value !== null) return false;
    const said = field.sources.map(
      (source) => toNumber(sourceText(source, scope, true)) * (source.scale ?? 1),
    );
    const texts = field.sources.map((source) => sourceText(source, scope, true));
    return Number.isFinite(said[texts.findIndex((text) => text !== '')]);
  });
}

interface Counted {
  readonly value: number | null;
  readonly source?: Source;
}

function numberField(field: Field, scope: TextScope): Counted {
  for (const source of field.sources) {
    const value = bounded(field, toNumber(sourceText(source, scope, true)) * (source.scale ?? 1));
    if (value !== null) return { value, source };
  }
  return { value: null };
}

/** A count with everything that belongs to it. */
function wholeCount(name: TokenColumn, scope: TextScope): number | null {
  const field: Field = fields[name];
  const { value, source } = numberField(field, scope);
  if (value === null) return null;
  const parts = (field.contains ?? []).reduce(
    (sum, part) => sum + (numberField(fields[part], scope).value ?? 0),
    0,
  );
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

function plainOperation({ attributes }: DeriveInput): OperationKind {
  return plainOperations.find(({ name }) => attributes[name] !== undefined)?.operation ?? 'other';
}

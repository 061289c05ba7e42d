/** What a step was asked or gave back, made editable; and what was changed, as a replay takes it. */
import type { Span } from '@sightline/schema/api';

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = Readonly<Record<string, Json>>;
export type JsonPath = readonly (string | number)[];

const exchangesMax = 64;

/** The body of the call's request as it was sent; undefined where it was not recorded. */
export function recordedRequest(span: Pick<Span, 'attributes'>): JsonObject | undefined {
  return recordedBodies(span)[0];
}

/**
 * The body of a call that is recorded on a span near it: frameworks such as LangChain report a call by callbacks, and send its request while the span around it is current.
 * It is the first that asks just what the call asked.
 */
export function requestNear(
  call: Pick<Span, 'attributes' | 'requestModel'>,
  near: readonly Pick<Span, 'attributes'>[],
): JsonObject | undefined {
  const asked = textsOfMessages(call);
  if (asked.length === 0) return undefined;
  return near
    .flatMap((span) => recordedBodies(span))
    .find((body) => {
      const { model } = body;
      if (typeof model === 'string' && call.requestModel !== null && model !== call.requestModel)
        return false;
      const texts = distinct(promptTexts(body).map(({ text }) => text));
      return texts.length === asked.length && texts.every((text, at) => text === asked[at]);
    });
}

function recordedBodies({ attributes }: Pick<Span, 'attributes'>): readonly JsonObject[] {
  const bodies: JsonObject[] = [];
  for (let at = 0; at < exchangesMax; at++) {
    const text = attributes[`sightline.exchange.${at}`];
    if (typeof text !== 'string') break;
    const exchange = readJson(text);
    const request = isObject(exchange) ? exchange['request'] : undefined;
    const body = typeof request === 'string' ? readJson(request) : undefined;
    if (isObject(body)) bodies.push(body);
  }
  return bodies;
}

/** The texts of what the call was asked, each once, in order of their letters. */
function textsOfMessages({ attributes }: Pick<Span, 'attributes'>): readonly string[] {
  const texts: string[] = [];
  const collect = (value: unknown): void => {
    if (Array.isArray(value)) for (const each of value) collect(each);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return;
    const { parts, content, response, result } = value as Readonly<Record<string, unknown>>;
    for (const text of [content, response, result]) if (typeof text === 'string') texts.push(text);
    collect(parts);
    collect(content);
  };
  for (const name of ['gen_ai.system_instructions', 'gen_ai.input.messages']) {
    const value = attributes[name];
    collect(typeof value === 'string' ? readJson(value) : value);
  }
  return distinct(texts);
}

const distinct = (texts: readonly string[]): readonly string[] =>
  [...new Set(texts.filter((text) => text !== ''))].toSorted();

/** Where the request was not recorded: what the span says of it, under the names that most providers share. */
export function requestOfSpan({
  attributes,
  requestModel,
}: Pick<Span, 'attributes' | 'requestModel'>): JsonObject {
  const number = (name: string, key: string) =>
    typeof attributes[name] === 'number' ? { [key]: attributes[name] } : {};
  return {
    ...(requestModel === null ? {} : { model: requestModel }),
    ...number('gen_ai.request.temperature', 'temperature'),
    ...number('gen_ai.request.max_tokens', 'max_tokens'),
    ...number('gen_ai.request.top_p', 'top_p'),
  };
}

/** What a tool or a search gave back; undefined where nothing was recorded. */
export function recordedResult({ attributes }: Pick<Span, 'attributes'>): string | undefined {
  const text =
    attributes['sightline.result'] ??
    attributes['gen_ai.tool.call.result'] ??
    attributes['gen_ai.retrieval.documents'];
  if (text === undefined) return undefined;
  if (typeof text !== 'string') return JSON.stringify(text, undefined, 2);
  const value = attributes['sightline.result.kind'] === 'text' ? undefined : readJson(text);
  return value === undefined ? text : JSON.stringify(value, undefined, 2);
}

export interface TextPlace {
  readonly path: JsonPath;
  readonly label: string;
  readonly text: string;
}

const messageLists = ['messages', 'input', 'contents'];
const textsMax = 100;

/** The texts of prompts and messages: of OpenAI, Anthropic and Gemini. */
export function promptTexts(body: JsonObject): readonly TextPlace[] {
  const places: TextPlace[] = [];
  const add = (path: JsonPath, label: string, value: Json | undefined): void => {
    if (typeof value === 'string') places.push({ path, label, text: value });
    else if (Array.isArray(value))
      value.forEach((part: Json, at) => {
        if (isObject(part)) add([...path, at, 'text'], label, part['text']);
      });
  };
  add(['system'], 'System', body['system']);
  add(['instructions'], 'Instructions', body['instructions']);
  const { systemInstruction } = body;
  if (isObject(systemInstruction)) add(['systemInstruction', 'parts'], 'System', systemInstruction['parts']);
  add(['prompt'], 'Prompt', body['prompt']);
  for (const name of messageLists) {
    const list = body[name];
    if (typeof list === 'string') add([name], 'Input', list);
    if (!Array.isArray(list)) continue;
    list.forEach((message: Json, at) => {
      if (!isObject(message)) return;
      const role = typeof message['role'] === 'string' ? message['role'] : 'message';
      const label = `${role.charAt(0).toUpperCase()}${role.slice(1)}, message ${at + 1}`;
      add([name, at, 'content'], label, message['content']);
      add([name, at, 'parts'], label, message['parts']);
    });
  }
  return places.slice(0, textsMax);
}

export interface Parameter {
  readonly name: string;
  /** Empty where the request has none. */
  readonly text: string;
}

const offered = ['model', 'temperature'];
const parametersMax = 16;

/** Single values of the request: the model, the temperature and the like. */
export function parametersOf(body: JsonObject): readonly Parameter[] {
  const texts = new Set(promptTexts(body).map(({ path }) => path[0]));
  const isListed = (name: string) =>
    !texts.has(name) && ['string', 'number', 'boolean'].includes(typeof body[name]);
  const more = Object.keys(body).filter((name) => !offered.includes(name) && isListed(name));
  // Gemini has its model in the address, and its temperature deeper.
  const first = body['contents'] === undefined ? offered : [];
  return [...first, ...more]
    .slice(0, parametersMax)
    .map((name) => ({ name, text: parameterText(body[name]) }));
}

/** A number stays one where it can; nothing takes the parameter away. */
export function withParameter(body: JsonObject, name: string, text: string): JsonObject {
  const { [name]: before, ...rest } = body;
  if (text === '') return rest;
  const isText = typeof before === 'string' || name === 'model';
  const value = isText ? undefined : readJson(text);
  return { ...body, [name]: value === undefined ? text : value };
}

export function withValue(body: JsonObject, [key, ...rest]: JsonPath, value: Json): JsonObject {
  return put(body, key === undefined ? [] : [key, ...rest], value) as JsonObject;
}

function put(target: Json | undefined, [key, ...rest]: JsonPath, value: Json): Json {
  if (key === undefined) return value;
  if (Array.isArray(target))
    return target.map((item: Json, at) => (at === key ? put(item, rest, value) : item));
  const record = isObject(target) ? target : {};
  return { ...record, [key]: put(record[key], rest, value) };
}

/** By dotted path; what is gone is null. Lists of another length are given whole. */
export function changesOf(before: JsonObject, after: JsonObject): Readonly<Record<string, Json>> {
  const changes: Record<string, Json> = {};
  const compare = (path: readonly string[], old: Json | undefined, now: Json | undefined): void => {
    if (JSON.stringify(old) === JSON.stringify(now)) return;
    const keys = alike(old, now);
    if (path.length > 0 && (keys === undefined || keys.some((key) => key.includes('.'))))
      changes[path.join('.')] = now ?? null;
    else for (const key of keys ?? []) compare([...path, key], memberOf(old, key), memberOf(now, key));
  };
  compare([], before, after);
  return changes;
}

/** The keys of both, where one can be made of the other key by key. */
function alike(old: Json | undefined, now: Json | undefined): readonly string[] | undefined {
  if (Array.isArray(old) && Array.isArray(now))
    return old.length === now.length ? Object.keys(old) : undefined;
  if (isObject(old) && isObject(now)) return [...new Set([...Object.keys(old), ...Object.keys(now)])];
  return undefined;
}

function memberOf(value: Json | undefined, key: string): Json | undefined {
  return (value as Readonly<Record<string, Json>> | undefined)?.[key];
}

export interface WhatIf {
  readonly spanId: string;
  readonly set?: Readonly<Record<string, Json>>;
  readonly result?: Json;
  readonly later: 'live' | 'recorded';
}

/** The same on the user's own machine. */
export function whatIfCommand(traceId: string, { spanId, set, result, later }: WhatIf): string {
  const quoted = (value: Json) => `'${JSON.stringify(value).replaceAll("'", String.raw`'\''`)}'`;
  return [
    `sightline replay ${traceId} --offline --from-span ${spanId}`,
    ...(set === undefined || Object.keys(set).length === 0 ? [] : [`--set ${quoted(set)}`]),
    ...(result === undefined ? [] : [`--result ${quoted(result)}`]),
    ...(later === 'live' ? [] : ['--later recorded']),
    '-- node app.js',
  ].join(' ');
}

export function readJson(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function parameterText(value: Json | undefined): string {
  return value === undefined || value === null
    ? ''
    : typeof value === 'string'
      ? value
      : JSON.stringify(value);
}

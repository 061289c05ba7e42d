/** One HTTP request and its answer, as a recording gives it. On a span it is a text: see `writeExchange`. */
export interface Exchange {
  readonly method: string;
  readonly url: string;
  /** Absent when the request has no body, or one that was not kept. */
  readonly request?: string;
  /** Instead of a body that is long or no text. A text counts as `normalised` has it, a multipart body without its boundary. */
  readonly requestDigest?: { readonly bytes: number; readonly sha256: string };
  /** Why nothing of the body is known although one was sent. */
  readonly requestLeftOut?: string;
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Present when `body` holds bytes that are no text. */
  readonly bodyEncoding?: 'base64';
  /** How the body came: bytes and milliseconds since the request, chunk by chunk. */
  readonly chunks?: readonly (readonly [bytes: number, ms: number])[];
  readonly durationMs?: number;
  /** The connection failed, or broke after what `body` holds. */
  readonly error?: { readonly name: string; readonly message: string; readonly code?: string };
  /** Why there is no body although one came. */
  readonly leftOut?: string;
}

export const exchangePrefix = 'sightline.exchange.';
export const exchangesPerSpanMax = 64;

type Asked = Pick<Exchange, 'method' | 'url' | 'request' | 'requestDigest' | 'requestLeftOut'>;

/**
 * The text of an attribute `sightline.exchange.0`, `.1`, …: the request, then all of the answer below one key. The server keeps the answer in one
 * piece and leaves it out of its index over words (schema/otlp/content-texts.ts), since the messages of the span have the same words.
 */
interface ExchangeText extends Asked {
  readonly 'sightline.answer'?: Omit<Exchange, keyof Asked | 'chunks'> & {
    /** Milliseconds from the piece before to each piece of the body, the first from the request. */
    readonly gaps?: readonly number[];
    /** Bytes of each piece; absent where each is one event of the stream. */
    readonly sizes?: readonly number[];
  };
}

export function writeExchange(exchange: Exchange): string {
  const { method, url, request, requestDigest, requestLeftOut, chunks, ...answer } = exchange;
  const sizes = chunks?.map(([bytes]) => bytes) ?? [];
  const text: ExchangeText = {
    method,
    url,
    ...(request === undefined ? {} : { request }),
    ...(requestDigest === undefined ? {} : { requestDigest }),
    ...(requestLeftOut === undefined ? {} : { requestLeftOut }),
    'sightline.answer': {
      ...answer,
      ...(chunks === undefined ? {} : { gaps: chunks.map(([, ms], at) => ms - (chunks[at - 1]?.[1] ?? 0)) }),
      ...(sizes.length === 0 || isEqual(sizes, eventSizes(answer.body ?? '')) ? {} : { sizes }),
    },
  };
  return JSON.stringify(text);
}

function readExchange(text: string): Exchange | undefined {
  const value = parseJson(text);
  if (!isExchangeText(value)) return undefined;
  const { 'sightline.answer': answer = {}, ...asked } = value;
  const { gaps, sizes, ...rest } = answer;
  if (gaps === undefined) return { ...asked, ...rest };
  let ms = 0;
  const chunks = (sizes ?? eventSizes(rest.body ?? '')).map((bytes, at): [number, number] => [
    bytes,
    (ms += gaps[at] ?? 0),
  ]);
  return { ...asked, ...rest, chunks };
}

/** Bytes of each event of a stream, with the blank line that ends it. */
function eventSizes(body: string): number[] {
  return body
    .split(/(?<=\r?\n\r?\n)/)
    .filter((event) => event !== '')
    .map((event) => Buffer.byteLength(event));
}

const isEqual = (some: readonly number[], others: readonly number[]): boolean =>
  some.length === others.length && some.every((one, at) => one === others[at]);

export function readExchanges(attributes: Readonly<Record<string, unknown>>): Exchange[] {
  const exchanges: Exchange[] = [];
  for (let at = 0; at < exchangesPerSpanMax; at++) {
    const text = attributes[`${exchangePrefix}${at}`];
    if (typeof text !== 'string') return exchanges;
    const exchange = readExchange(text);
    if (exchange !== undefined) exchanges.push(exchange);
  }
  return exchanges;
}

function isExchangeText(value: unknown): value is ExchangeText {
  if (typeof value !== 'object' || value === null) return false;
  const { method, url, request, requestDigest, ...rest } = value as Record<string, unknown>;
  return (
    typeof method === 'string' &&
    typeof url === 'string' &&
    URL.canParse(url) &&
    (request === undefined || typeof request === 'string') &&
    (requestDigest === undefined || isDigest(requestDigest)) &&
    isAnswer(rest['sightline.answer'])
  );
}

function isDigest(value: unknown): boolean {
  const { bytes, sha256 } = (value ?? {}) as { readonly bytes?: unknown; readonly sha256?: unknown };
  return typeof bytes === 'number' && typeof sha256 === 'string';
}

function isAnswer(answer: unknown): boolean {
  if (answer === undefined) return true;
  if (typeof answer !== 'object' || answer === null) return false;
  const { gaps, sizes } = answer as { readonly gaps?: unknown; readonly sizes?: unknown };
  return [gaps, sizes].every((list) => list === undefined || isNumbers(list));
}

const isNumbers = (list: unknown): boolean =>
  Array.isArray(list) && list.every((each) => typeof each === 'number');

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const uuid = /\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi;
const dateTime = /\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?/g;

/** What two requests that mean the same have in common: keys in order, no random ids, no times of day. */
export function normalised(text: string): string {
  const value = /^\s*[{[]/.test(text) ? parseJson(text) : undefined;
  const canonical = value === undefined ? text : JSON.stringify(value, sortedKeys);
  return canonical.replace(uuid, '<id>').replace(dateTime, '<time>');
}

function sortedKeys(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

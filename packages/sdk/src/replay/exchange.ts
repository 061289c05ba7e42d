/** One HTTP request and its answer, as they stand on a span (`sightline.exchange.0`, `.1`, …) and in a recording. */
export interface Exchange {
  readonly method: string;
  readonly url: string;
  /** Absent when the request has no body, or one that was not kept. */
  readonly request?: string;
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
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

export function readExchanges(attributes: Readonly<Record<string, unknown>>): Exchange[] {
  const exchanges: Exchange[] = [];
  for (let at = 0; at < exchangesPerSpanMax; at++) {
    const text = attributes[`${exchangePrefix}${at}`];
    if (typeof text !== 'string') return exchanges;
    const exchange = parseJson(text);
    if (isExchange(exchange)) exchanges.push(exchange);
  }
  return exchanges;
}

function isExchange(value: unknown): value is Exchange {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as Partial<Exchange>).method === 'string' &&
    typeof (value as Partial<Exchange>).url === 'string' &&
    URL.canParse((value as Exchange).url)
  );
}

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

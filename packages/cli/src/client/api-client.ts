import { z } from 'zod';
import { errorBody } from '@sightline/schema/api';
import { errorCatalogue, type ErrorCode, SightlineError } from '@sightline/schema/errors';
import { Interrupted } from '../exit-code.ts';

export interface ApiClientOptions {
  readonly url: string;
  readonly apiKey: string | undefined;
  readonly signal: AbortSignal;
}

export type Parameters = Readonly<Record<string, string | number | boolean | undefined>>;

/**
 * Talks to one server. Answers are checked against the API's schemas and returned as they came.
 * All methods throw SightlineError (`server_unreachable`, or what the server answered) and Interrupted.
 */
export interface ApiClient {
  readonly url: string;
  /** Fetches below /api/v1, such as `traces`. */
  get<T extends z.ZodType>(path: string, parameters: Parameters, schema: T): Promise<z.infer<T>>;
  post<T extends z.ZodType>(path: string, body: unknown, schema: T): Promise<z.infer<T>>;
  put<T extends z.ZodType>(path: string, body: unknown, schema: T, ifMatch?: string): Promise<z.infer<T>>;
  /** Any request to the server; only the connection is checked, not the answer's status. */
  fetch(path: string, init?: RequestInit): Promise<Response>;
  /** Throws what a failed answer says. */
  check(response: Response): Promise<void>;
}

const startTimeoutMs = 60_000;

export function createApiClient({ url, apiKey, signal }: ApiClientOptions): ApiClient {
  const base = url.replace(/\/+$/, '');
  const send = async (path: string, init: RequestInit = {}): Promise<Response> => {
    const headers = new Headers(init.headers);
    if (apiKey !== undefined) headers.set('authorization', `Bearer ${apiKey}`);
    // The timeout covers the wait for the first byte; a stream may then last.
    const timeout = new AbortController();
    const timer = setTimeout(() => timeout.abort(), startTimeoutMs);
    try {
      return await fetch(`${base}${path}`, {
        ...init,
        headers,
        signal: AbortSignal.any([signal, timeout.signal, ...(init.signal ? [init.signal] : [])]),
      });
    } catch (error) {
      if (signal.aborted) throw new Interrupted();
      if (init.signal?.aborted === true) throw error;
      throw unreachable(
        base,
        timeout.signal.aborted ? `no answer in ${startTimeoutMs / 1000} s` : reasonOf(error),
      );
    } finally {
      clearTimeout(timer);
    }
  };
  const check = async (response: Response): Promise<void> => {
    if (!response.ok) throw await toError(base, response);
  };
  const read = async <T extends z.ZodType>(response: Response, schema: T): Promise<z.infer<T>> => {
    await check(response);
    const body = await readJson(base, response, signal);
    const parsed = schema.safeParse(body);
    if (!parsed.success)
      throw foreign(base, `its answer is not as the API describes it:\n${z.prettifyError(parsed.error)}`);
    // What came is returned, not what was parsed: a newer server's extra fields are kept for --json.
    return body as z.infer<T>;
  };
  const sendBody = async (method: 'POST' | 'PUT', path: string, body: unknown, ifMatch?: string) =>
    send(`/api/v1/${path}`, {
      method,
      headers: {
        'content-type': 'application/json',
        ...(ifMatch === undefined ? {} : { 'if-match': ifMatch }),
      },
      body: JSON.stringify(body),
    });
  return {
    url: base,
    fetch: send,
    check,
    get: async (path, parameters, schema) =>
      read(await send(`/api/v1/${path}${toQuery(parameters)}`), schema),
    post: async (path, body, schema) => read(await sendBody('POST', path, body), schema),
    put: async (path, body, schema, ifMatch) => read(await sendBody('PUT', path, body, ifMatch), schema),
  };
}

export function toQuery(parameters: Parameters): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters))
    if (value !== undefined) query.set(name, String(value));
  return query.size === 0 ? '' : `?${query.toString()}`;
}

async function readJson(base: string, response: Response, signal: AbortSignal): Promise<unknown> {
  try {
    return await response.json();
  } catch (error) {
    if (signal.aborted) throw new Interrupted();
    if (error instanceof SyntaxError) throw foreign(base, 'it does not answer with JSON');
    throw unreachable(base, `the connection broke: ${reasonOf(error)}`);
  }
}

async function toError(base: string, response: Response): Promise<SightlineError> {
  const text = await response.text().catch(() => '');
  const parsed = errorBody.safeParse(tryJson(text));
  if (!parsed.success) return foreign(base, `it answers ${response.status} ${response.statusText}`.trimEnd());
  const { code, message, hint } = parsed.data.error;
  return new SightlineError(isErrorCode(code) ? code : 'internal', message, { hint });
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorCatalogue, code);
}

function unreachable(base: string, reason: string): SightlineError {
  return new SightlineError('server_unreachable', `Cannot reach a Sightline server at ${base}: ${reason}.`, {
    hint: 'Start one with "sightline start", or name another with --url or SIGHTLINE_URL.',
  });
}

function foreign(base: string, reason: string): SightlineError {
  return new SightlineError(
    'server_unreachable',
    `${base} is not a Sightline server of this version: ${reason}.`,
    {
      hint: 'Name the address of its UI with --url or SIGHTLINE_URL, such as http://127.0.0.1:4300.',
    },
  );
}

/** undici hides the cause: `fetch failed` → `connect ECONNREFUSED 127.0.0.1:4300`. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause: unknown = error.cause;
  if (cause instanceof AggregateError && cause.errors.length > 0) return reasonOf(cause.errors[0]);
  if (cause instanceof Error) return reasonOf(cause);
  return error.message.replace(/\.$/, '');
}

import { connection } from './connection.ts';
import { storedApiKey } from './api-key.ts';

/** The server answered, and refused. `code` is one of docs/errors.md. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  readonly code: string;
  readonly hint: string;

  constructor(status: number, body: { code: string; message: string; hint: string }) {
    super(body.message);
    this.status = status;
    this.code = body.code;
    this.hint = body.hint;
  }
}

/** What the server said about the filter, where that is why it refused. */
export function filterProblemOf(error: Error | null): string | undefined {
  return error instanceof ApiError && error.code === 'bad_filter' ? error.message : undefined;
}

/** No answer came at all: the server is stopped or the network is gone. */
export class UnreachableError extends Error {
  override readonly name = 'UnreachableError';
}

export type Parameters = Readonly<Record<string, string | number | undefined>>;

/** GET of `/api/v1` + `path`. Throws ApiError or UnreachableError; the latter also starts the search for the server. */
export async function getJson<T>(path: string, parameters: Parameters, signal?: AbortSignal): Promise<T> {
  const response = await request(`${path}${queryString(parameters)}`, signal === undefined ? {} : { signal });
  return (await response.json()) as T;
}

/** The response itself, for streams; same failures as `getJson`. */
export async function request(path: string, init: RequestInit): Promise<Response> {
  const response = await reach(`/api/v1${path}`, init);
  if (!response.ok) throw new ApiError(response.status, await errorBody(response));
  return response;
}

/** Whatever the server answers at an address of its own, with the key that the browser keeps. Throws UnreachableError. */
export async function reach(address: string, init: RequestInit): Promise<Response> {
  const key = storedApiKey();
  const headers = new Headers(init.headers);
  if (key !== undefined) headers.set('authorization', `Bearer ${key}`);
  let response: Response;
  try {
    response = await fetch(address, { ...init, headers });
  } catch (cause) {
    if (init.signal?.aborted === true) throw cause;
    connection.lost();
    throw new UnreachableError('The server does not answer.', { cause });
  }
  // A proxy that stands before a stopped server answers in its place.
  if (response.status === 502 || response.status === 504) {
    connection.lost();
    throw new UnreachableError('The server does not answer.');
  }
  return response;
}

/** A request with JSON in it, and the JSON of its answer. Same failures as `getJson`. */
export async function sendJson<T>(
  method: string,
  path: string,
  body?: unknown,
  signal?: AbortSignal,
): Promise<T> {
  const response = await request(path, {
    method,
    ...(signal === undefined ? {} : { signal }),
    ...(body === undefined
      ? {}
      : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  });
  return (await response.json()) as T;
}

export function queryString(parameters: Parameters): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined && value !== '') search.set(name, String(value));
  }
  const text = search.toString();
  return text === '' ? '' : `?${text}`;
}

async function errorBody(response: Response): Promise<{ code: string; message: string; hint: string }> {
  try {
    const body = (await response.json()) as { error: { code: string; message: string; hint: string } };
    return body.error;
  } catch {
    return {
      code: 'internal',
      message: `The server answered ${response.status} without saying why.`,
      hint: 'Look at the log of the server.',
    };
  }
}

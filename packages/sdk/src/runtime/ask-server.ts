/**
 * Questions to the server's API, for prompts, datasets and experiments. By `node:http` and not `fetch`: the program's own tracing does not see them, and
 * a question in the background does not keep the process alive.
 */
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { currentRuntime } from './runtime.ts';

export interface ServerOptions {
  /** Address of the server's UI. Default: SIGHTLINE_URL, else http://127.0.0.1:4300. */
  readonly url?: string;
  /** Default: SIGHTLINE_API_KEY, else what `init` was given. */
  readonly apiKey?: string;
}

export interface Question extends ServerOptions {
  readonly method?: 'GET' | 'POST' | 'PUT';
  /** Behind /api/v1. */
  readonly path: string;
  readonly body?: unknown;
  readonly timeoutMs: number;
  /** The process may end before the answer. */
  readonly inBackground?: boolean;
}

/** The server answered and refused, or did not answer. */
export class SightlineServerError extends Error {
  override readonly name = 'SightlineServerError';
  /** A code of docs/errors.md, or `server_unreachable`. */
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

const answerBytesMax = 64 * 1024 * 1024;

/** Throws SightlineServerError. */
export async function askServer<T>(question: Question): Promise<T> {
  const base = (question.url ?? process.env['SIGHTLINE_URL'] ?? 'http://127.0.0.1:4300').replace(/\/+$/, '');
  const { status, text } = await send(base, question).catch((error: unknown) => {
    const reason =
      error instanceof Error ? ((error as { code?: string }).code ?? error.message) : String(error);
    throw new SightlineServerError(
      'server_unreachable',
      `Cannot reach the Sightline server at ${base}: ${reason}. Start it with "sightline start", or name another with SIGHTLINE_URL.`,
      { cause: error },
    );
  });
  const answer = tryJson(text);
  if (status >= 200 && status < 300 && answer !== undefined) return answer as T;
  const { code, message, hint } =
    (answer as { error?: { code?: string; message?: string; hint?: string } } | undefined)?.error ?? {};
  throw new SightlineServerError(
    code ?? 'server_unreachable',
    message === undefined
      ? `${base} is no Sightline server of this version: it answers ${status}.`
      : `${message} ${hint ?? ''}`.trim(),
  );
}

async function send(
  base: string,
  question: Question,
): Promise<{ readonly status: number; readonly text: string }> {
  const { method = 'GET', path, body, timeoutMs, inBackground = false } = question;
  const url = new URL(`${base}/api/v1${path}`);
  const bytes = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
  const key = question.apiKey ?? process.env['SIGHTLINE_API_KEY'];
  const authorization =
    key === undefined ? currentRuntime()?.options.targets.traces.headers['authorization'] : `Bearer ${key}`;
  return new Promise((resolve, reject) => {
    const begin = url.protocol === 'https:' ? requestHttps : requestHttp;
    const request = begin(url, {
      method,
      agent: false,
      headers: {
        ...(authorization === undefined ? {} : { authorization }),
        ...(bytes === undefined
          ? {}
          : { 'content-type': 'application/json', 'content-length': bytes.length }),
      },
    });
    const timer = setTimeout(() => request.destroy(new Error(`no answer in ${timeoutMs} ms`)), timeoutMs);
    if (inBackground) {
      timer.unref();
      request.on('socket', (socket) => socket.unref());
    }
    request.on('error', reject);
    request.on('close', () => {
      clearTimeout(timer);
      reject(new Error('the connection broke'));
    });
    request.on('response', (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on('data', (chunk: Buffer) => {
        size += chunk.byteLength;
        if (size > answerBytesMax) request.destroy(new Error('the answer is too large'));
        else chunks.push(chunk);
      });
      response.on('error', reject);
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() }),
      );
    });
    request.end(bytes);
  });
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

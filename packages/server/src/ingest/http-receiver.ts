/**
 * OTLP over HTTP as a Fastify plugin: POST /v1/traces, /v1/logs, /v1/metrics, and where Langfuse's SDKs send. Mounted on the OTLP port and on the main
 * one. An answer has the encoding of its request; a failure is a google.rpc.Status in that encoding.
 */
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type TelemetrySignal, telemetrySignal } from '@sightline/schema/api';
import { SightlineError } from '@sightline/schema/errors';
import { encodeExportResponse, encodeStatus, jsonToProtobuf } from '@sightline/schema/otlp';
import type { Door, RequestGuard } from '../guard/request-guard.ts';
import { decompress } from './decompress.ts';
import { readBody, type Body } from './http-body.ts';
import type { Ingest, Receipt } from './ingest.ts';
import { statusCodeOf } from './rpc-status.ts';

/** The one place where a request is given its project. gRPC metadata come in the form of headers. */
export type ResolveProject = (
  headers: IncomingHttpHeaders,
) => Promise<{ readonly project: string } | SightlineError> | { readonly project: string } | SightlineError;

export interface ReceiverOptions {
  readonly ingest: Ingest;
  readonly resolveProject: ResolveProject;
}

/** The same where it listens by itself. */
export interface GuardedReceiverOptions extends ReceiverOptions {
  readonly guard: RequestGuard;
}

type Encoding = 'protobuf' | 'json';

const contentTypes = { protobuf: 'application/x-protobuf', json: 'application/json' } as const;
const discardMsMax = 10_000;
/** Langfuse's SDKs, pointed here by LANGFUSE_BASE_URL, send OTLP to a path of their own. */
const paths: Readonly<Record<TelemetrySignal, readonly string[]>> = {
  traces: ['/v1/traces', '/api/public/otel/v1/traces'],
  logs: ['/v1/logs'],
  metrics: ['/v1/metrics'],
};

export async function otlpHttpReceiver(app: FastifyInstance, options: ReceiverOptions): Promise<void> {
  app.removeAllContentTypeParsers();
  // The handler reads the stream itself, with its own bounds.
  app.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
  app.addHook('onRequest', async (request, reply) => allowBrowsers(request, reply));
  app.setErrorHandler(async (error, request, reply) => {
    if (request.method !== 'POST' && !(error instanceof SightlineError)) return refuseMethod(request, reply);
    const failure = toFrameworkFailure(error, request);
    options.ingest.countRequest(signalOf(request) ?? 'other', 'http', failure.code);
    return refuse(reply, encodingOf(request.headers['content-type']) ?? 'json', failure);
  });
  const config: { readonly door: Door } = { door: 'telemetry' };
  const urls = telemetrySignal.options.flatMap((signal) => paths[signal].map((url) => ({ signal, url })));
  for (const { signal, url } of urls) {
    app.post(url, { bodyLimit: Number.MAX_SAFE_INTEGER, config }, async (request, reply) =>
      receive(options, signal, request, reply),
    );
    app.options(url, { config }, async (_request, reply) => reply.code(204).send());
    const method = app.supportedMethods.filter((each) => each !== 'POST' && each !== 'OPTIONS');
    app.route({ method, url, config, bodyLimit: Number.MAX_SAFE_INTEGER, handler: refuseMethod });
  }
}

async function receive(
  { ingest, resolveProject }: ReceiverOptions,
  signal: TelemetrySignal,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const encoding = encodingOf(request.headers['content-type']);
  const share = ingest.memory.open();
  let raw: Body | undefined;
  try {
    const resolved = await resolveProject(request.headers);
    if (resolved instanceof SightlineError) throw resolved;
    if (encoding === undefined) throw unsupportedType(request.headers['content-type']);
    const limits = { bytesMax: ingest.limits.requestBytesMax, share, pool: ingest.bodies };
    raw = await readBody(bodyOf(request), declaredBytesOf(request), limits);
    const body = await decompress(raw.bytes, contentEncodingOf(request), limits);
    const message = encoding === 'json' ? toProtobuf(signal, body) : body;
    const { socket } = request.raw;
    const receipt = await ingest.accept({
      signal,
      project: resolved.project,
      request: message,
      // Node ends its side when the sender ends its own.
      isAbandoned: () => socket.destroyed || socket.writableEnded,
    });
    ingest.countRequest(signal, 'http', 'stored');
    return await answer(reply, encoding, signal, receipt);
  } catch (error) {
    const failure = toFailure(error, request);
    ingest.countRequest(signal, 'http', failure.code);
    if (failure.code === 'internal') ingest.log.error({ err: error }, 'An OTLP request failed.');
    return await refuse(reply, encoding ?? 'json', failure);
  } finally {
    raw?.release();
    share.release();
  }
}

function toProtobuf(signal: TelemetrySignal, body: Buffer): Uint8Array {
  const converted = jsonToProtobuf(signal, body);
  if (converted.ok) return converted.value;
  throw new SightlineError(
    'unreadable_payload',
    `The OTLP request cannot be decoded: ${converted.error.message}.`,
    {
      hint: 'Check that the body is an OTLP/JSON export request of this signal.',
    },
  );
}

async function answer(
  reply: FastifyReply,
  encoding: Encoding,
  signal: TelemetrySignal,
  receipt: Receipt,
): Promise<FastifyReply> {
  const body = Buffer.from(encodeExportResponse(signal, encoding, receipt));
  return reply.code(200).type(contentTypes[encoding]).send(body);
}

async function refuse(
  reply: FastifyReply,
  encoding: Encoding,
  failure: SightlineError,
): Promise<FastifyReply> {
  const { retryAfterS, status } = failure;
  const message = `${failure.message} ${failure.hint}`;
  const retry = retryAfterS === undefined ? {} : { retryDelayMs: retryAfterS * 1000 };
  const body = Buffer.from(encodeStatus(encoding, { code: statusCodeOf(failure), message, ...retry }));
  if (retryAfterS !== undefined) reply.header('retry-after', String(retryAfterS));
  discardRest(reply.request.raw);
  return reply.code(status).type(contentTypes[encoding]).send(body);
}

/**
 * A sender that is still sending reads the answer only if the connection stays open meanwhile: closing it with unread
 * bytes resets it, and the answer is lost. So the rest is read and dropped, for a while.
 */
export function discardRest(request: IncomingMessage): void {
  if (request.complete) return;
  request.resume();
  const timer = setTimeout(() => request.destroy(), discardMsMax).unref();
  request.once('close', () => clearTimeout(timer));
}

async function refuseMethod(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const failure = new SightlineError('method_not_allowed', `${request.method} is not allowed here.`, {
    hint: 'Send OTLP export requests with POST.',
  });
  reply.header('allow', 'POST, OPTIONS');
  return refuse(reply, 'json', failure);
}

/** Browsers drop an answer that does not allow the origin of their page, on success too. The guard has let in no other than allowed ones. */
function allowBrowsers(request: FastifyRequest, reply: FastifyReply): void {
  reply.header('vary', 'origin, access-control-request-headers');
  const { origin } = request.headers;
  if (origin === undefined) return;
  reply.header('access-control-allow-origin', origin);
  reply.header('access-control-expose-headers', 'retry-after');
  if (request.method !== 'OPTIONS') return;
  // Chromium asks for this before a page from outside reaches loopback or a private network.
  if (request.headers['access-control-request-private-network'] === 'true')
    reply.header('access-control-allow-private-network', 'true');
  const asked = request.headers['access-control-request-headers'];
  reply.header('access-control-allow-methods', 'POST, OPTIONS');
  reply.header(
    'access-control-allow-headers',
    asked ?? 'content-type, content-encoding, authorization, x-api-key, traceparent',
  );
  reply.header('access-control-max-age', '86400');
}

function signalOf(request: FastifyRequest): TelemetrySignal | undefined {
  const { url = '' } = request.routeOptions;
  return telemetrySignal.options.find((signal) => paths[signal].includes(url));
}

function encodingOf(contentType: string | undefined): Encoding | undefined {
  const type = contentType?.split(';', 1)[0]?.trim().toLowerCase();
  if (type === 'application/x-protobuf' || type === 'application/protobuf') return 'protobuf';
  return type === 'application/json' ? 'json' : undefined;
}

export function contentEncodingOf(request: FastifyRequest): string {
  return (request.headers['content-encoding'] ?? '').trim().toLowerCase();
}

/** A request without a body has no stream from Fastify; its raw one ends at once. */
export function bodyOf(request: FastifyRequest): Readable {
  return (request.body as Readable | null | undefined) ?? request.raw;
}

export function declaredBytesOf(request: FastifyRequest): number | undefined {
  const declared = request.headers['content-length'];
  return declared === undefined ? undefined : Number(declared);
}

function unsupportedType(contentType: string | undefined): SightlineError {
  const what =
    contentType === undefined
      ? 'No content type was given'
      : `The content type "${contentType.slice(0, 60)}" is not supported`;
  return new SightlineError('unsupported_media_type', `${what}.`, {
    hint: 'Send application/x-protobuf or application/json.',
  });
}

/** What Fastify refuses before the handler is asked: a content type that is none. */
function toFrameworkFailure(error: unknown, request: FastifyRequest): SightlineError {
  const { code } = error as { readonly code?: unknown };
  return code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE'
    ? unsupportedType(request.headers['content-type'])
    : toFailure(error, request);
}

/** A failure of the connection while the body is read is the sender's; nobody is left to read the answer. */
export function toFailure(error: unknown, request: FastifyRequest): SightlineError {
  if (error instanceof SightlineError) return error;
  const isAborted = request.raw.destroyed && !request.raw.complete;
  return isAborted
    ? new SightlineError('bad_request', 'The request ended before its body was complete.', {
        hint: 'Send it again.',
      })
    : new SightlineError('internal', 'The request was not stored because of a mistake in Sightline.', {
        hint: 'The log of the server has the details.',
        cause: error,
      });
}

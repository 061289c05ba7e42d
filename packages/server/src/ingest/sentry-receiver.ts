/**
 * POST /api/{project}/envelope/ and /api/{project}/store/: what Sentry's SDKs send, with this server in their DSN. Errors are stored as log records, transactions as
 * traces. The project is that of the key; what the path says is Sentry's numbering.
 */
import type { Clock } from '@sightline/base';
import type { TelemetrySignal } from '@sightline/schema/api';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { IncomingHttpHeaders } from 'node:http';
import { SightlineError } from '@sightline/schema/errors';
import { jsonToProtobuf } from '@sightline/schema/otlp';
import { jsonObject, readEnvelope, type SentryEnvelope, sentryRequests } from '@sightline/schema/sentry';
import { decompress, sentryDecoders } from './decompress.ts';
import { type Body, readBody } from './http-body.ts';
import {
  bodyOf,
  contentEncodingOf,
  declaredBytesOf,
  discardRest,
  type ReceiverOptions,
  toFailure,
} from './http-receiver.ts';

export interface SentryReceiverOptions extends ReceiverOptions {
  readonly clock: Pick<Clock, 'now'>;
}

/** SDKs send less than a megabyte. */
const bodyBytesMax = 20 << 20;

export async function sentryReceiver(app: FastifyInstance, options: SentryReceiverOptions): Promise<void> {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
  const config = { door: 'telemetry' } as const;
  for (const kind of ['envelope', 'store'] as const)
    for (const end of ['', '/'])
      app.post(
        `/api/:project/${kind}${end}`,
        { bodyLimit: Number.MAX_SAFE_INTEGER, config },
        async (request, reply) => {
          try {
            return await receive(options, kind, request, reply);
          } catch (error) {
            const failure = toFailure(error, request);
            options.ingest.countRequest('logs', 'http', failure.code);
            discardRest(request.raw);
            throw failure;
          }
        },
      );
}

async function receive(
  { ingest, resolveProject, clock }: SentryReceiverOptions,
  kind: 'envelope' | 'store',
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const share = ingest.memory.open();
  let raw: Body | undefined;
  try {
    const limits = {
      bytesMax: Math.min(ingest.limits.requestBytesMax, bodyBytesMax),
      share,
      pool: ingest.bodies,
    };
    const sent = keyIn(request);
    // A key that stands in the envelope itself is known only when that is read.
    const early = sent === undefined ? undefined : await projectOf(resolveProject, request, sent);
    raw = await readBody(bodyOf(request), declaredBytesOf(request), limits);
    const body = await decompress(raw.bytes, contentEncodingOf(request), limits, sentryDecoders);
    const envelope = kind === 'envelope' ? readEnvelope(body) : ofStore(body);
    if (envelope === undefined) throw unreadable();
    const project = early ?? (await projectOf(resolveProject, request, keyOfDsn(envelope.dsn)));
    const made = sentryRequests(envelope, clock.now());
    if (made.items === 0 && made.unreadable > 0) throw unreadable();
    const { socket } = request.raw;
    for (const signal of ['logs', 'traces'] as const) {
      const json = made[signal];
      if (json === undefined) continue;
      await ingest.accept({
        signal,
        project,
        request: toProtobuf(signal, json),
        isAbandoned: () => socket.destroyed || socket.writableEnded,
      });
      ingest.countRequest(signal, 'http', 'stored');
    }
    return await reply.send({ id: envelope.eventId ?? '' });
  } finally {
    raw?.release();
    share.release();
  }
}

async function projectOf(
  resolveProject: ReceiverOptions['resolveProject'],
  { headers }: FastifyRequest,
  key: string | undefined,
): Promise<string> {
  const asked: IncomingHttpHeaders = key === undefined ? headers : { ...headers, 'x-api-key': key };
  const resolved = await resolveProject(asked);
  if (resolved instanceof SightlineError) throw resolved;
  return resolved.project;
}

/** `X-Sentry-Auth: Sentry sentry_key=…, sentry_version=7`, or `?sentry_key=…`. */
function keyIn({ headers, query }: FastifyRequest): string | undefined {
  const header = headers['x-sentry-auth'];
  const inHeader = /\bsentry_key=([^,\s]{1,200})/.exec(typeof header === 'string' ? header : '')?.[1];
  const { sentry_key: inQuery } = query as Readonly<Record<string, unknown>>;
  return inHeader ?? (typeof inQuery === 'string' && inQuery.length <= 200 ? inQuery : undefined);
}

function keyOfDsn(dsn: string | undefined): string | undefined {
  return /^https?:\/\/([^@:/]{1,200})(?::[^@/]*)?@/.exec(dsn ?? '')?.[1];
}

/** The older door: one event, no envelope around it. */
function ofStore(body: Buffer): SentryEnvelope | undefined {
  const event = jsonObject(body);
  if (event === undefined) return undefined;
  const { event_id: id, type } = event;
  return {
    eventId: typeof id === 'string' ? id : undefined,
    dsn: undefined,
    items: [{ type: type === 'transaction' ? 'transaction' : 'event', payload: body }],
  };
}

function toProtobuf(signal: TelemetrySignal, json: object): Uint8Array {
  const converted = jsonToProtobuf(signal, Buffer.from(JSON.stringify(json)));
  if (converted.ok) return converted.value;
  throw unreadable();
}

function unreadable(): SightlineError {
  return new SightlineError(
    'unreadable_payload',
    'The body is no envelope of a Sentry SDK that can be read.',
    {
      hint: 'Set the DSN of the SDK to http://<key>@<this server>/1, see docs/errors-by-cause.md. OTLP goes to /v1/traces and /v1/logs.',
    },
  );
}

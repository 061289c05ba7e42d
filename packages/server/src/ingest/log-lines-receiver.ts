/** POST /api/v1/logs: what programs log as JSON, as it stands in their files: JSON lines, one object, an array. Stored as log records. */
import type { Clock } from '@sightline/base';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { SightlineError } from '@sightline/schema/errors';
import { logLinesRequest, splitLogLines, type UnreadableLine } from '@sightline/schema/log-lines';
import { countItems } from '@sightline/schema/otlp';
import { decompress } from './decompress.ts';
import { type Body, readBody } from './http-body.ts';
import {
  bodyOf,
  contentEncodingOf,
  declaredBytesOf,
  discardRest,
  type ReceiverOptions,
  toFailure,
} from './http-receiver.ts';

export interface LogLinesOptions extends ReceiverOptions {
  readonly clock: Pick<Clock, 'now'>;
}

/** Of all lines that cannot be read, so many are named. */
const namedMax = 5;
const serviceLengthMax = 256;

export async function logLinesReceiver(app: FastifyInstance, options: LogLinesOptions): Promise<void> {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
  app.post('/api/v1/logs', { bodyLimit: Number.MAX_SAFE_INTEGER }, async (request, reply) => {
    try {
      return await receive(options, request, reply);
    } catch (error) {
      const failure = toFailure(error, request);
      options.ingest.countRequest('logs', 'http', failure.code);
      discardRest(request.raw);
      throw failure;
    }
  });
}

async function receive(
  { ingest, resolveProject, clock }: LogLinesOptions,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const resolved = await resolveProject(request.headers);
  if (resolved instanceof SightlineError) throw resolved;
  const service = serviceOf(request.query as Readonly<Record<string, unknown>>);
  const share = ingest.memory.open();
  let raw: Body | undefined;
  try {
    const limits = { bytesMax: ingest.limits.requestBytesMax, share, pool: ingest.bodies };
    raw = await readBody(bodyOf(request), declaredBytesOf(request), limits);
    const body = await decompress(raw.bytes, contentEncodingOf(request), limits);
    const { lines, unreadable } = splitLogLines(body.toString('utf8'));
    if (lines.length === 0) throw noLines(unreadable);
    const made = logLinesRequest(lines, { service, now: clock.now() });
    if (!made.ok) throw noLines([{ number: 1, message: made.error }]);
    const { socket } = request.raw;
    const { rejected, errorMessage } = await ingest.accept({
      signal: 'logs',
      project: resolved.project,
      request: made.value,
      isAbandoned: () => socket.destroyed || socket.writableEnded,
    });
    ingest.countRequest('logs', 'http', 'stored');
    return await reply.send({
      accepted: countItems('logs', made.value) - rejected,
      rejected: rejected + unreadable.length,
      message: [errorMessage, ...unreadable.slice(0, namedMax).map(describe)].filter(Boolean).join(' '),
    });
  } finally {
    raw?.release();
    share.release();
  }
}

function serviceOf({ service }: Readonly<Record<string, unknown>>): string {
  if (service === undefined) return 'unknown_service';
  if (typeof service === 'string' && service !== '' && service.length <= serviceLengthMax) return service;
  throw new SightlineError(
    'bad_request',
    `"service" must be a name of 1 to ${serviceLengthMax} characters.`,
    {
      hint: 'It is the service of lines that name none: POST /api/v1/logs?service=agent',
    },
  );
}

const describe = ({ number, message }: UnreadableLine): string => `Line ${number}: ${message}.`;

function noLines(unreadable: readonly UnreadableLine[]): SightlineError {
  const why = unreadable.slice(0, namedMax).map(describe).join(' ') || 'The body is empty.';
  return new SightlineError('unreadable_payload', `No line of a log can be read. ${why}`, {
    hint: 'Send one JSON object a line with "message", and with "timestamp", "level" and whatever else your program logs. OTLP goes to /v1/logs.',
  });
}

/** POST /api/v1/logs: what programs log as JSON, as it stands in their files: JSON lines, one object, an array. Stored as log records. */
import type { Clock } from '@sightline/base';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { SightlineError } from '@sightline/schema/errors';
import {
  eachLogLine,
  type LogLine,
  type LogLinesContext,
  logLinesRequest,
  type UnreadableLine,
} from '@sightline/schema/log-lines';
import { countItems } from '@sightline/schema/otlp';
import { Turn } from '../storage/turn.ts';
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
import type { MemoryShare } from './memory-budget.ts';

export interface LogLinesOptions extends ReceiverOptions {
  readonly clock: Pick<Clock, 'now'>;
}

/** Of all lines that cannot be read, so many are named. */
const namedMax = 5;
const linesAtOnce = 200;
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
    const { made, unreadable, named } = await readLines(body, { service, now: clock.now(), share });
    const { socket } = request.raw;
    const { rejected, errorMessage } = await ingest.accept({
      signal: 'logs',
      project: resolved.project,
      request: made,
      isAbandoned: () => socket.destroyed || socket.writableEnded,
    });
    ingest.countRequest('logs', 'http', 'stored');
    return await reply.send({
      accepted: countItems('logs', made) - rejected,
      rejected: rejected + unreadable,
      message: [errorMessage, ...named.map(describe)].filter(Boolean).join(' '),
    });
  } finally {
    raw?.release();
    share.release();
  }
}

interface ReadLines {
  /** The lines as one export request. */
  readonly made: Uint8Array;
  readonly unreadable: number;
  /** The first of these. */
  readonly named: readonly UnreadableLine[];
}

/** Lines become protobuf some at a time, in turns with whatever else is asked: a body may have millions of them. */
async function readLines(
  body: Buffer,
  { share, ...context }: LogLinesContext & { readonly share: MemoryShare },
): Promise<ReadLines> {
  const turn = new Turn();
  const made: Uint8Array[] = [];
  const named: UnreadableLine[] = [];
  let unreadable = 0;
  let lines: LogLine[] = [];
  const convert = (): void => {
    if (lines.length === 0) return;
    const converted = logLinesRequest(lines, context);
    if (!converted.ok) throw noLines([{ number: 1, message: converted.error }]);
    share.take(converted.value.length);
    // One behind the other, requests in protobuf are one request with the records of all.
    made.push(converted.value);
    lines = [];
  };
  for (const read of eachLogLine(body.toString('utf8'))) {
    if (read.ok) lines.push(read.value);
    else if ((unreadable += 1) <= namedMax) named.push(read.error);
    if (lines.length === linesAtOnce) convert();
    if (turn.isOver) await turn.next();
  }
  convert();
  if (made.length === 0) throw noLines(named);
  return { made: Buffer.concat(made), unreadable, named };
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
  const why = unreadable.map(describe).join(' ') || 'The body is empty.';
  return new SightlineError('unreadable_payload', `No line of a log can be read. ${why}`, {
    hint: 'Send one JSON object a line with "message", and with "timestamp", "level" and whatever else your program logs. OTLP goes to /v1/logs.',
  });
}

import { once } from 'node:events';
import { sleep, type UnixNano, unixNano } from '@sightline/base';
import type { TailParameters } from '@sightline/schema/api';
import { SightlineError } from '@sightline/schema/errors';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { TailFollower } from '../../query/follow-tail.ts';
import type { QueryContext } from '../../query/reader.ts';

const lookEveryMs = 300;
const heartbeatEveryMs = 10_000;
/** Streams at a time; each asks the store a few times a second. */
const streamsMax = 20;
/** A client that does not read for this long is let go. */
const drainMsMax = 30_000;
let streams = 0;

const streamHeaders = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  'x-accel-buffering': 'no',
} as const;

/**
 * Answers with server-sent events until the client goes away. A slow client is not queued for: the next look waits until
 * it has read, and what arrived meanwhile beyond one batch is counted in `skipped`. Each batch ends with its place as `id`, and a client that comes back
 * with it as `Last-Event-ID` is shown what was received since.
 */
export async function streamTail(
  context: QueryContext,
  parameters: TailParameters,
  { request, reply }: { readonly request: FastifyRequest; readonly reply: FastifyReply },
): Promise<void> {
  const follower = new TailFollower(context, parameters, readPlace(request.headers['last-event-id']));
  if (request.method === 'HEAD') {
    await reply.headers(streamHeaders).send();
    return;
  }
  if (streams >= streamsMax) {
    throw new SightlineError('overloaded', `${streamsMax} live tails are open already.`, {
      hint: 'Close one, or try again later.',
      retryAfterS: 5,
    });
  }
  streams += 1;
  const gone = new AbortController();
  const { raw } = reply;
  raw.once('close', () => gone.abort());
  reply.hijack();
  raw.writeHead(200, {
    // What hooks have set on the reply, such as CORS.
    ...Object.fromEntries(Object.entries(reply.getHeaders()).filter(([, value]) => value !== undefined)),
    ...streamHeaders,
  });
  try {
    await follow(follower, { raw, signal: gone.signal, ready: parameters.signal });
  } catch (error) {
    if (!gone.signal.aborted) {
      const failure = error instanceof SightlineError ? error : undefined;
      raw.write(event('error', failure?.toJSON() ?? internal));
      request.log.error(error);
    }
  } finally {
    streams -= 1;
    raw.end();
  }
}

interface Stream {
  readonly raw: FastifyReply['raw'];
  readonly signal: AbortSignal;
  readonly ready: TailParameters['signal'];
}

async function follow(follower: TailFollower, { raw, signal, ready }: Stream): Promise<void> {
  raw.write(withId(follower.end, event('ready', { signal: ready })));
  let lastWriteMs = performance.now();
  while (!signal.aborted) {
    const { items, skipped, end } = await follower.look();
    let text = skipped > 0 ? event('skipped', { count: skipped }) : '';
    for (const [index, item] of items.entries()) {
      const one = event(item.event, item.data);
      text += index === items.length - 1 ? withId(end, one) : one;
    }
    if (text === '' && performance.now() - lastWriteMs > heartbeatEveryMs) text = ': heartbeat\n\n';
    if (text !== '') {
      lastWriteMs = performance.now();
      if (!raw.write(text))
        await once(raw, 'drain', { signal: AbortSignal.any([signal, AbortSignal.timeout(drainMsMax)]) });
    }
    await sleep(lookEveryMs, signal);
  }
}

function withId(place: UnixNano, text: string): string {
  return `id: ${place}\n${text}`;
}

/** Undefined for what is no place of ours: then the tail begins now. */
function readPlace(id: string | string[] | undefined): UnixNano | undefined {
  return typeof id === 'string' && /^\d{1,19}$/.test(id) ? unixNano(BigInt(id)) : undefined;
}

function event(name: string, data: unknown): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}

const internal = {
  error: { code: 'internal', message: 'The tail ended by a mistake.', hint: 'Connect again.' },
};

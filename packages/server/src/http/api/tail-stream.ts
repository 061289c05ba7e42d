import { type Clock, sleep, type UnixNano, unixNano } from '@sightline/base';
import type { TailParameters } from '@sightline/schema/api';
import { SightlineError } from '@sightline/schema/errors';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { TailFollower } from '../../query/follow-tail.ts';
import type { QueryContext } from '../../query/reader.ts';
import { EventStream, sendStreamHead, StreamPlaces } from './event-stream.ts';

const lookEveryMs = 300;
const heartbeatEveryMs = 10_000;
/** Whoever watches may lose the right to. Verdicts on keys are remembered as long. */
const keyEveryMs = 5_000;
const tailsMax = 20;
const places = new StreamPlaces(tailsMax, {
  message: `${tailsMax} live tails are open already.`,
  hint: 'Close one, or try again later.',
});

export interface TailRequest {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  /** Why whoever asked may not see more. */
  readonly refusedNow: () => Promise<SightlineError | undefined>;
}

/**
 * Answers with server-sent events until the client goes away. A slow client is not queued for: the next look waits until
 * it has read, and what arrived meanwhile beyond one batch is counted in `skipped`. Each batch ends with its place as `id`, and a client that comes back
 * with it as `Last-Event-ID` is shown what was received since.
 */
export async function streamTail(
  context: QueryContext,
  parameters: TailParameters,
  { request, reply, refusedNow }: TailRequest,
): Promise<void> {
  const follower = new TailFollower(context, parameters, readPlace(request.headers['last-event-id']));
  if (request.method === 'HEAD') {
    await sendStreamHead(reply);
    return;
  }
  await places.within(async () => {
    const stream = new EventStream(reply);
    try {
      await stream.write(withId(follower.end, event('ready', { signal: parameters.signal })));
      await follow({ follower, stream, refusedNow, clock: context.clock });
    } catch (error) {
      const failure = error instanceof SightlineError ? error : undefined;
      await stream.write(event('error', failure?.toJSON() ?? internal));
      request.log.error(error);
    } finally {
      stream.end();
    }
  });
}

interface Followed extends Pick<TailRequest, 'refusedNow'> {
  readonly follower: TailFollower;
  readonly stream: EventStream;
  readonly clock: Pick<Clock, 'monotonicMs'>;
}

async function follow({ follower, stream, refusedNow, clock }: Followed): Promise<void> {
  let lastWriteMs = clock.monotonicMs();
  let keyMs = lastWriteMs;
  while (!stream.signal.aborted) {
    const nowMs = clock.monotonicMs();
    if (nowMs - keyMs > keyEveryMs) {
      keyMs = nowMs;
      const refused = await refusedNow();
      if (refused !== undefined) throw refused;
    }
    const { items, skipped, end } = await follower.look();
    let text = skipped > 0 ? event('skipped', { count: skipped }) : '';
    for (const [index, item] of items.entries()) {
      const one = event(item.event, item.data);
      text += index === items.length - 1 ? withId(end, one) : one;
    }
    if (text === '' && nowMs - lastWriteMs > heartbeatEveryMs) text = ': heartbeat\n\n';
    if (text !== '') {
      lastWriteMs = nowMs;
      await stream.write(text);
    }
    await sleep(lookEveryMs, stream.signal);
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

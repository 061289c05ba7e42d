/**
 * What a gRPC call may hold and for how long, before any handler sees it; and its compression, undone with the same code,
 * bounds and errors as over HTTP. What is refused here never reaches a handler, and is counted here.
 */
import { ServerInterceptingCall, status, type ServerInterceptor } from '@grpc/grpc-js';
import type { ServerHttp2Stream } from 'node:http2';
import type { TelemetrySignal } from '@sightline/schema/api';
import { SightlineError } from '@sightline/schema/errors';
import { tooLarge } from './bounded-output.ts';
import { contentEncodings, decompress } from './decompress.ts';
import { outcomeOf, toServiceError, type GrpcFailure } from './grpc-failure.ts';
import type { Ingest } from './ingest.ts';
import { overloaded } from './journal-failure.ts';

/** The part of a call of grpc-js that its types do not tell: `framed` begins with a flag and four bytes of length. */
interface InnerCall {
  readonly stream: ServerHttp2Stream;
  handleDataFrame(data: Buffer): void;
  decompressMessage(framed: Buffer, encoding: string): Promise<Buffer>;
}

export interface GrpcCallLimits {
  /** Calls open at one time, on all connections. Beyond: RESOURCE_EXHAUSTED with RetryInfo. */
  readonly callsMax: number;
  /** From the head of a call to the end of its message. Beyond: DEADLINE_EXCEEDED. */
  readonly messageMsMax: number;
}

const frameHeadBytes = 5;
/** A sender that was refused and does not end its call is cut off. */
const refusedCallMsMax = 1_000;

/**
 * grpc-js collects a message without bound in time, counts it nowhere, knows gzip and deflate only, blames itself for bytes that are not what they claim,
 * and has no place for any of this. So each call is given other methods before its message arrives; `grpc-receiver.test.ts` holds them in place when grpc-js
 * is updated. What a call holds counts against the memory of ingest from its first byte until the call ends.
 */
export function boundedCalls(
  ingest: Ingest,
  signalOf: (path: string) => TelemetrySignal | undefined,
  { callsMax, messageMsMax }: GrpcCallLimits,
): ServerInterceptor {
  let open = 0;
  return ({ path }, call) => {
    const inner = call as unknown as InnerCall;
    const { stream } = inner;
    const share = ingest.memory.open();
    const refused = (error: unknown): GrpcFailure => {
      ingest.countRequest(signalOf(path) ?? 'other', 'grpc', outcomeOf(error));
      return failureOf(error);
    };
    const send = call.sendStatus.bind(call);
    let isRefused = false;
    const refuse = (failure: GrpcFailure): void => {
      if (isRefused) return;
      isRefused = true;
      send(failure);
      share.release();
      const cutOff = setTimeout(() => stream.close(), refusedCallMsMax).unref();
      stream.once('close', () => clearTimeout(cutOff));
    };
    const late = setTimeout(() => refuse(refused(tooSlow(messageMsMax))), messageMsMax).unref();
    open += 1;
    stream.once('close', () => {
      open -= 1;
      clearTimeout(late);
      share.release();
    });

    const handle = inner.handleDataFrame.bind(call);
    inner.handleDataFrame = (data) => {
      if (isRefused || stream.closed) return;
      try {
        share.take(data.length);
      } catch (error) {
        refuse(refused(error));
        return;
      }
      handle(data);
    };
    inner.decompressMessage = async (framed, encoding) => {
      try {
        const limits = { bytesMax: ingest.limits.requestBytesMax, share };
        return await decompress(framed.subarray(frameHeadBytes), encoding.trim().toLowerCase(), limits);
      } catch (error) {
        // What is thrown here, grpc-js sends as the status of the call.
        const failure = refused(error);
        throw Object.assign(new Error(failure.details), failure);
      }
    };
    call.sendStatus = (sent) => {
      const isTooLarge =
        sent.code === status.RESOURCE_EXHAUSTED &&
        sent.details?.startsWith('Received message larger') === true;
      if (isTooLarge) refuse(refused(tooLarge(ingest.limits.requestBytesMax, 'is')));
      else if (!isRefused) send(sent);
    };
    if (open > callsMax)
      refuse(refused(overloaded(`${callsMax} gRPC calls are open, which is the maximum`, 1)));
    return new ServerInterceptingCall(call, {
      start: (next) => {
        next({
          onReceiveHalfClose: (done) => {
            clearTimeout(late);
            done();
          },
        });
      },
    });
  };
}

function tooSlow(messageMsMax: number): SightlineError {
  return new SightlineError(
    'bad_request',
    `The request took too long to arrive: not all of it was here after ${messageMsMax / 1000} s.`,
    { hint: 'Send smaller batches, or check the network between the sender and Sightline.' },
  );
}

/** gRPC asks for UNIMPLEMENTED and the known encodings where one is not known, and has a word for what comes too late. */
function failureOf(error: unknown): GrpcFailure {
  if (!(error instanceof SightlineError)) return toServiceError(error);
  if (error.code === 'bad_request') return toServiceError(error, status.DEADLINE_EXCEEDED);
  if (error.code !== 'unsupported_media_type') return toServiceError(error);
  const failure = toServiceError(error, status.UNIMPLEMENTED);
  failure.metadata.set('grpc-accept-encoding', ['identity', ...contentEncodings].join(','));
  return failure;
}

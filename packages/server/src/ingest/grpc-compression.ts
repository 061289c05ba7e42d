/** Undoes the compression of gRPC messages with the same code, bounds and errors as over HTTP. */
import { ServerInterceptingCall, status, type ServerInterceptor } from '@grpc/grpc-js';
import type { TelemetrySignal } from '@sightline/schema/api';
import { SightlineError } from '@sightline/schema/errors';
import { tooLarge } from './bounded-output.ts';
import { contentEncodings, decompress } from './decompress.ts';
import { outcomeOf, toServiceError, type GrpcFailure } from './grpc-failure.ts';
import type { Ingest } from './ingest.ts';

/** The part of a call of grpc-js that its types do not tell: `framed` begins with a flag and four bytes of length. */
interface DecompressingCall {
  decompressMessage(framed: Buffer, encoding: string): Promise<Buffer>;
}

const frameHeadBytes = 5;

/**
 * grpc-js knows gzip and deflate only, does not count what it decompresses, blames itself for bytes that are not what they claim, and has no way to
 * add an encoding. So each call is given another decoder before its message arrives; `grpc-receiver.test.ts` holds it in place when grpc-js is updated.
 * What is refused here never reaches a handler, and is counted here.
 */
export function decompressMessages(
  ingest: Ingest,
  signalOf: (path: string) => TelemetrySignal | undefined,
): ServerInterceptor {
  return ({ path }, call) => {
    const refused = (error: unknown): GrpcFailure => {
      ingest.countRequest(signalOf(path) ?? 'other', 'grpc', outcomeOf(error));
      return failureOf(error);
    };
    (call as unknown as DecompressingCall).decompressMessage = async (framed, encoding) => {
      try {
        return await undo(ingest, framed.subarray(frameHeadBytes), encoding.trim().toLowerCase());
      } catch (error) {
        // What is thrown here, grpc-js sends as the status of the call.
        const failure = refused(error);
        throw Object.assign(new Error(failure.details), failure);
      }
    };
    const send = call.sendStatus.bind(call);
    call.sendStatus = (sent) => {
      const isTooLarge =
        sent.code === status.RESOURCE_EXHAUSTED &&
        sent.details?.startsWith('Received message larger') === true;
      send(isTooLarge ? refused(tooLarge(ingest.limits.requestBytesMax, 'is')) : sent);
    };
    return new ServerInterceptingCall(call);
  };
}

async function undo(ingest: Ingest, message: Buffer, encoding: string): Promise<Buffer> {
  const share = ingest.memory.open();
  try {
    return await decompress(message, encoding, { bytesMax: ingest.limits.requestBytesMax, share });
  } finally {
    // The handler takes what the message needs, at once.
    share.release();
  }
}

/** gRPC asks for UNIMPLEMENTED and the known encodings where one is not known. */
function failureOf(error: unknown): GrpcFailure {
  const isUnknown = error instanceof SightlineError && error.code === 'unsupported_media_type';
  if (!isUnknown) return toServiceError(error);
  const failure = toServiceError(error, status.UNIMPLEMENTED);
  failure.metadata.set('grpc-accept-encoding', ['identity', ...contentEncodings].join(','));
  return failure;
}

/** Undoes the compression of gRPC messages with the same code, bounds and errors as over HTTP. */
import { ServerInterceptingCall, status, type ServerInterceptor } from '@grpc/grpc-js';
import { SightlineError } from '@sightline/schema/errors';
import { contentEncodings, decompress } from './decompress.ts';
import { toServiceError, type GrpcFailure } from './grpc-failure.ts';
import type { Ingest } from './ingest.ts';

/** The part of a call of grpc-js that its types do not tell: `framed` begins with a flag and four bytes of length. */
interface DecompressingCall {
  decompressMessage(framed: Buffer, encoding: string): Promise<Buffer>;
}

const frameHeadBytes = 5;

/**
 * grpc-js knows gzip and deflate only, does not count what it decompresses, blames itself for bytes that are not what they claim, and has no way to
 * add an encoding. So each call is given another decoder before its message arrives; `grpc-receiver.test.ts` holds it in place when grpc-js is updated.
 */
export function decompressMessages(ingest: Ingest): ServerInterceptor {
  return (_method, call) => {
    (call as unknown as DecompressingCall).decompressMessage = async (framed, encoding) =>
      decompressMessage(ingest, framed.subarray(frameHeadBytes), encoding.trim().toLowerCase());
    return new ServerInterceptingCall(call);
  };
}

/** Throws what grpc-js sends as the status of the call. */
async function decompressMessage(ingest: Ingest, message: Buffer, encoding: string): Promise<Buffer> {
  const share = ingest.memory.open();
  try {
    return await decompress(message, encoding, { bytesMax: ingest.limits.requestBytesMax, share });
  } catch (error) {
    const failure = failureOf(error);
    throw Object.assign(new Error(failure.details), failure);
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

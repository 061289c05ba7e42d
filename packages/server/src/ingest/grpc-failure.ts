import { Metadata } from '@grpc/grpc-js';
import { SightlineError } from '@sightline/schema/errors';
import { encodeStatus } from '@sightline/schema/otlp';
import { statusCodeOf } from './rpc-status.ts';

export interface GrpcFailure {
  readonly code: number;
  readonly details: string;
  readonly metadata: Metadata;
}

/** What grpc-js sends as the status of a call. `code` where gRPC asks for another than OTLP's. */
export function toServiceError(error: unknown, otherCode?: number): GrpcFailure {
  const failure =
    error instanceof SightlineError
      ? error
      : new SightlineError('internal', 'The request was not stored because of a mistake in Sightline.', {
          hint: 'The log of the server has the details.',
        });
  const code = otherCode ?? statusCodeOf(failure);
  const message = `${failure.message} ${failure.hint}`;
  const { retryAfterS } = failure;
  const retry = retryAfterS === undefined ? {} : { retryDelayMs: retryAfterS * 1000 };
  const metadata = new Metadata();
  metadata.set('grpc-status-details-bin', Buffer.from(encodeStatus('protobuf', { code, message, ...retry })));
  return { code, details: message, metadata };
}

/** As which a refused call is counted. */
export function outcomeOf(error: unknown): string {
  return error instanceof SightlineError ? error.code : 'internal';
}

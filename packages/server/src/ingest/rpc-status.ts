import type { SightlineError } from '@sightline/schema/errors';

/** Canonical codes of google.rpc.Status. */
export const rpcCode = {
  invalidArgument: 3,
  deadlineExceeded: 4,
  permissionDenied: 7,
  resourceExhausted: 8,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
  unauthenticated: 16,
} as const;

/** The gRPC code a sender acts upon: it retries RESOURCE_EXHAUSTED (with RetryInfo) and UNAVAILABLE, and no other here. */
export function statusCodeOf(failure: SightlineError): number {
  switch (failure.code) {
    case 'unauthenticated':
      return rpcCode.unauthenticated;
    case 'host_not_allowed':
    case 'origin_not_allowed':
    case 'scope_missing':
      return rpcCode.permissionDenied;
    case 'overloaded':
    case 'rate_limited':
    case 'payload_too_large':
      return rpcCode.resourceExhausted;
    case 'method_not_allowed':
      return rpcCode.unimplemented;
    default:
      if (failure.status === 503) return rpcCode.unavailable;
      return failure.status < 500 ? rpcCode.invalidArgument : rpcCode.internal;
  }
}

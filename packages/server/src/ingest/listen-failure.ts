import { SightlineError } from '@sightline/schema/errors';

export interface Listening {
  /** `OTLP/HTTP`, `OTLP/gRPC`. */
  readonly what: string;
  readonly host: string;
  readonly port: number;
  /** The option that chooses the port. */
  readonly flag: string;
}

/** What the operator is told when a receiver cannot listen: `port_taken`, or `bad_option` for an address that is not ours. */
export function listenFailure({ what, host, port, flag }: Listening, cause: unknown): SightlineError {
  const detail = cause instanceof Error ? cause.message : String(cause);
  const where = `Cannot listen for ${what} on ${host}:${port}`;
  if (detail.includes('EADDRINUSE'))
    return new SightlineError('port_taken', `${where}: the port is in use by another program.`, {
      hint: `Stop that program, or choose another port with ${flag} (0 picks a free one).`,
      cause,
    });
  return new SightlineError('bad_option', `${where}: ${detail}.`, {
    hint: `Choose an address of this machine with --host, and a port this user may use with ${flag}.`,
    cause,
  });
}

import { SightlineError } from '@sightline/schema/errors';

/** What the operator is told when a receiver cannot listen. */
export function portTaken(
  where: { readonly what: string; readonly host: string; readonly port: number; readonly flag: string },
  cause: unknown,
): Error {
  const detail = cause instanceof Error ? cause.message : String(cause);
  if (!detail.includes('EADDRINUSE')) return cause instanceof Error ? cause : new Error(detail);
  return new SightlineError(
    'port_taken',
    `Cannot listen for ${where.what} on ${where.host}:${where.port}: the port is in use by another program.`,
    { hint: `Stop that program, or choose another port with ${where.flag} (0 picks a free one).`, cause },
  );
}

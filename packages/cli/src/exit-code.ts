import { type ErrorCode, SightlineError } from '@sightline/schema/errors';

/** What scripts can rely on; docs/cli.md lists them. */
export const exitCodes = {
  ok: 0,
  failure: 1,
  usage: 2,
  unreachable: 3,
  notFound: 4,
  diverged: 5,
  interrupted: 130,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** Thrown where Ctrl-C ends a command early. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
}

const codesByError: Partial<Record<ErrorCode, ExitCode>> = {
  bad_option: exitCodes.usage,
  bad_request: exitCodes.usage,
  bad_filter: exitCodes.usage,
  bad_rule: exitCodes.usage,
  bad_time_range: exitCodes.usage,
  bad_cursor: exitCodes.usage,
  bad_sql: exitCodes.usage,
  bad_connection: exitCodes.usage,
  bad_source_map: exitCodes.usage,
  unreadable_items: exitCodes.usage,
  server_unreachable: exitCodes.unreachable,
  not_ready: exitCodes.unreachable,
  trace_not_found: exitCodes.notFound,
  span_not_found: exitCodes.notFound,
  log_not_found: exitCodes.notFound,
  metric_not_found: exitCodes.notFound,
};

export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof Interrupted) return exitCodes.interrupted;
  if (error instanceof SightlineError) return codesByError[error.code] ?? exitCodes.failure;
  return exitCodes.failure;
}

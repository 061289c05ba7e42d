/** An error as an event of Sentry's protocol, in an envelope: three lines of JSON. */
import { ownValue } from '@sightline/base';
import { createHash } from 'node:crypto';
import type { ErrorStack } from '@sightline/schema/api';
import { forwardedName } from '@sightline/schema/sentry';
import type { ArrivedError } from '../query/errors/read-arrived-errors.ts';

/** Errors of this SDK were sent on by a Sightline, and are not sent on again: they would go in circles. */
const forwardSdk = { name: forwardedName, version: '1' } as const;

const platforms: Readonly<Record<string, string>> = {
  javascript: 'node',
  python: 'python',
  java: 'java',
  go: 'go',
  dotnet: 'csharp',
  ruby: 'ruby',
  php: 'php',
  rust: 'native',
};

/** The same error has the same id each time: what is sent again after a lost answer counts once. */
export function eventIdOf(project: string, error: ArrivedError): string {
  const { group, timeNanos, traceId, spanId, logId, message } = error;
  const text = JSON.stringify([project, group, timeNanos, traceId, spanId, logId, message]);
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}

export function sentryEnvelope(
  eventId: string,
  error: ArrivedError,
  { stack, link }: { readonly stack: ErrorStack | null; readonly link: string },
): string {
  const payload = JSON.stringify(sentryEvent(eventId, error, { stack, link }));
  const item = JSON.stringify({
    type: 'event',
    content_type: 'application/json',
    length: Buffer.byteLength(payload),
  });
  return `${JSON.stringify({ event_id: eventId, sdk: forwardSdk })}\n${item}\n${payload}\n`;
}

function sentryEvent(
  eventId: string,
  error: ArrivedError,
  { stack, link }: { readonly stack: ErrorStack | null; readonly link: string },
): object {
  const { type, message, service, version, environment, name, handled } = error;
  return {
    event_id: eventId,
    timestamp: Number(BigInt(error.timeNanos) / 1_000n) / 1e6,
    platform: ownValue(platforms, stack?.language ?? '') ?? 'other',
    level: 'error',
    logger: 'sightline',
    sdk: forwardSdk,
    fingerprint: [error.group],
    ...(name !== '' && { transaction: name }),
    ...(version !== '' && { release: `${service}@${version}` }),
    ...(environment !== '' && { environment }),
    ...(error.userId !== null && { user: { id: error.userId } }),
    ...(error.traceId !== null && {
      contexts: {
        trace: { trace_id: error.traceId, ...(error.spanId !== null && { span_id: error.spanId }) },
      },
    }),
    tags: withValue({
      service,
      model: error.model,
      agent: error.agent,
      tool: error.tool,
      'error.class': error.class,
      'session.id': error.sessionId ?? '',
    }),
    extra: { sightline: link },
    exception: { values: exceptionsOf({ type, message, handled }, stack) },
  };
}

/** Sentry wants the root cause first, and in each exception the call that threw last. */
function exceptionsOf(
  { type, message, handled }: Pick<ArrivedError, 'type' | 'message' | 'handled'>,
  stack: ErrorStack | null,
): readonly object[] {
  const mechanism = { type: 'sightline', handled };
  const [, ...causes] = stack?.exceptions ?? [];
  const [outer] = stack?.exceptions ?? [];
  const reported = { type: type === '' ? 'Error' : type, value: message, frames: outer?.frames ?? [] };
  const all = [
    reported,
    ...causes.map((cause) => ({ type: cause.type, value: cause.message, frames: cause.frames })),
  ];
  return all.toReversed().map(({ frames, ...exception }) => ({
    ...exception,
    mechanism,
    ...(frames.length > 0 && {
      stacktrace: {
        frames: frames.toReversed().map((frame) => ({
          function: frame.function,
          module: frame.module,
          filename: frame.file,
          ...(frame.line !== null && { lineno: frame.line }),
          in_app: frame.inApp,
          ...contextOf(frame),
        })),
      },
    }),
  }));
}

function contextOf({ line, source }: ErrorStack['exceptions'][number]['frames'][number]): object {
  if (line === null || source === null) return {};
  const at = line - source.first;
  return {
    pre_context: source.lines.slice(0, at),
    context_line: source.lines[at],
    post_context: source.lines.slice(at + 1),
  };
}

const withValue = (tags: Readonly<Record<string, string>>): object =>
  Object.fromEntries(Object.entries(tags).filter(([, value]) => value !== ''));

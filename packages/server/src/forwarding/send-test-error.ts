import { formatNanos, type UnixNano } from '@sightline/base';
import type { ArrivedError } from '../query/errors/read-arrived-errors.ts';
import type { Reach } from '../outbound/reach.ts';
import { sendEnvelope } from './send-envelope.ts';
import { readDsn } from './sentry-dsn.ts';
import { eventIdOf, sentryEnvelope } from './sentry-event.ts';

/** An error that nobody had, so that whoever enters a DSN sees at once whether it is right. */
export async function sendTestError(
  dsn: string,
  { reach, now }: { readonly reach: Reach; readonly now: UnixNano },
): Promise<{ readonly ok: boolean; readonly detail: string }> {
  const target = readDsn(dsn);
  if (target === undefined) return { ok: false, detail: 'The DSN cannot be read.' };
  const error: ArrivedError = {
    place: { storedMs: 0, key: '0' },
    group: 'sightline-test',
    variant: '',
    type: 'SightlineTest',
    message: 'Sightline sends errors here.',
    class: '',
    time: formatNanos(now),
    timeNanos: String(now),
    service: 'sightline',
    version: '',
    environment: '',
    source: 'log',
    handled: true,
    name: '',
    model: '',
    agent: '',
    tool: '',
    userId: null,
    sessionId: null,
    traceId: null,
    spanId: null,
    logId: null,
  };
  const body = sentryEnvelope(eventIdOf('', error), error, { stack: null, link: '' });
  const sent = await sendEnvelope(target, {
    body,
    reach,
    signal: AbortSignal.timeout(20_000),
    nowMs: Number(now / 1_000_000n),
  });
  return sent.kind === 'sent'
    ? { ok: true, detail: 'The receiver took a test error.' }
    : { ok: false, detail: sent.reason };
}

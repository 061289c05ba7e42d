import { randomBytes } from 'node:crypto';
import { logsResponse, traceResponse } from '@sightline/schema/api';
import { SightlineError } from '@sightline/schema/errors';
import { jsonToProtobuf } from '@sightline/schema/otlp';
import { ensure, formatDurationMs, sleep } from '@sightline/base';
import { sendRequest } from '../transfer/send-requests.ts';
import type { Finding, ServerContext } from './check.ts';

const visibleMsMax = 5000;
const pollMs = 40;

/** What users do: send a span and a log line, and look for them. They stay, under the service `sightline-doctor`. */
export async function checkRoundTrip(context: ServerContext): Promise<readonly Finding[]> {
  const traceId = randomBytes(16).toString('hex');
  const spanId = randomBytes(8).toString('hex');
  const nowNanos = `${BigInt(Date.now()) * 1_000_000n}`;
  const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'sightline-doctor' } }] };
  const scope = { name: 'sightline-doctor' };
  const span = {
    traceId,
    spanId,
    name: 'doctor probe',
    kind: 1,
    startTimeUnixNano: nowNanos,
    endTimeUnixNano: `${BigInt(nowNanos) + 1_000_000n}`,
  };
  const log = {
    traceId,
    spanId,
    timeUnixNano: nowNanos,
    severityNumber: 9,
    severityText: 'INFO',
    body: { stringValue: 'doctor probe' },
  };
  return [
    await probe(context, {
      name: 'span round trip',
      signal: 'traces',
      request: { resourceSpans: [{ resource, scopeSpans: [{ scope, spans: [span] }] }] },
      find: async () => {
        const { spans } = await context.client.get(`traces/${traceId}`, {}, traceResponse);
        return spans.length > 0;
      },
    }),
    await probe(context, {
      name: 'log round trip',
      signal: 'logs',
      request: { resourceLogs: [{ resource, scopeLogs: [{ scope, logRecords: [log] }] }] },
      find: async () => {
        const { logs } = await context.client.get('logs', { traceId, from: '-5m' }, logsResponse);
        return logs.length > 0;
      },
    }),
  ];
}

interface Probe {
  readonly name: string;
  readonly signal: 'traces' | 'logs';
  readonly request: unknown;
  readonly find: () => Promise<boolean>;
}

async function probe(
  { client, signal: abort }: ServerContext,
  { name, signal, request, find }: Probe,
): Promise<Finding> {
  const converted = jsonToProtobuf(signal, new TextEncoder().encode(JSON.stringify(request)));
  const bytes = ensure(converted.ok ? converted.value : undefined, 'a probe of our own making');
  const sentMs = performance.now();
  try {
    const { accepted, message } = await sendRequest(signal, bytes, { client, abort, onWait: () => {} });
    if (accepted === 0)
      return {
        name,
        status: 'failed',
        message: `The server refused the probe: ${message}.`,
        hint: 'Compare the clocks of both machines.',
      };
  } catch (error) {
    if (!(error instanceof SightlineError)) throw error;
    return { name, status: 'failed', message: error.message, hint: error.hint };
  }
  const acknowledgedMs = performance.now();
  while (performance.now() - acknowledgedMs < visibleMsMax && !abort.aborted) {
    if (await isFound(find)) {
      const ackMs = formatDurationMs(acknowledgedMs - sentMs);
      const seenMs = formatDurationMs(performance.now() - acknowledgedMs);
      return { name, status: 'ok', message: `Acknowledged in ${ackMs}, visible ${seenMs} later.` };
    }
    await sleep(pollMs, abort);
  }
  return {
    name,
    status: 'failed',
    message: `Acknowledged, but not visible within ${formatDurationMs(visibleMsMax)}.`,
    hint: 'It is safe in the journal. Look at the pending count on the Status page and at the server’s log.',
  };
}

async function isFound(find: () => Promise<boolean>): Promise<boolean> {
  try {
    return await find();
  } catch (error) {
    if (error instanceof SightlineError && error.code === 'trace_not_found') return false;
    throw error;
  }
}

/** Looks as telemetry of the project: two metrics and a span for each, so that rules, charts and objectives have them like any other. */
import { randomBytes } from 'node:crypto';
import { ensure } from '@sightline/base';
import { jsonToProtobuf } from '@sightline/schema/otlp';
import type { CheckOutcome, StoredCheck } from '../catalog/checks.ts';

type Signal = 'metrics' | 'traces';

const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'sightline-checks' } }] };
const scope = { name: 'sightline.checks' };

/** `endMs`: when the look ended, in Unix milliseconds. */
export function telemetryOf(
  check: Pick<StoredCheck, 'name' | 'target'>,
  outcome: CheckOutcome,
  endMs: number,
): readonly { readonly signal: Signal; readonly request: Uint8Array }[] {
  const attributes = [
    { key: 'sightline.check.name', value: { stringValue: check.name } },
    { key: 'sightline.check.kind', value: { stringValue: check.target.kind } },
    ...(check.target.kind === 'program'
      ? [{ key: 'sightline.check.service', value: { stringValue: check.target.service } }]
      : []),
  ];
  const at = nanos(endMs);
  const gauge = (name: string, unit: string, asDouble: number) => ({
    name,
    unit,
    gauge: { dataPoints: [{ timeUnixNano: at, asDouble, attributes }] },
  });
  const metrics = [gauge('sightline.check.up', '', outcome.ok ? 1 : 0)];
  if (outcome.ms !== null) metrics.push(gauge('sightline.check.duration', 's', outcome.ms / 1000));
  if (outcome.certificateDays !== null)
    metrics.push(gauge('sightline.check.certificate_days', 'd', outcome.certificateDays));
  const span = {
    traceId: randomBytes(16).toString('hex'),
    spanId: randomBytes(8).toString('hex'),
    name: `check ${check.name}`,
    kind: 3,
    startTimeUnixNano: nanos(endMs - (outcome.ms ?? 0)),
    endTimeUnixNano: at,
    attributes: [...attributes, ...addressOf(check.target)],
    status: outcome.ok ? {} : { code: 2, message: outcome.reason ?? '' },
  };
  return [
    encoded('metrics', { resourceMetrics: [{ resource, scopeMetrics: [{ scope, metrics }] }] }),
    encoded('traces', { resourceSpans: [{ resource, scopeSpans: [{ scope, spans: [span] }] }] }),
  ];
}

function addressOf(target: StoredCheck['target']) {
  const text = (key: string, stringValue: string) => ({ key, value: { stringValue } });
  if (target.kind === 'http') {
    const { origin, pathname } = new URL(target.url);
    return [text('url.full', `${origin}${pathname}`), text('http.request.method', target.method)];
  }
  return target.kind === 'heartbeat' || target.kind === 'program'
    ? []
    : [text('server.address', target.host)];
}

function encoded(signal: Signal, json: unknown) {
  const request = jsonToProtobuf(signal, Buffer.from(JSON.stringify(json)));
  return { signal, request: ensure(request.ok ? request.value : undefined, 'telemetry of a check') };
}

function nanos(ms: number): string {
  return String(BigInt(Math.round(ms * 1000)) * 1000n);
}

/** What Sentry's SDKs send, as OTLP: errors and messages become log records, transactions become spans. */
import { ownValue } from '@sightline/base';
import { jsonObject, type SentryEnvelope } from './read-envelope.ts';
import {
  attributesOf,
  hexId,
  type Json,
  jsonText,
  listOf,
  nanosOf,
  objectOf,
  tagsOf,
  textOf,
} from './sentry-values.ts';
import { stackText, thrownIn } from './stack-text.ts';

export interface SentryRequests {
  /** OTLP/JSON; absent where nothing of the signal was sent. */
  readonly logs?: Json;
  readonly traces?: Json;
  /** Items that are stored, and those that cannot be read. */
  readonly items: number;
  readonly unreadable: number;
}

interface Made {
  readonly resource: Json;
  readonly record: Json;
}

/** As an SDK: a Sightline that sends errors on to a Sentry, which may be another Sightline. As the name of a log record: one that came so. */
export const forwardedName = 'sightline.forward';

const breadcrumbsMax = 100;
const spansMax = 2_000;
const logsMax = 1_000;
const itemBytesMax = 8 << 20;

/** Items that say nothing of a program (reports of the client, sessions, check-ins, replays, attachments) are left out. */
export function sentryRequests({ items }: SentryEnvelope, nowNanos: bigint): SentryRequests {
  const logs: Made[] = [];
  const spans: Made[] = [];
  let unreadable = 0;
  let count = 0;
  for (const { type, payload } of items) {
    const read = ownValue(readers, type);
    if (read === undefined) continue;
    const item = payload.length > itemBytesMax ? undefined : jsonObject(payload);
    if (item === undefined) {
      unreadable += 1;
      continue;
    }
    const made = read(item, nowNanos);
    logs.push(...made.logs);
    spans.push(...made.spans);
    count += 1;
  }
  return {
    ...(logs.length > 0 && { logs: { resourceLogs: grouped(logs, 'scopeLogs', 'logRecords') } }),
    ...(spans.length > 0 && { traces: { resourceSpans: grouped(spans, 'scopeSpans', 'spans') } }),
    items: count,
    unreadable,
  };
}

interface Read {
  readonly logs: readonly Made[];
  readonly spans: readonly Made[];
}

const readers: Readonly<Record<string, (item: Json, nowNanos: bigint) => Read>> = {
  event: (item, now) => ({ logs: [logOf(item, now)], spans: [] }),
  transaction: (item, now) => ({ logs: [], spans: spansOf(item, now) }),
  log: (item, now) => ({
    logs: listOf(item['items'])
      .slice(0, logsMax)
      .map((each) => plainLog(objectOf(each), now)),
    spans: [],
  }),
  span: (item, now) => ({
    logs: [],
    spans: listOf(item['items'])
      .slice(0, spansMax)
      .flatMap((each) => streamedSpan(objectOf(each), now)),
  }),
};

function grouped(made: readonly Made[], scopes: string, items: string): readonly Json[] {
  return [...Map.groupBy(made, ({ resource }) => JSON.stringify(resource)).values()].map((same) => ({
    resource: { attributes: attributesOf(same[0]?.resource ?? {}) },
    [scopes]: [{ scope: { name: 'sentry' }, [items]: same.map(({ record }) => record) }],
  }));
}

/** `shop@1.4.0+17` names the program and its version. */
function resourceOf(event: Json): Json {
  const { release, environment, server_name, sdk, contexts, platform } = event;
  const [, name = '', version = ''] = /^([^@]{1,100})@(.{1,100})$/.exec(textOf(release)) ?? [];
  const tags = tagsOf(event['tags']);
  const app = objectOf(objectOf(contexts)['app']);
  return {
    'service.name':
      textOf(tags['service.name']) ||
      textOf(tags['service']) ||
      name ||
      textOf(app['app_name']) ||
      'unknown_service',
    'service.version': version || textOf(release),
    'deployment.environment.name': textOf(environment),
    'host.name': textOf(server_name),
    'telemetry.sdk.name': textOf(objectOf(sdk)['name']),
    'telemetry.sdk.version': textOf(objectOf(sdk)['version']),
    'telemetry.sdk.language': textOf(platform),
  };
}

const severities: Readonly<Record<string, number>> = {
  fatal: 21,
  error: 17,
  warning: 13,
  warn: 13,
  log: 9,
  info: 9,
  debug: 5,
  trace: 1,
};

function logOf(event: Json, now: bigint): Made {
  const thrown = thrownIn(event);
  const outer = thrown.at(-1);
  const platform = textOf(event['platform']);
  const said = messageOf(event);
  const level = textOf(event['level']) || 'error';
  const trace = objectOf(objectOf(event['contexts'])['trace']);
  const time = nanosOf(event['timestamp'], now);
  const isForwarded = objectOf(event['sdk'])['name'] === forwardedName;
  const body = said || (outer === undefined ? '' : `${outer.type}: ${outer.message}`);
  return {
    resource: resourceOf(event),
    record: {
      timeUnixNano: time,
      observedTimeUnixNano: now.toString(),
      severityNumber: ownValue(severities, level) ?? 17,
      severityText: level,
      ...(isForwarded && { eventName: forwardedName }),
      body: { stringValue: body },
      traceId: hexId(trace['trace_id'], 32),
      spanId: hexId(trace['span_id'], 16),
      attributes: attributesOf({
        'exception.type': outer?.type,
        // A message that was captured without an exception is an error of its own, as it is an issue in Sentry.
        'exception.message': outer === undefined ? said : outer.message,
        'exception.stacktrace': stackText(thrown, platform),
        ...commonOf(event),
        'sentry.breadcrumbs': breadcrumbsOf(event).length === 0 ? undefined : jsonText(breadcrumbsOf(event)),
        'sentry.fingerprint': event['fingerprint'],
        'sentry.logger': event['logger'],
      }),
    },
  };
}

/** What errors and transactions have alike. */
function commonOf(event: Json): Json {
  const user = objectOf(event['user']);
  const request = objectOf(event['request']);
  return {
    'user.id': textOf(user['id']) || textOf(user['email']) || textOf(user['username']),
    'sentry.event_id': textOf(event['event_id']),
    'sentry.transaction': textOf(event['transaction']),
    'http.request.method': textOf(request['method']),
    'url.full': textOf(request['url']),
    ...tagsOf(event['tags']),
    ...Object.fromEntries(
      Object.entries(objectOf(event['extra'])).map(([key, value]) => [`extra.${key}`, value]),
    ),
  };
}

function messageOf(event: Json): string {
  const entry = objectOf(event['logentry']);
  const { message } = event;
  return (
    textOf(entry['formatted']) ||
    textOf(entry['message']) ||
    textOf(message) ||
    textOf(objectOf(message)['formatted']) ||
    textOf(objectOf(message)['message'])
  );
}

function breadcrumbsOf(event: Json): readonly Json[] {
  const { breadcrumbs } = event;
  const all = Array.isArray(breadcrumbs) ? breadcrumbs : listOf(objectOf(breadcrumbs)['values']);
  return all.slice(-breadcrumbsMax).map(objectOf);
}

/** The transaction itself is the span above its spans. Breadcrumbs are its events. */
function spansOf(transaction: Json, now: bigint): readonly Made[] {
  const resource = resourceOf(transaction);
  const trace = objectOf(objectOf(transaction['contexts'])['trace']);
  const traceId = hexId(trace['trace_id'], 32);
  const root = spanOf(
    {
      ...trace,
      description: transaction['transaction'],
      start_timestamp: transaction['start_timestamp'],
      timestamp: transaction['timestamp'],
    },
    { traceId, now, more: commonOf(transaction) },
  );
  if (root === undefined) return [];
  const events = breadcrumbsOf(transaction).map((crumb) => ({
    timeUnixNano: nanosOf(crumb['timestamp'], now),
    name: textOf(crumb['category']) || textOf(crumb['type']) || 'breadcrumb',
    attributes: attributesOf({ message: crumb['message'], level: crumb['level'], data: crumb['data'] }),
  }));
  const spans = listOf(transaction['spans'])
    .slice(0, spansMax)
    .map((span) => spanOf(objectOf(span), { traceId, now, more: {} }));
  return [{ ...root, events }, ...spans].flatMap((record) =>
    record === undefined ? [] : [{ resource, record }],
  );
}

interface SpanPlace {
  readonly traceId: string;
  readonly now: bigint;
  readonly more: Json;
}

/** Undefined where its ids are none. */
function spanOf(span: Json, { traceId, now, more }: SpanPlace): Json | undefined {
  const own = hexId(span['trace_id'], 32) || traceId;
  const spanId = hexId(span['span_id'], 16);
  if (own === '' || spanId === '') return undefined;
  const op = textOf(span['op']);
  const status = textOf(span['status']);
  return {
    traceId: own,
    spanId,
    parentSpanId: hexId(span['parent_span_id'], 16),
    name: textOf(span['description']) || op || 'span',
    kind: kindOf(op),
    startTimeUnixNano: nanosOf(span['start_timestamp'], now),
    endTimeUnixNano: nanosOf(span['timestamp'], now),
    status: statusOf(status),
    attributes: attributesOf({
      ...objectOf(span['data']),
      ...tagsOf(span['tags']),
      ...more,
      'sentry.op': op,
    }),
  };
}

const kindOf = (op: string): number =>
  op.startsWith('http.server') ? 2 : /^(?:http\.client|db|cache|rpc)/.test(op) ? 3 : 1;

function statusOf(status: string): Json {
  if (status === '' || status === 'unset' || status === 'unknown') return {};
  return status === 'ok' ? { code: 1 } : { code: 2, message: status };
}

/** Attributes of logs and of streamed spans come as `{"value", "type"}`. */
const plainAttributes = (item: Json): Json =>
  Object.fromEntries(
    Object.entries(objectOf(item['attributes'])).map(([key, value]) => [key, objectOf(value)['value']]),
  );

/** What an event says of its program, for items that say it in attributes. */
const eventOf = (attributes: Json): Json => ({
  release: attributes['sentry.release'],
  environment: attributes['sentry.environment'],
  server_name: attributes['server.address'],
  sdk: { name: attributes['sentry.sdk.name'], version: attributes['sentry.sdk.version'] },
  tags: { service: attributes['service.name'] },
});

/** A span by itself: how newer SDKs send traces. */
function streamedSpan(span: Json, now: bigint): readonly Made[] {
  const attributes = plainAttributes(span);
  const record = spanOf(
    {
      ...span,
      description: span['name'],
      timestamp: span['end_timestamp'],
      op: attributes['sentry.op'],
      data: attributes,
    },
    { traceId: '', now, more: {} },
  );
  return record === undefined ? [] : [{ resource: resourceOf(eventOf(attributes)), record }];
}

function plainLog(log: Json, now: bigint): Made {
  const attributes = plainAttributes(log);
  const level = textOf(log['level']);
  return {
    resource: resourceOf(eventOf(attributes)),
    record: {
      timeUnixNano: nanosOf(log['timestamp'], now),
      observedTimeUnixNano: now.toString(),
      severityNumber: ownValue(severities, level) ?? 9,
      severityText: level,
      body: { stringValue: textOf(log['body']) },
      traceId: hexId(log['trace_id'], 32),
      spanId: hexId(log['span_id'], 16),
      attributes: attributesOf(attributes),
    },
  };
}

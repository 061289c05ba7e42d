/**
 * How soon alerts tell, at a started server with a webhook on loopback:
 *
 * - from an event to the message about it, at random times within the interval; the bound is the interval and 5 s,
 * - from the start of a server that was killed to its first look, and to the first message; the bound is 5 s,
 * - of a rule whose answer has 10,000 label sets: how many alerts there are, and how long a look takes.
 *
 *     npm run bench -- alert-times
 *     node --conditions=source bench/alert-times.bench.ts [--interval 10] [--events 30] [--restarts 10]
 */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { seededRandom } from '@sightline/base';
import { type ServerProcess, startServerProcess, untilAtRest } from './server-process.ts';

const { values } = parseArgs({
  options: {
    interval: { type: 'string', default: '10' },
    events: { type: 'string', default: '30' },
    restarts: { type: 'string', default: '10' },
  },
});
const [intervalS, events, restarts] = [values.interval, values.events, values.restarts].map(Number) as [
  number,
  number,
  number,
];
const labelSets = 10_000;

interface Told {
  readonly atMs: number;
  readonly status: string;
  readonly service: string;
}

const told: Told[] = [];
const receiver = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const { data } = JSON.parse(Buffer.concat(chunks).toString()) as {
      data: { alerts: { state: string; labels: Record<string, string> }[] };
    };
    for (const { state, labels } of data.alerts)
      told.push({ atMs: performance.now(), status: state, service: labels['service'] ?? '' });
    response.end();
  });
});
receiver.listen(0, '127.0.0.1');
await once(receiver, 'listening');

const directory = mkdtempSync(join(tmpdir(), 'sightline-alert-times-'));
const start = async (): Promise<ServerProcess> =>
  startServerProcess({
    dataDirectory: directory,
    timeoutMs: 120_000,
    env: { SIGHTLINE_CHANNEL_NETWORK: '127.0.0.1/32' },
  });
let server = await start();
try {
  await untilAtRest(server);
  const channel = (await ask('POST', '/channels', {
    name: 'bench',
    settings: {
      type: 'webhook',
      url: `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`,
      secrets: [`whsec_${Buffer.from('a secret of this bench, long enough').toString('base64')}`],
    },
  })) as { id: string };
  await ask('PUT', '/alerts/routes', {
    routes: [
      {
        name: 'all',
        channels: [channel.id],
        groupBy: ['alertname', 'service'],
        groupIntervalS: 0,
      },
    ],
  });
  console.log(`${cpus().length} cores, load ${loadavg()[0]?.toFixed(1)}`);
  await ask('POST', '/alerts/rules', {
    name: 'Something came',
    query: 'count by service over 1h > 0',
    intervalS,
  });
  await eventToMessage();
  await restartToLook();
  await tooMany();
} finally {
  await server.stop();
  receiver.close();
  rmSync(directory, { recursive: true });
}

/** One span of a service that nobody has seen: it fires at the next look. */
async function eventToMessage(): Promise<void> {
  const random = seededRandom(7);
  const lateMs: number[] = [];
  for (let event = 0; event < events; event++) {
    await delay(random() * intervalS * 1000);
    const service = `event-${event}`;
    const sentMs = performance.now();
    await sendSpan(service);
    lateMs.push((await toldOf(service)) - sentMs);
  }
  print(`event to message, a look every ${intervalS} s`, lateMs);
}

async function restartToLook(): Promise<void> {
  const lookMs: number[] = [];
  const messageMs: number[] = [];
  const { id } = (await ask('POST', '/alerts/rules', {
    name: 'Came after a start',
    query: 'count where -service:event* by service over 1h > 0',
    intervalS: 1,
  })) as { id: string };
  await lookAfter(id, Date.now());
  for (let round = 0; round < restarts; round++) {
    // A message that arrives after the start is about an event before the kill.
    const service = `restart-${round}`;
    await sendSpan(service);
    await server.stop('SIGKILL');
    const [sinceMs, began] = [Date.now(), performance.now()];
    server = await start();
    await lookAfter(id, sinceMs);
    lookMs.push(performance.now() - began);
    messageMs.push(Math.max(0, (await toldOf(service)) - began));
    if (round === 0) console.log(`start to ready: ${server.readyMs.toFixed(0)} ms`);
  }
  print('kill -9 and start, to the first look', lookMs);
  print('kill -9 and start, to the message of what came before', messageMs);
}

async function lookAfter(id: string, ms: number): Promise<void> {
  for (const until = performance.now() + 120_000; performance.now() < until; await delay(20)) {
    const { state } = (await ask('GET', `/alerts/rules/${id}`)) as {
      state: { lastEvaluatedAt: string | null };
    };
    if (Date.parse(state.lastEvaluatedAt ?? '1970') > ms) return;
  }
  throw new Error('The rule was not looked at for two minutes.');
}

async function tooMany(): Promise<void> {
  const time = String(BigInt(Date.now()) * 1_000_000n);
  const dataPoints = Array.from({ length: labelSets }, (_, index) => ({
    timeUnixNano: time,
    asDouble: 1,
    attributes: [{ key: 'user', value: { stringValue: `user-${index}` } }],
  }));
  await send('metrics', {
    resourceMetrics: [{ scopeMetrics: [{ metrics: [{ name: 'queue_depth', gauge: { dataPoints } }] }] }],
  });
  const { id } = (await ask('POST', '/alerts/rules', {
    name: 'Queues are deep',
    kind: 'promql',
    query: 'queue_depth > 0',
    intervalS: 2,
  })) as { id: string };
  for (const until = performance.now() + 120_000; performance.now() < until; await delay(200)) {
    const { alerts } = (await ask('GET', `/alerts?ruleId=${id}&limit=1000`)) as {
      alerts: { reason: string }[];
    };
    if (alerts.length === 0) continue;
    const { state } = (await ask('GET', `/alerts/rules/${id}`)) as { state: { tookMs: number | null } };
    console.log(
      `${labelSets} label sets: ${alerts.length} alert (${alerts.map(({ reason }) => reason).join(', ')}), a look takes ${state.tookMs} ms`,
    );
    return;
  }
  throw new Error('Nothing fired for two minutes.');
}

async function toldOf(service: string): Promise<number> {
  for (const until = performance.now() + 180_000; performance.now() < until; await delay(5)) {
    const found = told.find((each) => each.service === service && each.status === 'firing');
    if (found !== undefined) return found.atMs;
  }
  throw new Error(`Nobody was told of ${service} within three minutes.`);
}

async function sendSpan(service: string): Promise<void> {
  const now = BigInt(Date.now()) * 1_000_000n;
  const hex = service.replaceAll(/\D/g, '').padStart(31, '0');
  await send('traces', {
    resourceSpans: [
      {
        resource: { attributes: [{ key: 'service.name', value: { stringValue: service } }] },
        scopeSpans: [
          {
            spans: [
              {
                traceId: `${service.startsWith('event') ? 'e' : 'a'}${hex}`,
                spanId: hex.slice(-16).replace(/^0/, 'b'),
                name: 'work',
                startTimeUnixNano: String(now - 1_000_000n),
                endTimeUnixNano: String(now),
              },
            ],
          },
        ],
      },
    ],
  });
}

async function send(signal: 'traces' | 'metrics', body: unknown): Promise<void> {
  const response = await fetch(`${server.otlpHttp}/v1/${signal}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(await response.text());
}

async function ask(method: string, path: string, body?: unknown): Promise<unknown> {
  const response = await fetch(`${server.ui}/api/v1${path}`, {
    method,
    ...(body === undefined
      ? {}
      : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  });
  if (!response.ok) throw new Error(`${method} ${path}: ${await response.text()}`);
  return response.json();
}

function print(name: string, ms: readonly number[]): void {
  const sorted = ms.toSorted((left, right) => left - right);
  const at = (share: number): string =>
    `${((sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0) / 1000).toFixed(2)} s`;
  console.log(`${name}: median ${at(0.5)}, p95 ${at(0.95)}, most ${at(1)} of ${ms.length}`);
}

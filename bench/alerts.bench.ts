/**
 * The CPU that alert rules cost a running server: its process with 500 rules of ten label sets each, evaluated once a minute, minus the same process without rules.
 *
 *     npm run bench -- alerts
 *     node --conditions=source bench/alerts.bench.ts [--rules 500] [--minutes 3] [--every 60]
 *
 * Ten services send spans all the time. Rules are all different: filters, aggregates and thresholds; a tenth is PromQL.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { startServerProcess, untilAtRest } from './server-process.ts';

const { values } = parseArgs({
  options: {
    rules: { type: 'string', default: '500' },
    minutes: { type: 'string', default: '3' },
    every: { type: 'string', default: '60' },
  },
});
const [ruleCount, minutes, everyS] = [values.rules, values.minutes, values.every].map(Number) as [
  number,
  number,
  number,
];
const services = 10;

const directory = mkdtempSync(join(tmpdir(), 'sightline-alerts-'));
const server = await startServerProcess({ dataDirectory: directory, timeoutMs: 120_000 });
let isSending = true;
try {
  await untilAtRest(server);
  const sending = send();
  // In its first minute a server still compiles and loads: that CPU belongs to neither side.
  await delay(60_000);
  const without = await measure('without rules', 60);
  await makeRules();
  // The first looks open files and plan.
  await delay(everyS * 1000 + 5_000);
  const withRules = await measure(`with ${ruleCount} rules every ${everyS} s`, minutes * 60);
  const share = withRules - without;
  console.log(
    `${ruleCount} rules × ${services} label sets: ${((share * everyS) / ruleCount).toFixed(1)} ms of CPU a look, ${(share / 10).toFixed(1)} % of a core`,
  );
  const { rules } = (await get('/alerts/rules')) as { rules: { state: { health: string } }[] };
  const health = Map.groupBy(rules, ({ state }) => state.health);
  console.log(
    [...health].map(([name, some]) => `${name}: ${some.length}`).join(', '),
    '·',
    JSON.stringify(await get('/alerts/status')),
  );
  isSending = false;
  await sending;
} finally {
  isSending = false;
  await server.stop();
  rmSync(directory, { recursive: true });
}

/** Milliseconds of CPU a second. */
async function measure(name: string, seconds: number): Promise<number> {
  const [before, beganMs] = [server.cpuS() * 1000, performance.now()];
  await delay(seconds * 1000);
  const rate = (server.cpuS() * 1000 - before) / ((performance.now() - beganMs) / 1000);
  console.log(
    `${name}: ${rate.toFixed(0)} ms of CPU a second (${cpus().length} cores, load ${loadavg()[0]?.toFixed(1)})`,
  );
  return rate;
}

async function makeRules(): Promise<void> {
  const aggregates = ['count', 'p95(duration)', 'error_rate', 'max(duration)', 'rate'];
  const thresholds = ['> 1000000', '> 3600s', '> 99%', '> 3600s', '> 1000000'];
  for (let number = 0; number < ruleCount; number++) {
    const kind = number % 10 === 9 ? 'promql' : 'sightline';
    const place = number % aggregates.length;
    const query =
      kind === 'promql'
        ? `sum by (service_name) (rate(traces_span_metrics_calls_total{span_name!="never ${number}"}[5m])) > ${1_000_000 + number}`
        : `${aggregates[place]} where -name:"never ${number}" by service over 5m ${thresholds[place]}`;
    const response = await fetch(`${server.ui}/api/v1/alerts/rules`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name: `Rule ${number}`, kind, query, intervalS: everyS }),
    });
    if (!response.ok) throw new Error(await response.text());
  }
}

async function send(): Promise<void> {
  const hex = (digits: number): string =>
    Array.from({ length: digits }, () => Math.floor(Math.random() * 16).toString(16)).join('');
  while (isSending) {
    const now = BigInt(Date.now()) * 1_000_000n;
    const resourceSpans = Array.from({ length: services }, (_each, service) => ({
      resource: { attributes: [{ key: 'service.name', value: { stringValue: `service-${service}` } }] },
      scopeSpans: [
        {
          spans: Array.from({ length: 20 }, () => ({
            traceId: hex(32),
            spanId: hex(16),
            name: 'GET /',
            startTimeUnixNano: String(now - 50_000_000n),
            endTimeUnixNano: String(now),
            status: { code: Math.random() < 0.01 ? 2 : 1 },
          })),
        },
      ],
    }));
    await fetch(`${server.otlpHttp}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ resourceSpans }),
    });
    await delay(1_000);
  }
}

async function get(path: string): Promise<unknown> {
  return (await fetch(`${server.ui}/api/v1${path}`)).json();
}

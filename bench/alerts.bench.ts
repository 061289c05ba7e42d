/**
 * The CPU that alert rules cost a running server: its process with 500 rules of ten label sets each, minus the same process without rules. Ends within three minutes: rules are looked
 * at every 20 seconds, and what a look costs is told as a share of a core for a look a minute.
 *
 *     npm run bench -- alerts
 *     node --conditions=source bench/alerts.bench.ts [--rules 500] [--looks 3] [--every 20]
 *
 * Ten services send spans all the time, a tenth of them calls of ten models; five minutes of them, what a rule's window holds, are there from the start.
 * Rules are all different: filters, aggregates and thresholds; a tenth is by model over calls, a tenth is PromQL.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { startServerProcess } from './server-process.ts';

const { values } = parseArgs({
  options: {
    rules: { type: 'string', default: '500' },
    looks: { type: 'string', default: '3' },
    every: { type: 'string', default: '20' },
  },
});
const [ruleCount, looks, everyS] = [values.rules, values.looks, values.every].map(Number) as [
  number,
  number,
  number,
];
const services = 10;
const spansOfService = 20;
const windowS = 300;

const beganMs = performance.now();
const directory = mkdtempSync(join(tmpdir(), 'sightline-alerts-'));
const server = await startServerProcess({ dataDirectory: directory, timeoutMs: 120_000 });
let isSending = true;
try {
  for (let ageS = windowS; ageS > 0; ageS -= 5) await post(ageS, 5);
  const sending = send();
  // A server that just began still compiles, loads and settles: that CPU belongs to neither side.
  await delay(30_000);
  const without = await measure('without rules', 20);
  await makeRules();
  // The first looks open files and plan.
  await delay(everyS * 1000);
  const before = await evaluations();
  const withRules = await measure(`with ${ruleCount} rules every ${everyS} s`, looks * everyS);
  const seen = ((await evaluations()) - before) / ruleCount;
  const lookMs = ((withRules - without) * looks * everyS) / (seen * ruleCount);
  console.log(
    `${ruleCount} rules × ${services} label sets: ${lookMs.toFixed(1)} ms of CPU a look over ${seen.toFixed(1)} looks of all, ${((lookMs * ruleCount) / 600).toFixed(1)} % of a core for a look a minute`,
  );
  const { rules } = (await get('/alerts/rules')) as { rules: { state: { health: string } }[] };
  const health = Map.groupBy(rules, ({ state }) => state.health);
  console.log(
    [...health].map(([name, some]) => `${name}: ${some.length}`).join(', '),
    '·',
    JSON.stringify(await get('/alerts/status')),
    `· all of it in ${((performance.now() - beganMs) / 1000).toFixed(0)} s`,
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
  const [before, sinceMs] = [server.cpuS() * 1000, performance.now()];
  await delay(seconds * 1000);
  const rate = (server.cpuS() * 1000 - before) / ((performance.now() - sinceMs) / 1000);
  console.log(
    `${name}: ${rate.toFixed(0)} ms of CPU a second (${cpus().length} cores, load ${loadavg()[0]?.toFixed(1)})`,
  );
  return rate;
}

async function evaluations(): Promise<number> {
  const text = await (await fetch(`${server.ui}/metrics`)).text();
  return Number(/^sightline_alerts_evaluations_total (\d+)/m.exec(text)?.[1]);
}

function queryOf(number: number): { readonly kind: string; readonly query: string } {
  const aggregates = ['count', 'p95(duration)', 'error_rate', 'max(duration)', 'rate'];
  const thresholds = ['> 1000000', '> 3600s', '> 99%', '> 3600s', '> 1000000'];
  const place = number % aggregates.length;
  const asked = (rest: string): string =>
    `${aggregates[place]} ${rest} over ${windowS / 60}m ${thresholds[place]}`;
  switch (number % 10) {
    case 8:
      return { kind: 'sightline', query: asked(`of calls where -name:"never ${number}" by model`) };
    case 9:
      return {
        kind: 'promql',
        query: `sum by (service_name) (rate(traces_span_metrics_calls_total{span_name!="never ${number}"}[5m])) > ${1_000_000 + number}`,
      };
    default:
      return { kind: 'sightline', query: asked(`where -name:"never ${number}" by service`) };
  }
}

async function makeRules(): Promise<void> {
  const make = async (number: number): Promise<void> => {
    const response = await fetch(`${server.ui}/api/v1/alerts/rules`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name: `Rule ${number}`, ...queryOf(number), intervalS: everyS }),
    });
    if (!response.ok) throw new Error(await response.text());
  };
  for (let from = 0; from < ruleCount; from += 10)
    await Promise.all(
      Array.from({ length: Math.min(10, ruleCount - from) }, async (_each, at) => make(from + at)),
    );
}

async function send(): Promise<void> {
  while (isSending) {
    await post(0, 1);
    await delay(1_000);
  }
}

/** Sends the spans of `seconds` seconds. They ended `agoS` seconds ago. */
async function post(agoS: number, seconds: number): Promise<void> {
  const hex = (digits: number): string =>
    Array.from({ length: digits }, () => Math.floor(Math.random() * 16).toString(16)).join('');
  const end = BigInt(Date.now() - agoS * 1000) * 1_000_000n;
  const call = (service: number) => ({
    name: 'chat',
    attributes: Object.entries({
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': `model-${service}`,
      'gen_ai.response.model': `model-${service}-2026`,
    }).map(([key, stringValue]) => ({ key, value: { stringValue } })),
  });
  const resourceSpans = Array.from({ length: services }, (_each, service) => ({
    resource: { attributes: [{ key: 'service.name', value: { stringValue: `service-${service}` } }] },
    scopeSpans: [
      {
        spans: Array.from({ length: spansOfService * seconds }, (_span, at) => ({
          traceId: hex(32),
          spanId: hex(16),
          name: 'GET /',
          startTimeUnixNano: String(end - 50_000_000n),
          endTimeUnixNano: String(end),
          status: { code: Math.random() < 0.01 ? 2 : 1 },
          ...(at % 10 === 0 ? call(service) : {}),
        })),
      },
    ],
  }));
  const response = await fetch(`${server.otlpHttp}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ resourceSpans }),
  });
  if (!response.ok) throw new Error(await response.text());
}

async function get(path: string): Promise<unknown> {
  return (await fetch(`${server.ui}/api/v1${path}`)).json();
}

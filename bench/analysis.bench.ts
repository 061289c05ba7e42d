/**
 * Where the time goes and what differs: critical paths of many traces, comparisons and the service map, asked of a started server over HTTP.
 *
 *     npm run bench -- analysis
 *     npm run bench -- analysis [--spans 2000000] [--runs 5] [--data <directory>] [--only <part of a question's name> …]
 *
 * Makes its data (24 hours of it) by the real load path, unless the directory already holds some; a directory is kept. Questions are about the time up to now: data of a directory grows old.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { cpus, loadavg, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { fillDirectory } from './fill-store.ts';
import { startServerProcess, untilAtRest } from './server-process.ts';

const { values } = parseArgs({
  options: {
    spans: { type: 'string', default: '2000000' },
    runs: { type: 'string', default: '5' },
    data: { type: 'string' },
    only: { type: 'string', multiple: true, default: [''] },
  },
});
const directory = values.data ?? mkdtempSync(join(tmpdir(), 'sightline-analysis-'));
/** A hundred services. */
const systems = 30;
const questions: readonly (readonly [string, string, string])[] = [
  ['critical paths of 20,000 traces', '/critical-path?from=-24h&sample=20000', '< 700 ms'],
  ['critical paths of 2,000 traces, an hour', '/critical-path?from=-1h', ''],
  ['the slow against the rest, an hour', '/compare?from=-1h&a=trace.duration%3E2s', '< 400 ms'],
  ['an hour against the hour before', '/compare?from=-1h&bFrom=-2h&bTo=-1h', '< 400 ms'],
  ['the slow against the rest, a day', '/compare?from=-24h&a=trace.duration%3E2s', ''],
  ['half a day against the half before', '/compare?from=-12h&bFrom=-24h&bTo=-12h', ''],
  ['service map, an hour', '/service-map?from=-1h', ''],
  ['service map, a day', '/service-map?from=-24h', '< 150 ms'],
  ['stages by version, an hour', '/stages?from=-1h', ''],
];

const asked = questions.filter(([name]) => values.only.some((part) => name.includes(part)));
if (asked.length === 0)
  throw new Error(
    `No question has ${values.only.join(' or ')} in its name. There are: ${questions.map(([name]) => name).join('; ')}.`,
  );
if (!existsSync(join(directory, 'telemetry')))
  await fillDirectory(directory, Number(values.spans), { systems });
const server = await startServerProcess({ dataDirectory: directory, timeoutMs: 120_000 });
try {
  await untilAtRest(server);
  console.log(
    `${cpus().length} × ${cpus()[0]?.model ?? 'CPU'}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}, load average ${loadavg()[0]?.toFixed(1)}; ${values.spans} spans\n`,
  );
  console.log(
    '| question | bar | best | middle | CPU of the server | looked at |\n| --- | --- | ---: | ---: | ---: | --- |',
  );
  for (const [name, path, bar] of asked) await measure(name, path, bar);
} finally {
  await server.stop();
  if (values.data === undefined) rmSync(directory, { recursive: true });
}

async function measure(name: string, path: string, bar: string): Promise<void> {
  const times: number[] = [];
  let looked = '';
  const cpuS = server.cpuS();
  for (let run = 0; run < Number(values.runs); run++) {
    const begin = performance.now();
    const response = await fetch(`${server.ui}/api/v1${path}`);
    const body = (await response.json()) as Answer;
    times.push(performance.now() - begin);
    if (!response.ok) throw new Error(`${path}: ${JSON.stringify(body)}`);
    looked = lookedAt(body);
  }
  const cpuMs = Math.round(((server.cpuS() - cpuS) * 1000) / times.length);
  const sorted = times.toSorted((a, b) => a - b);
  console.log(
    `| ${name} | ${bar} | ${Math.round(sorted[0] ?? 0)} ms | ${Math.round(sorted[sorted.length >> 1] ?? 0)} ms | ${cpuMs} ms | ${looked} |`,
  );
}

/** The fields of an answer that say how much data it is based on. */
interface Answer {
  readonly sampledShare?: number;
  readonly sampled?: number;
  readonly spans?: number;
  readonly a?: { readonly sampled: number };
  readonly b?: { readonly sampled: number };
}

function lookedAt({ sampled, spans, a, b, sampledShare }: Answer): string {
  if (sampledShare !== undefined) return `${spans} spans, ${sampledShare} of the traces`;
  if (sampled !== undefined) return `${sampled} traces, ${spans} spans`;
  return a === undefined ? '' : `${a.sampled} and ${b?.sampled} traces`;
}

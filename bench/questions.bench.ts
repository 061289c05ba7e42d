/**
 * How long people wait: the questions of the numbers in README and product, asked of a started server over HTTP.
 *
 *     npm run bench -- questions
 *     node bench/questions.bench.ts [--spans 1000000] [--runs 20] [--data <directory>]
 *
 * Makes its data (24 hours of it) by the real load path, unless the directory already holds some; a directory is kept.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { cpus, loadavg, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { fillDirectory } from './fill-store.ts';
import { startServerProcess, untilAtRest } from './server-process.ts';

const { values } = parseArgs({
  options: {
    spans: { type: 'string', default: '1000000' },
    runs: { type: 'string', default: '20' },
    data: { type: 'string' },
  },
});
const directory = values.data ?? mkdtempSync(join(tmpdir(), 'sightline-questions-'));

if (!existsSync(join(directory, 'telemetry'))) await fillDirectory(directory, Number(values.spans));
const server = await startServerProcess({ dataDirectory: directory, timeoutMs: 120_000 });
try {
  await untilAtRest(server);
  await askAll();
} finally {
  await server.stop();
  if (values.data === undefined) rmSync(directory, { recursive: true });
}

async function askAll(): Promise<void> {
  const traces = (await get('/traces?from=-25h&limit=50')) as {
    traces: { traceId: string; service: string; userId: string | null }[];
  };
  const [sample] = traces.traces;
  if (sample === undefined) throw new Error('The data holds no traces of the last day.');
  const questions: readonly (readonly [string, string, string])[] = [
    ['one trace by its id', `/traces/${sample.traceId}`, '< 50 ms'],
    ['newest 50 traces, 24 h', '/traces?from=-24h&limit=50', '< 100 ms'],
    ['newest 50 traces with an error, 24 h', '/traces?from=-24h&status=error&limit=50', ''],
    ['newest 50 spans of a service, 24 h', `/spans?from=-24h&service=${sample.service}&limit=50`, '< 100 ms'],
    [
      'newest 50 spans, a common attribute, 24 h',
      '/spans?from=-24h&limit=50&q=attr.app.feature:search',
      '< 100 ms',
    ],
    [
      'newest 50 spans, an attribute nobody has, 24 h',
      '/spans?from=-24h&limit=50&q=attr.no.such.key:x',
      '< 100 ms',
    ],
    ['two common words in prompts, 24 h', '/spans?from=-24h&limit=50&q=system%20user', '< 500 ms'],
    ['a word nobody wrote, 24 h', '/spans?from=-24h&limit=50&q=zebrafinch', '< 500 ms'],
    [
      'a phrase nobody wrote, of common words, 24 h',
      '/spans?from=-24h&limit=50&q=%22system%20user%22',
      '< 500 ms',
    ],
    ...[
      'user:U',
      'user:U order',
      'operation:llm status:error',
      'order status:error',
      'zebrafinch status:error',
    ].map((q): readonly [string, string, string] => [
      `traces that join over their spans, 24 h: \`${q}\``,
      `/traces?from=-24h&limit=50&q=${encodeURIComponent(q.replace('U', sample.userId ?? 'nobody'))}`,
      '',
    ]),
    ['percentiles by service, 24 h', '/services?from=-24h', '< 200 ms'],
    ['histogram of spans, 24 h', '/histogram?signal=spans&from=-24h', ''],
  ];
  const stored = await spanCount();
  console.log(
    `${cpus().length} × ${cpus()[0]?.model ?? 'CPU'}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}, load average ${loadavg()[0]?.toFixed(1)}`,
  );
  console.log(`${stored} spans; ready after ${(server.readyMs / 1000).toFixed(1)} s\n`);
  console.log(
    '| question | p50 ms | p95 ms | p99 ms | CPU ms | bound |\n| --- | ---: | ---: | ---: | ---: | ---: |',
  );
  for (const [name, path, bound] of questions) {
    await get(path);
    const before = server.cpuS();
    const times: number[] = [];
    let cut = 0;
    for (let run = 0; run < Number(values.runs); run += 1) {
      const started = performance.now();
      const answer = (await get(path)) as { failed?: unknown; limitsMet?: unknown };
      if (answer.failed !== undefined || answer.limitsMet !== undefined) cut += 1;
      times.push(performance.now() - started);
    }
    const cpuMs = ((server.cpuS() - before) * 1000) / times.length;
    const sorted = times.toSorted((a, b) => a - b);
    const at = (share: number): string =>
      (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0).toFixed(0);
    const told = cut === 0 ? name : `${name} (${cut} of ${times.length} met a limit)`;
    console.log(`| ${told} | ${at(0.5)} | ${at(0.95)} | ${at(0.99)} | ${cpuMs.toFixed(0)} | ${bound} |`);
  }
  const { peakBytes, bytes } = server.memory();
  console.log(`\nmemory ${Math.round(bytes / 1e6)} MB, at most ${Math.round(peakBytes / 1e6)} MB`);
}

async function spanCount(): Promise<number> {
  const status = (await get('/status')) as { disk: { tables: { name: string; rows: number }[] } };
  return status.disk.tables.find(({ name }) => name === 'spans')?.rows ?? 0;
}

async function get(path: string): Promise<unknown> {
  const response = await fetch(`${server.ui}/api/v1${path}`);
  const body: unknown = await response.json();
  if (!response.ok) return { failed: body };
  return body;
}

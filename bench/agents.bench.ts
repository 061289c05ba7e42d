/**
 * How long the views of agents take, asked of a started server over HTTP: a run of 2,000 spans, the overview and the lists of a day.
 *
 *     npm run bench -- agents
 *     node --conditions=source bench/agents.bench.ts [--spans 1000000] [--runs 20] [--data <directory>]
 *
 * Makes its data by the real load path, unless the directory already holds some; a directory is kept.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { cpus, loadavg, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { fillDirectory } from './fill-store.ts';
import { longRun } from './long-run.ts';
import { startServerProcess, untilAtRest } from './server-process.ts';

const { values } = parseArgs({
  options: {
    spans: { type: 'string', default: '1000000' },
    runs: { type: 'string', default: '20' },
    data: { type: 'string' },
  },
});
/** Runs that are opened one after the other. */
const openings = 15;
const directory = values.data ?? mkdtempSync(join(tmpdir(), 'sightline-agents-'));

if (!existsSync(join(directory, 'telemetry'))) await fillDirectory(directory, Number(values.spans));
const server = await startServerProcess({ dataDirectory: directory, timeoutMs: 120_000 });
try {
  await untilAtRest(server);
  const longRuns: string[] = [];
  for (let count = 0; count < openings; count += 1) longRuns.push(await sendLongRun());
  await untilAtRest(server);
  await openAll(longRuns);
  await askAll(longRuns.at(-1) ?? '');
} finally {
  await server.stop();
  if (values.data === undefined) rmSync(directory, { recursive: true });
}

/** The id of the run, once it can be read. */
async function sendLongRun(): Promise<string> {
  const { traceId, requests } = longRun({ endMs: Date.now() - 1000, spanCount: 2000 });
  for (const request of requests) await send(JSON.stringify(request));
  for (const deadline = performance.now() + 60_000; performance.now() < deadline;) {
    const answer = (await get(`/runs/${traceId}`)) as { spanCount?: number };
    if (answer.spanCount === 2000) return traceId;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error('The run did not become visible within a minute.');
}

/** Waits as long as it is told to where the server has enough to do. */
async function send(body: string): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  for (let attempt = 0; attempt < 20; attempt += 1) {
    const answer = await fetch(`${server.otlpHttp}/v1/traces`, { method: 'POST', headers, body });
    if (answer.ok) return;
    if (answer.status !== 429) throw new Error(`The run was refused: ${await answer.text()}`);
    await new Promise((resolve) =>
      setTimeout(resolve, 1000 * Number(answer.headers.get('retry-after') ?? 1)),
    );
  }
  throw new Error('The run was told to wait twenty times.');
}

/** As somebody opens a run and goes from tab to tab: each for the first time. */
async function openAll(traceIds: readonly string[]): Promise<void> {
  const tabs = ['', '/conversation', '/graph', '/pipeline', '/cost'];
  const times = new Map(tabs.map((tab): [string, number[]] => [tab, []]));
  for (const traceId of traceIds) {
    for (const tab of tabs) {
      const started = performance.now();
      await get(`/runs/${traceId}${tab}`);
      times.get(tab)?.push(performance.now() - started);
    }
  }
  console.log('| opened for the first time | best ms | p50 ms |\n| --- | ---: | ---: |');
  for (const [tab, taken] of times) {
    const sorted = taken.toSorted((a, b) => a - b);
    const name = tab === '' ? 'steps' : tab.slice(1);
    console.log(
      `| ${name} | ${sorted[0]?.toFixed(0)} | ${sorted[Math.floor(sorted.length / 2)]?.toFixed(0)} |`,
    );
  }
  console.log('');
}

async function askAll(traceId: string): Promise<void> {
  const run = `/runs/${traceId}`;
  const questions: readonly (readonly [string, string, string])[] = [
    ['run of 2,000 spans: steps', run, '< 100 ms'],
    ['run of 2,000 spans: conversation', `${run}/conversation`, '< 100 ms'],
    ['run of 2,000 spans: graph', `${run}/graph`, '< 100 ms'],
    ['run of 2,000 spans: pipeline', `${run}/pipeline`, '< 100 ms'],
    ['run of 2,000 spans: cost', `${run}/cost`, '< 100 ms'],
    ['run of 2,000 spans: slim trace', `/traces/${traceId}?detail=slim`, '< 100 ms'],
    ['run of 2,000 spans: whole trace', `/traces/${traceId}`, ''],
    ['overview, 24 h', '/overview?from=-24h', '< 500 ms'],
    ['overview by model, 24 h', '/overview?from=-24h&groupBy=model', '< 500 ms'],
    ['overview by agent, 24 h', '/overview?from=-24h&groupBy=agent', '< 500 ms'],
    ['overview, 1 h', '/overview?from=-1h', '< 500 ms'],
    ['realtime', '/realtime', ''],
    ['newest 50 runs, 24 h', '/runs?from=-24h', '< 1 s'],
    ['50 dearest runs, 24 h', '/runs?from=-24h&sort=-costUsd', '< 1 s'],
    ['50 newest sessions, 24 h', '/sessions?from=-24h', '< 1 s'],
    ['50 newest users, 24 h', '/users?from=-24h', '< 1 s'],
    ['models, 24 h', '/models?from=-24h', '< 1 s'],
    ['agents, 24 h', '/agents?from=-24h', '< 1 s'],
    ['tools, 24 h', '/tools?from=-24h', '< 1 s'],
    ['MCP, 24 h', '/mcp?from=-24h', '< 1 s'],
    ['performance, 24 h', '/performance?from=-24h', '< 1 s'],
    ['graph of the newest 2,000 runs', '/agent-graph?from=-24h', ''],
  ];
  console.log(
    `${cpus().length} × ${cpus()[0]?.model ?? 'CPU'}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}, load average ${loadavg()[0]?.toFixed(1)}`,
  );
  console.log(`${await spanCount()} spans\n`);
  console.log(
    '| question | best ms | p50 ms | p95 ms | CPU ms | bound |\n| --- | ---: | ---: | ---: | ---: | ---: |',
  );
  for (const [name, path, bound] of questions) {
    const first = (await get(path)) as { refused?: unknown };
    const before = server.cpuS();
    const times: number[] = [];
    for (let round = 0; round < Number(values.runs); round += 1) {
      const started = performance.now();
      await get(path);
      times.push(performance.now() - started);
    }
    const cpuMs = ((server.cpuS() - before) * 1000) / times.length;
    const sorted = times.toSorted((a, b) => a - b);
    const at = (share: number): string =>
      (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0).toFixed(0);
    const told =
      first.refused === undefined
        ? name
        : `${name} (refused: ${JSON.stringify(first.refused).slice(0, 200)})`;
    console.log(`| ${told} | ${at(0)} | ${at(0.5)} | ${at(0.95)} | ${cpuMs.toFixed(0)} | ${bound} |`);
  }
}

async function spanCount(): Promise<number> {
  const status = (await get('/status')) as { disk: { tables: { name: string; rows: number }[] } };
  return status.disk.tables.find(({ name }) => name === 'spans')?.rows ?? 0;
}

async function get(path: string): Promise<unknown> {
  const response = await fetch(`${server.ui}/api/v1${path}`);
  const body: unknown = await response.json();
  return response.ok ? body : { refused: body };
}

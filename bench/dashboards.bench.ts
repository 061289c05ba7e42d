/**
 * How long a dashboard of twenty panels over a day takes, asked of a started server over HTTP: the first time, again, and while time goes on.
 *
 *     npm run bench -- dashboards [--spans 1000000] [--data <directory>]
 *
 * Makes its data by the real load path, unless the directory already holds some; a directory is kept.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { cpus, loadavg, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { fillDirectory } from './fill-store.ts';
import { startServerProcess, untilAtRest } from './server-process.ts';

const { values } = parseArgs({
  options: { spans: { type: 'string', default: '1000000' }, data: { type: 'string' } },
});
const panelCount = 20;
/** The page asks first for the panels that are seen. */
const seenCount = 8;
const warmRounds = 7;
const directory = values.data ?? mkdtempSync(join(tmpdir(), 'sightline-dashboards-'));

interface Panel {
  readonly id: string;
  readonly title: string;
  readonly kind: string;
}

if (!existsSync(join(directory, 'telemetry'))) await fillDirectory(directory, Number(values.spans));
const server = await startServerProcess({ dataDirectory: directory, timeoutMs: 120_000 });
try {
  await untilAtRest(server);
  const panels = await twentyPanels();
  console.log(
    `${cpus().length} × ${cpus()[0]?.model}, ${Math.round(totalmem() / 2 ** 30)} GB, load ${loadavg()[0]?.toFixed(1)}`,
  );
  console.log(
    '| asked | first panel ms | seen ms | all ms | CPU of the server ms |\n| --- | ---: | ---: | ---: | ---: |',
  );
  const end = new Date().toISOString();
  const start = new Date(Date.parse(end) - 86_400_000).toISOString();
  report('cold', [await askPage(panels, { from: start, to: end })]);
  report('again, the same day', await rounds(panels, () => ({ from: start, to: end })));
  report('again, the last 24 hours', await rounds(panels, () => ({ from: '-24h', to: 'now' })));
  report('another day, an hour earlier', [
    await askPage(panels, {
      from: new Date(Date.parse(start) - 3_600_000).toISOString(),
      to: new Date(Date.parse(end) - 3_600_000).toISOString(),
    }),
  ]);
} finally {
  await server.stop();
  if (values.data === undefined) rmSync(directory, { recursive: true });
}

/** Panels of the shipped dashboards, put together in one dashboard. */
async function twentyPanels(): Promise<Panel[]> {
  const panels: Panel[] = [];
  for (const id of ['overview', 'llm-providers', 'agents']) {
    const response = await fetch(`${server.ui}/api/v1/dashboards/${id}`);
    const { dashboard } = (await response.json()) as { dashboard: { panels: Panel[] } };
    panels.push(...dashboard.panels.map((panel) => ({ ...panel, id: `${id}-${panel.id}` })));
  }
  return panels.slice(0, panelCount);
}

interface Times {
  readonly firstMs: number;
  readonly seenMs: number;
  readonly allMs: number;
  /** CPU of the server. */
  readonly cpuMs: number;
}

/** As the page asks: what is seen, then the rest. */
async function askPage(
  panels: readonly Panel[],
  range: { readonly from: string; readonly to: string },
): Promise<Times> {
  const cpuS = server.cpuS();
  const began = performance.now();
  const firstMs = await ask(panels.slice(0, seenCount), range, began);
  const seenMs = performance.now() - began;
  await ask(panels.slice(seenCount), range, began);
  const allMs = performance.now() - began;
  return { firstMs, seenMs, allMs, cpuMs: (server.cpuS() - cpuS) * 1000 };
}

/** When the first answer was there. */
async function ask(
  panels: readonly Panel[],
  range: { readonly from: string; readonly to: string },
  began: number,
): Promise<number> {
  const response = await fetch(`${server.ui}/api/v1/dashboards/ask`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      ...range,
      variables: { service: [], agent: [], model: [], provider: [] },
      panels,
    }),
  });
  if (!response.ok || response.body === null) throw new Error(await response.text());
  let text = '';
  let firstMs = Number.NaN;
  for await (const piece of response.body.pipeThrough(new TextDecoderStream())) {
    text += piece;
    if (Number.isNaN(firstMs) && text.includes('\n')) firstMs = performance.now() - began;
  }
  const lines = text.trimEnd().split('\n');
  const failed = lines.filter((line) => line.includes('"error":{'));
  if (lines.length !== panels.length || failed.length > 0)
    throw new Error(`${lines.length} of ${panels.length} panels were answered. ${failed.join('\n')}`);
  return firstMs;
}

async function rounds(
  panels: readonly Panel[],
  range: () => { readonly from: string; readonly to: string },
): Promise<Times[]> {
  const all: Times[] = [];
  for (let round = 0; round < warmRounds; round += 1) all.push(await askPage(panels, range()));
  return all;
}

function report(asked: string, all: readonly Times[]): void {
  const middle = (read: (times: Times) => number): string =>
    (all.map(read).toSorted((a, b) => a - b)[Math.floor(all.length / 2)] ?? Number.NaN).toFixed(0);
  console.log(
    `| ${asked} | ${middle((each) => each.firstMs)} | ${middle((each) => each.seenMs)} | ${middle((each) => each.allMs)} | ${middle((each) => each.cpuMs)} |`,
  );
}

/**
 * Makes the pictures of the README and the docs: `node packages/web/test/screenshots.ts [--url http://127.0.0.1:4300]`
 * against a running server with data in it (`sightline demo`). Writes docs/images/*.png.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { chromium, type Browser, type BrowserContextOptions } from 'playwright-core';
import { browserFlags, findChromium, idle } from './stage.ts';

interface Picture {
  readonly name: string;
  readonly path: string;
  readonly keys?: readonly string[];
  readonly options?: BrowserContextOptions;
}

const desktop: BrowserContextOptions = { viewport: { width: 1440, height: 900 }, deviceScaleFactor: 1.5 };
const phone: BrowserContextOptions = {
  viewport: { width: 390, height: 844 },
  deviceScaleFactor: 2,
  isMobile: true,
  hasTouch: true,
};
const { values } = parseArgs({ options: { url: { type: 'string', default: 'http://127.0.0.1:4300' } } });
const directory = join(import.meta.dirname, '../../../docs/images');

const executablePath = findChromium();
if (executablePath === undefined) process.exit(1);
mkdirSync(directory, { recursive: true });
const browser = await chromium.launch({ executablePath, args: browserFlags });
for (const picture of await choosePictures(values.url)) await take(browser, picture);
await browser.close();

async function take(shown: Browser, { name, path, keys = [], options = desktop }: Picture): Promise<void> {
  const context = await shown.newContext({ colorScheme: 'light', ...options });
  const page = await context.newPage();
  await page.goto(`${values.url}${path}`);
  await idle(page);
  for (const key of keys) {
    await page.keyboard.press(key);
    // What opens is fetched first, which no page counts as work.
    await page.waitForTimeout(500);
    await idle(page);
  }
  await page.screenshot({ path: join(directory, `${name}.png`) });
  await context.close();
  console.log(`docs/images/${name}.png`);
}

/** The longest run of several agents, and one that retrieved, show most. */
async function choosePictures(url: string): Promise<readonly Picture[]> {
  const ask = async <T>(path: string): Promise<T> =>
    (await (await fetch(`${url}/api/v1${path}`)).json()) as T;
  const { runs } = await ask<{ runs: readonly { traceId: string }[] }>(
    '/runs?from=-6h&agent=research-agent&sort=-steps&limit=1',
  );
  const trace = runs[0]?.traceId ?? '';
  const asked = encodeURIComponent('"express fee back" operation:retrieval');
  const retrieved = await ask<{ runs: readonly { traceId: string }[] }>(`/runs?from=-6h&q=${asked}&limit=1`);
  const { sessions } = await ask<{ sessions: readonly { sessionId: string }[] }>(
    '/sessions?from=-6h&agent=support-agent&sort=-runs&limit=1',
  );
  const logs = await ask<{ logs: readonly { correlationId: string | null }[] }>(
    `/logs?from=-6h&limit=1&traceId=${trace}`,
  );
  const dark: BrowserContextOptions = { ...desktop, colorScheme: 'dark' };
  const run = `/runs/${trace}`;
  return [
    { name: 'overview', path: '/?from=-1h' },
    { name: 'overview-dark', path: '/?from=-1h&by=agent', options: dark },
    { name: 'overview-phone', path: '/?from=-1h', options: phone },
    { name: 'runs', path: '/runs?from=-1h' },
    { name: 'session', path: `/sessions/${sessions[0]?.sessionId ?? ''}` },
    { name: 'run-conversation', path: `${run}?view=conversation` },
    { name: 'run-conversation-phone', path: `${run}?view=conversation`, options: phone },
    { name: 'run-graph', path: `${run}?view=graph` },
    { name: 'run-graph-dark', path: `${run}?view=graph`, options: dark },
    { name: 'run-pipeline', path: `/runs/${retrieved.runs[0]?.traceId ?? ''}?view=pipeline` },
    { name: 'run-cost', path: `${run}?view=cost` },
    { name: 'agents', path: '/agents?from=-1h&view=graph', options: dark },
    { name: 'mcp', path: '/mcp?from=-1h' },
    { name: 'performance', path: '/performance?from=-1h' },
    { name: 'traces', path: '/traces?from=-1h' },
    { name: 'traces-dark', path: '/traces?from=-1h', options: dark },
    { name: 'traces-phone', path: '/traces?from=-1h', options: phone },
    { name: 'trace', path: run, keys: ['e'] },
    { name: 'trace-dark', path: run, keys: ['e'], options: dark },
    { name: 'trace-flame', path: `${run}?mode=flame` },
    { name: 'trace-tree', path: `${run}?mode=tree` },
    { name: 'trace-phone', path: run, options: phone },
    { name: 'logs', path: '/logs?from=-1h', keys: ['j'] },
    { name: 'logs-dark', path: '/logs?from=-1h', options: dark },
    { name: 'metrics', path: '/metrics/explore?from=-1h&name=gen_ai.client.operation.duration&by=service' },
    {
      name: 'promql',
      path: `/metrics/explore?from=-1h&view=promql&expr=${encodeURIComponent('sum by (gen_ai_request_model) (rate(gen_ai_client_operation_duration_seconds_count[5m]))')}&expr2=${encodeURIComponent('sum(rate(gen_ai_client_operation_duration_seconds_count[5m]))')}`,
    },
    { name: 'timeline', path: `/timeline?id=${logs.logs[0]?.correlationId ?? trace}` },
    { name: 'status', path: '/status' },
    { name: 'get-started', path: '/get-started' },
    { name: 'palette', path: '/traces?from=-1h', keys: ['Control+k'] },
  ];
}

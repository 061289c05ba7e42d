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
    await idle(page);
  }
  await page.screenshot({ path: join(directory, `${name}.png`) });
  await context.close();
  console.log(`docs/images/${name}.png`);
}

/** The largest failed trace of the last hours shows most. */
async function choosePictures(url: string): Promise<readonly Picture[]> {
  const response = await fetch(`${url}/api/v1/traces?from=-6h&limit=500&status=error`);
  const { traces } = (await response.json()) as { traces: { traceId: string; spanCount: number }[] };
  const trace = traces.toSorted((a, b) => b.spanCount - a.spanCount)[0]?.traceId ?? '';
  const logs = (await (await fetch(`${url}/api/v1/logs?from=-6h&limit=1&traceId=${trace}`)).json()) as {
    logs: { correlationId: string | null }[];
  };
  const dark: BrowserContextOptions = { ...desktop, colorScheme: 'dark' };
  const tracePath = `/traces/${trace}`;
  return [
    { name: 'traces', path: '/traces?from=-1h' },
    { name: 'traces-dark', path: '/traces?from=-1h', options: dark },
    { name: 'traces-phone', path: '/traces?from=-1h', options: phone },
    { name: 'trace', path: tracePath, keys: ['e'] },
    { name: 'trace-dark', path: tracePath, keys: ['e'], options: dark },
    { name: 'trace-flame', path: `${tracePath}?mode=flame` },
    { name: 'trace-tree', path: `${tracePath}?mode=tree` },
    { name: 'trace-phone', path: tracePath, options: phone },
    { name: 'logs', path: '/logs?from=-1h', keys: ['j'] },
    { name: 'logs-dark', path: '/logs?from=-1h', options: dark },
    { name: 'metrics', path: '/metrics/explore?from=-1h&name=gen_ai.client.operation.duration&by=service' },
    { name: 'timeline', path: `/timeline?id=${logs.logs[0]?.correlationId ?? trace}` },
    { name: 'status', path: '/status' },
    { name: 'get-started', path: '/get-started' },
    { name: 'palette', path: '/traces?from=-1h', keys: ['Control+k'] },
  ];
}

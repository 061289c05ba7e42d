import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  chromium,
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  type Page,
} from 'playwright-core';
import { modest } from '../../server/src/testing/live-server.ts';
import { prepareData } from '../../server/src/testing/prepared-data.ts';
import { runMain, type MainProcess } from '../../server/src/testing/run-main.ts';

/** A running server with data of its own, and a browser before it. */
export interface Stage {
  readonly urls: { readonly ui: string; readonly otlpHttp: string };
  readonly browser: Browser;
  /** A page at `path`, once nothing is under way, that remembers nothing of those before it. */
  open(path: string, options?: BrowserContextOptions): Promise<Page>;
  stopServer(): Promise<void>;
  /** Again on the same ports and data. */
  restartServer(): Promise<void>;
  close(): Promise<void>;
}

const webRoot = join(import.meta.dirname, '..');
export const browserFlags: string[] = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // Pages of one context share a process, whose compiled scripts make the next page open in a third of the time.
  '--process-per-site',
];

/** The system's Chromium; undefined, said loudly, where there is none. */
export function findChromium(): string | undefined {
  const found = [
    process.env['SIGHTLINE_CHROMIUM'],
    '/usr/bin/chromium',
    '/usr/bin/chromium-browser',
    '/usr/bin/google-chrome',
  ].find((path) => path !== undefined && path !== '' && existsSync(path));
  if (found === undefined)
    console.error(
      '\n!!! SKIPPED: the browser journeys need Chromium, and none was found. Set SIGHTLINE_CHROMIUM.\n',
    );
  return found;
}

export async function openStage(): Promise<Stage> {
  ensureBuilt();
  const data = mkdtempSync(join(tmpdir(), 'sightline-web-'));
  await prepareData(data);
  let server = runMain(['--data', data, ...modest]);
  const [urls, browser] = await Promise.all([
    server.ready(),
    chromium.launch({ executablePath: findChromium() ?? '', args: browserFlags }),
  ]);
  const ports = ['--port', new URL(urls.ui).port, '--otlp-http-port', new URL(urls.otlpHttp).port];
  const contexts = new Map<string, Promise<BrowserContext>>();
  const contextWith = async (options: BrowserContextOptions): Promise<BrowserContext> => {
    const key = JSON.stringify(options);
    const context = contexts.get(key) ?? openContext(browser, urls.ui, options);
    contexts.set(key, context);
    return context;
  };
  return {
    urls,
    browser,
    open: async (path, options = {}) => {
      const context = await contextWith(options);
      const page = await context.newPage();
      await page.goto(`${urls.ui}${path}`);
      await idle(page);
      return page;
    },
    stopServer: async () => stop(server),
    restartServer: async () => {
      server = runMain(['--data', data, ...modest, ...ports]);
      await server.ready();
    },
    close: async () => {
      // Nobody needs what it would still write.
      server.kill('SIGKILL');
      await Promise.all([browser.close(), server.ended()]);
      rmSync(data, { recursive: true, force: true });
    },
  };
}

/** A browser's profile. The page that stays open in it keeps the process that the others share. */
async function openContext(
  browser: Browser,
  ui: string,
  options: BrowserContextOptions,
): Promise<BrowserContext> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  await context.addInitScript(forgetOthers);
  await (await context.newPage()).goto(`${ui}/health`);
  return context;
}

/** In the browser: what other pages stored is taken away when a page is opened, not when it is loaded again. */
function forgetOthers(): void {
  try {
    if (sessionStorage.getItem('isOpened') === null) localStorage.clear();
    sessionStorage.setItem('isOpened', 'yes');
  } catch {
    // An empty page has no storage.
  }
}

/** Runs in the page. A text in its place would be evaluated, which its policy refuses. */
const isIdle = (): boolean =>
  (globalThis as unknown as { document: { documentElement: { dataset: { idle?: string } } } }).document
    .documentElement.dataset.idle === 'true';

/** Waits until the page says that nothing is under way: no query, no navigation, no drawing. */
export async function idle(page: Page): Promise<void> {
  // A selector is looked at after 20, 70, 170, 270 and 770 ms only.
  await page.waitForFunction(isIdle, undefined, {
    timeout: 15_000,
    polling: 20,
  });
}

/** Reads until `isThere`, for data that becomes visible a moment after it was acknowledged. */
export async function eventually<T>(
  read: () => Promise<T>,
  isThere: (value: T) => boolean,
  msMax = 15_000,
): Promise<T> {
  const until = Date.now() + msMax;
  for (;;) {
    const value = await read();
    if (isThere(value)) return value;
    if (Date.now() > until)
      throw new Error(
        `Not there after ${msMax} ms; the last value was ${JSON.stringify(value).slice(0, 500)}`,
      );
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Until the API answers with this trace and all its spans. */
export async function untilStored(ui: string, traceId: string, spanCount: number): Promise<void> {
  await eventually(
    async () => {
      const response = await fetch(`${ui}/api/v1/traces/${traceId}?detail=slim&limit=100000`);
      return response.ok ? ((await response.json()) as { spanCount: number }).spanCount : 0;
    },
    (count) => count >= spanCount,
    60_000,
  );
}

async function stop(server: MainProcess): Promise<void> {
  server.kill('SIGTERM');
  await server.ended();
}

function ensureBuilt(): void {
  if (existsSync(join(webRoot, 'dist/index.html'))) return;
  execFileSync(process.execPath, [join(webRoot, '../../node_modules/vite/bin/vite.js'), 'build'], {
    cwd: webRoot,
    stdio: 'inherit',
  });
}

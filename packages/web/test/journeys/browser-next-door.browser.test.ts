/** What a page that is not ours can do to a server on loopback, in a real browser; and that our own pages live within the policy that keeps it out. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { browserFlags, findChromium, idle, openStage, untilStored, type Stage } from '../stage.ts';
import { sendStory, type Story } from '../story.ts';

const kilobyte = 1000;

describe.skipIf(findChromium() === undefined)('the browser next door', { timeout: 60_000 }, () => {
  let stage: Stage;
  let story: Story;
  let evil: Server;
  let evilPort = 0;
  let browser: Browser;
  beforeAll(async () => {
    stage = await openStage();
    story = await sendStory(stage.urls.otlpHttp, { startMs: Date.now() - 60_000, mark: 'a1', failed: true });
    await untilStored(stage.urls.ui, story.traceId, 3);
    evil = createServer((_request, response) => {
      response.setHeader('content-type', 'text/html').end('<!doctype html><title>evil</title>');
    });
    await new Promise<void>((listening) => evil.listen(0, '127.0.0.1', listening));
    evilPort = (evil.address() as AddressInfo).port;
    browser = await chromium.launch({
      executablePath: findChromium() ?? '',
      args: [...browserFlags, '--host-resolver-rules=MAP *.example.com 127.0.0.1'],
    });
  });
  afterAll(async () => {
    await browser.close();
    evil.close();
    await stage.close();
  });

  const acceptedSpans = async (): Promise<number> => {
    const response = await fetch(`${stage.urls.ui}/api/v1/ledger`);
    const { rows } = (await response.json()) as {
      rows: { project: string; signal: string; accepted: number }[];
    };
    return rows
      .filter(({ project, signal }) => project === 'default' && signal === 'traces')
      .reduce((sum, { accepted }) => sum + accepted, 0);
  };

  it('reads, changes, sends, frames and follows nothing from another origin', async () => {
    const before = await acceptedSpans();
    const page = await browser.newPage();
    for (const host of ['evil.example.com', 'localhost']) {
      await page.goto(`http://${host}:${evilPort}/`);
      const tried = await page.evaluate(tryEverything, stage.urls);
      const refused = Object.fromEntries(Object.keys(tried).map((name) => [name, 'refused']));
      // A page on loopback is a program under development, which may send telemetry and no more.
      expect(tried).toEqual({ ...refused, sendJson: host === 'localhost' ? 200 : 'refused' });
      const frameUrl = (): string | undefined =>
        page
          .frames()
          .find((each) => each !== page.mainFrame())
          ?.url();
      await expect.poll(frameUrl).toBe('chrome-error://chromewebdata/');
    }
    expect(await acceptedSpans()).toBe(before + 1);
    const { keys } = (await (await fetch(`${stage.urls.ui}/api/v1/keys`)).json()) as { keys: unknown[] };
    expect(keys).toEqual([]);
    await page.close();
  });

  it('answers nothing under a name that was rebound to loopback', async () => {
    const page = await browser.newPage();
    const rebound = `http://evil.example.com:${new URL(stage.urls.ui).port}`;
    for (const path of ['/', '/traces', '/api/v1/services', '/health']) {
      const answer = await page.goto(`${rebound}${path}`);
      expect(answer?.status()).toBe(403);
      expect(await answer?.text()).toContain('--allowed-host');
    }
    await page.close();
  });

  const pages: readonly (readonly [name: string, path: () => string, kilobytesMax: number])[] = [
    ['the overview', () => '/', 200],
    ['traces', () => '/traces', 200],
    ...(
      [
        '/runs',
        '/sessions',
        '/users',
        '/models',
        '/agents',
        '/agents?view=graph',
        '/tools',
        '/mcp',
        '/performance',
        '/coding-agents',
        '/evaluators',
        '/annotate',
        '/logs',
        '/metrics/explore',
        '/metrics/explore?view=promql',
        '/timeline',
        '/status',
        '/prices',
        '/get-started',
        '/gallery',
      ] as const
    ).map((path) => [path, () => path, 350] as const),
    ['a trace', () => `/traces/${story.traceId}`, 350],
    ['a run', () => `/runs/${story.traceId}?span=${story.spanIds.call}`, 350],
    ['a timeline', () => `/timeline?id=${story.traceId}`, 350],
  ];

  it.each(pages)('opens %s within its policy and its size', async (_name, path, kilobytesMax) => {
    const context = await stage.browser.newContext();
    const { page, violations } = await watchedPage(context);
    const network = await context.newCDPSession(page);
    await network.send('Network.enable');
    let bytes = 0;
    network.on('Network.loadingFinished', ({ encodedDataLength }) => (bytes += encodedDataLength));
    await page.goto(`${stage.urls.ui}${path()}`);
    await idle(page);
    // What is loaded ahead of need, too.
    await page.waitForLoadState('networkidle');
    expect(violations).toEqual([]);
    expect(bytes).toBeGreaterThan(100 * kilobyte);
    expect(bytes).toBeLessThan(kilobytesMax * kilobyte);
    await context.close();
  });

  it('opens menus, dialogs and choices within its policy', async () => {
    const context = await stage.browser.newContext();
    const { page, violations } = await watchedPage(context);
    await page.goto(`${stage.urls.ui}/traces`);
    await idle(page);
    await page.getByTestId('time-range').click();
    await page.getByRole('button', { name: 'Apply' }).waitFor();
    await page.keyboard.press('Escape');
    await expect.poll(async () => page.getByRole('button', { name: 'Apply' }).count()).toBe(0);
    await page.getByLabel('Choose columns').press('ArrowDown');
    await page.getByRole('menuitemcheckbox').first().waitFor();
    await page.keyboard.press('Escape');
    await expect.poll(async () => page.getByRole('menu').count()).toBe(0);
    // The focus is back on what opened it.
    await expect
      .poll(async () => page.evaluate(() => document.activeElement?.getAttribute('aria-label')))
      .toBe('Choose columns');
    await page.keyboard.press('Control+k');
    await page.getByRole('dialog', { name: 'Find anything' }).waitFor();
    expect(await page.evaluate(() => document.activeElement?.getAttribute('role'))).toBe('combobox');
    await page.keyboard.press('Escape');
    await expect.poll(async () => page.getByRole('dialog').count()).toBe(0);
    await page.keyboard.press('Control+k');
    await page.mouse.click(5, 5);
    await expect.poll(async () => page.getByRole('dialog').count()).toBe(0);
    await page.goto(`${stage.urls.ui}/traces/${story.traceId}?span=${story.spanIds.call}`);
    await idle(page);
    await page.locator('.value-trigger').first().click();
    await page.getByRole('menuitem', { name: 'Copy value' }).click();
    await expect.poll(async () => page.getByRole('menu').count()).toBe(0);
    expect(violations).toEqual([]);
    await context.close();
  });

  it('keeps hashed files for good, pages not, and sends both compressed', async () => {
    const read = async (path: string, encodings: string): Promise<Response> =>
      fetch(`${stage.urls.ui}${path}`, { headers: { 'accept-encoding': encodings } });
    const page = await (await read('/', 'identity')).text();
    const [, script = ''] = /src="(\/assets\/[^"]+\.js)"/.exec(page) ?? [];
    const plain = await (await read(script, 'identity')).text();
    for (const [encodings, encoding] of [
      ['gzip, deflate, br', 'br'],
      ['gzip', 'gzip'],
      ['identity', null],
    ] as const) {
      const answer = await read(script, encodings);
      expect(answer.headers.get('content-encoding')).toBe(encoding);
      expect(answer.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
      expect(answer.headers.get('content-type')).toContain('javascript');
      expect(answer.headers.get('vary')?.toLowerCase()).toContain('accept-encoding');
      expect(await answer.text()).toBe(plain);
    }
    for (const path of ['/', '/index.html', '/traces/0123'])
      expect((await read(path, 'br')).headers.get('cache-control')).toBe('no-cache');
    expect((await read(`${script}.br`, 'identity')).status).toBe(404);
    const api = await read('/api/v1/openapi.json', 'gzip, br');
    expect(api.headers.get('content-encoding')).toBe('br');
    expect(await api.json()).toMatchObject({ openapi: '3.1.0' });
    // Events are to arrive one by one.
    const tail = await read('/api/v1/tail?signal=logs', 'gzip, br');
    expect(tail.headers.get('content-encoding')).toBeNull();
    await tail.body?.cancel();
  });
});

async function watchedPage(context: BrowserContext): Promise<{ page: Page; violations: string[] }> {
  const page = await context.newPage();
  const violations: string[] = [];
  page.on('console', (message) => {
    if (/Content.Security.Policy|Refused to|CORS/i.test(message.text())) violations.push(message.text());
  });
  page.on('pageerror', (error) => violations.push(String(error)));
  return { page, violations };
}

/** In the browser: what each way to reach the server comes to, `refused` where it comes to nothing. */
async function tryEverything({
  ui,
  otlpHttp,
}: {
  ui: string;
  otlpHttp: string;
}): Promise<Record<string, number | string>> {
  const status = async (request: Promise<Response>): Promise<number | string> =>
    request.then(
      (response) => (response.type === 'opaque' ? 'refused' : response.status),
      () => 'refused',
    );
  const loads = async (tag: 'img' | 'script', src: string): Promise<string> =>
    new Promise((resolve) => {
      const element = Object.assign(document.createElement(tag), { src });
      element.addEventListener('load', () => resolve('loaded'));
      element.addEventListener('error', () => resolve('refused'));
      document.head.append(element);
    });
  const now = BigInt(Date.now()) * 1_000_000n;
  const span = {
    traceId: 'e'.repeat(32),
    spanId: 'e'.repeat(16),
    name: 'from a page',
    startTimeUnixNano: String(now),
    endTimeUnixNano: String(now + 1n),
  };
  const body = JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] });
  const json = { 'content-type': 'application/json' };
  const name = JSON.stringify({ name: 'stolen' });
  const frame = Object.assign(document.createElement('iframe'), { src: `${ui}/traces` });
  const framed = new Promise((resolve) => frame.addEventListener('load', resolve));
  document.body.append(frame);
  const events = new EventSource(`${ui}/api/v1/tail?signal=logs`);
  const follow = new Promise<string>((resolve) => {
    events.addEventListener('ready', () => resolve('followed'));
    events.addEventListener('error', () => resolve('refused'));
  });
  await framed;
  return {
    read: await status(fetch(`${ui}/api/v1/services`)),
    health: await status(fetch(`${ui}/health`)),
    metrics: await status(fetch(`${ui}/metrics`)),
    ask: await status(
      fetch(`${ui}/api/v1/sql`, { method: 'POST', headers: json, body: '{"sql":"SELECT 1"}' }),
    ),
    change: await status(fetch(`${ui}/api/v1/keys`, { method: 'POST', headers: json, body: name })),
    changeBlindly: await status(fetch(`${ui}/api/v1/keys`, { method: 'POST', mode: 'no-cors', body: name })),
    remove: await status(fetch(`${ui}/api/v1/traces/${'e'.repeat(32)}`, { method: 'DELETE' })),
    sendJson: await status(fetch(`${otlpHttp}/v1/traces`, { method: 'POST', headers: json, body })),
    sendBlindly: await status(fetch(`${otlpHttp}/v1/traces`, { method: 'POST', mode: 'no-cors', body })),
    image: await loads('img', `${ui}/icon.svg`),
    script: await loads('script', `${ui}/theme.js`),
    follow: await follow.finally(() => events.close()),
  };
}

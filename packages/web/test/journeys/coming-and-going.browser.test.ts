import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findChromium, idle, openStage, untilStored, type Stage } from '../stage.ts';
import { sendStory } from '../story.ts';

describe.skipIf(findChromium() === undefined)('a new server', { timeout: 90_000 }, () => {
  let stage: Stage;

  beforeAll(async () => {
    stage = await openStage();
  });
  afterAll(async () => stage.close());

  it('asks what a page shows while its link is pointed at, and not again when it opens', async () => {
    // A clock is that of a whole context: this one is of no other test.
    const page = await stage.open('/gallery', { reducedMotion: 'reduce' });
    const folded = page.locator('.nav-group-name[aria-expanded="false"]');
    while ((await folded.count()) > 0) await folded.first().click();
    const asked = new Set<string>();
    const again: string[] = [];
    let isOpen = false;
    page.on('request', (request) => {
      const { pathname, search } = new URL(request.url());
      if (!pathname.startsWith('/api/v1/')) return;
      if (isOpen && asked.has(pathname + search)) again.push(pathname + search);
      asked.add(pathname + search);
    });
    const expected: Readonly<Record<string, readonly string[]>> = {
      Runs: ['/overview', '/runs', '/facets'],
      Sessions: ['/sessions', '/overview'],
      Users: ['/users', '/overview'],
      Performance: ['/performance', '/overview', '/services', '/agents', '/models'],
      'Service map': ['/service-map'],
      Compare: ['/histogram'],
      Outlook: ['/outlook'],
      MCP: ['/mcp'],
      'Coding agents': ['/coding-agents'],
      Fleet: ['/overview'],
      Errors: ['/errors'],
      Agents: ['/agents'],
      Models: ['/models'],
      Tools: ['/tools'],
      Traces: ['/traces', '/histogram'],
      Logs: ['/logs', '/histogram'],
    };
    for (const [index, [label, paths]] of Object.entries(expected).entries()) {
      // An answer that is old is asked again, and slow machines are slow: time stands still until the next page.
      await page.clock.setFixedTime(Date.now() + index * 600_000);
      asked.clear();
      isOpen = false;
      const link = page
        .getByRole('navigation', { name: 'Pages' })
        .getByRole('link', { name: label, exact: true });
      await link.hover();
      await expect
        .poll(() => [...asked].map((address) => address.replace(/^\/api\/v1|\?.*/g, '')), { timeout: 15_000 })
        .toEqual(expect.arrayContaining([...paths]));
      await idle(page);
      isOpen = true;
      await link.click();
      await page.waitForURL((url) => url.pathname !== '/gallery');
      await idle(page);
      expect([label, ...again]).toEqual([label]);
      isOpen = false;
      await page.goBack();
      await idle(page);
    }
    await page.close();
  });

  it('waits for the answer that is under way when a link is pressed, and does not ask again', async () => {
    const page = await stage.open('/gallery', { reducedMotion: 'reduce' });
    await page.getByRole('button', { name: 'Building blocks' }).click();
    const asked: string[] = [];
    const ended: string[] = [];
    page.on('requestfailed', (request) => ended.push(request.url()));
    let answer = (): void => undefined;
    const isPressed = new Promise<void>((resolve) => (answer = resolve));
    await page.route('**/api/v1/mcp?*', async (route) => {
      asked.push(route.request().url());
      await isPressed;
      await route.continue();
    });
    const link = page
      .getByRole('navigation', { name: 'Pages' })
      .getByRole('link', { name: 'MCP', exact: true });
    await link.hover();
    await expect.poll(() => asked.length, { timeout: 15_000 }).toBe(1);
    await link.click();
    await page.waitForURL((url) => url.pathname === '/mcp');
    await page.locator('.mcp-body').waitFor();
    answer();
    await idle(page);
    expect({ asked: asked.length, ended }).toEqual({ asked: 1, ended: [] });
    await page.close();
  });

  it('says what to do while it is empty', async () => {
    const page = await stage.open('/traces');
    expect(await page.textContent('h1')).toBe('No traces in the last hour');
    await page.getByRole('link', { name: 'Send the first trace' }).click();
    await idle(page);
    expect(page.url()).toContain('/get-started');
    await page.close();
  });

  it('turns green for the run that arrives, says what it was, and leads to it', async () => {
    const page = await stage.open('/get-started');
    const arrival = page.getByTestId('arrival');
    expect(await arrival.textContent()).toBe('Waiting for your first run…');
    expect(await page.locator('.get-started').textContent()).toContain(stage.urls.otlpHttp);
    const story = await sendStory(stage.urls.otlpHttp, {
      startMs: Date.now() - 2000,
      mark: 'c3',
      failed: false,
    });
    await expect
      .poll(async () => arrival.getAttribute('class'), { timeout: 30_000 })
      .toContain('arrival-good');
    expect(await arrival.textContent()).toMatch(
      /Your run is here\..*agent-runner|Your run is here\..*web-api/,
    );
    expect(await arrival.textContent()).toMatch(/tokens in, .* out · \$/);
    await page.getByRole('link', { name: 'Open the run' }).click();
    await idle(page);
    expect(page.url()).toContain(`/runs/${story.traceId}`);
    await page.close();
  });

  it('waits for what comes next where much is stored, and not for old data', async () => {
    await untilStored(stage.urls.ui, 'c3'.repeat(16), 3);
    const page = await stage.open('/get-started');
    const arrival = page.getByTestId('arrival');
    await expect
      .poll(async () => arrival.textContent())
      .toMatch(/Waiting for the next run… \d+ spans were received before\./);
    await sendStory(stage.urls.otlpHttp, { startMs: Date.now() - 26 * 3_600_000, mark: 'd4', failed: false });
    await untilStored(stage.urls.ui, 'd4'.repeat(16), 3);
    await page.waitForResponse((response) => response.url().includes('/api/v1/runs'));
    await page.waitForResponse((response) => response.url().includes('/api/v1/runs'));
    await idle(page);
    expect(await arrival.getAttribute('class')).toBe('arrival');
    await page.close();
  });

  it('keeps what is on the screen while it is gone, and goes on when it is back', async () => {
    await untilStored(stage.urls.ui, 'c3'.repeat(16), 3);
    const page = await stage.open('/traces');
    const rows = await page.locator('.table-item').count();
    await stage.stopServer();
    await page.getByRole('button', { name: 'Refresh' }).click();
    await expect
      .poll(async () => page.locator('.connection').textContent(), { timeout: 15_000 })
      .toContain('The server does not answer');
    expect(await page.locator('.table-item').count()).toBe(rows);
    await stage.restartServer();
    await expect.poll(async () => page.locator('.connection').textContent(), { timeout: 20_000 }).toBe('');
    await idle(page);
    await expect.poll(async () => page.textContent('h1')).toContain('1 trace in the last hour');
    await page.close();
  });

  it('opens a page that was asked for while it was gone as soon as it is back', async () => {
    const page = await stage.open('/status');
    await stage.stopServer();
    await page.getByRole('link', { name: 'Models', exact: true }).click();
    await expect
      .poll(async () => page.locator('main').textContent(), { timeout: 15_000 })
      .toContain('This page goes on by itself');
    await stage.restartServer();
    await expect
      .poll(async () => page.locator('h1').textContent(), { timeout: 20_000 })
      .toContain('gpt-4o cost most');
    expect(new URL(page.url()).pathname).toBe('/models');
    await page.close();
  });

  it('shows live traces behind a pill', async () => {
    const page = await stage.open('/traces?live=1');
    await sendStory(stage.urls.otlpHttp, { startMs: Date.now() - 1500, mark: 'e5', failed: true });
    await expect
      .poll(async () => page.locator('.new-items').textContent(), { timeout: 15_000 })
      .toContain('1 new trace');
    const before = await page.locator('.table-item').count();
    await page.locator('.new-items-pill').click();
    await expect.poll(async () => page.locator('.table-item').count(), { timeout: 10_000 }).toBe(before + 1);
    await page.close();
  });
});

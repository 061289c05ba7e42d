import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { playDemo } from '../recordings.ts';
import { eventually, findChromium, idle, openStage, type Stage } from '../stage.ts';

const message = 'The query met its time limit: it took longer than it may.';
/** As the server says it; the engine's words never stand in it. */
const refused = { error: { code: 'query_limit', message, hint: 'Shorten the range.' } };

/** A question that is refused leaves the page as it was: the last answer with its age, and everything else renewed. */
describe.skipIf(findChromium() === undefined)('a question that is refused', { timeout: 120_000 }, () => {
  let stage: Stage;
  let traceId = '';

  beforeAll(async () => {
    stage = await openStage();
    await playDemo(stage.urls.ui);
    const { runs } = await eventually(
      async () =>
        (await (await fetch(`${stage.urls.ui}/api/v1/runs?limit=100`)).json()) as {
          runs: { traceId: string; llmCalls: number; costUsd: number | null }[];
        },
      (answer) => answer.runs.length > 8,
    );
    traceId = runs.find((run) => run.llmCalls > 1 && run.costUsd !== null)?.traceId ?? '';
  }, 120_000);
  afterAll(async () => stage.close());

  const refuse = async (page: Page, path: string): Promise<void> => {
    await page.route(
      (url) => url.pathname === `/api/v1/${path}`,
      async (route) => route.fulfill({ status: 422, json: refused }),
    );
  };

  it.each([
    ['on a screen', {}],
    [
      'on a phone, in the dark',
      { colorScheme: 'dark', viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true },
    ],
  ] as const)(
    'a card keeps its last answer with its age and why, and the others are renewed: %s',
    async (_name, looks) => {
      const page = await stage.open('/', looks);
      await page.locator('.overview-groups a').first().waitFor();
      const cost = page.locator('.chart-card[data-metric="cost"]');
      const before = await cost.locator('.chart-card-total').textContent();
      await page.route('**/api/v1/overview?*', async (route) => {
        const answer = (await (await route.fetch()).json()) as { totals: object; series: object[] };
        const unknown = {
          llmCalls: null,
          costUsd: null,
          inputTokens: null,
          outputTokens: null,
          cacheHitRate: null,
        };
        await route.fulfill({
          json: {
            ...answer,
            totals: { ...answer.totals, ...unknown },
            series: answer.series.map((point) => ({ ...point, ...unknown })),
            topPrompts: null,
            promptCount: null,
            partsMissing: [{ part: 'calls', code: 'query_limit', message }],
          },
        });
      });
      await expect.poll(async () => cost.textContent(), { timeout: 30_000 }).toContain(message);
      expect(await cost.textContent()).toMatch(/Of (just now|\d+ s.* ago): /);
      expect(await cost.locator('.chart-card-total').textContent()).toBe(before);
      await cost.locator('canvas').waitFor();
      const runs = page.locator('.chart-card[data-metric="runs"]');
      expect(await runs.textContent()).not.toContain(message);
      await runs.locator('canvas').waitFor();
      const wide = await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
      expect(wide).toBe(0);
      await page.close();
    },
  );

  /** The page, what is asked for again, what stays on the screen, and how it is asked for again. */
  const cases: readonly (readonly [address: string, refused: string, stays: string])[] = [
    ['/', 'overview', '.chart-card canvas'],
    ['/', 'realtime', '.chart-card canvas'],
    ['/performance', 'performance', '.performance-summary'],
    ['/models', 'models', '.table-item .row-link'],
    ['/traces', 'traces', '.table-item'],
    ['/traces', 'facets', '.facet-value'],
    ['/logs', 'histogram', '.facet-value'],
    ['/mcp', 'mcp', 'h1'],
    ['/metrics/explore', 'metrics/query', '.metric-canvas canvas'],
    ['/coding-agents', 'coding-agents', 'h1'],
    ['/status', 'status', '.status-section table'],
    ['/status', 'ledger', '.status-section table'],
  ];

  it.each(cases)('%s stays when /%s is refused', async (address, path, stays) => {
    const page = await stage.open(address);
    await page.locator(stays).first().waitFor();
    await refuse(page, path);
    const asked = page.waitForResponse((response) => response.url().includes(`/api/v1/${path}`), {
      timeout: 20_000,
    });
    const refresh = page.getByRole('button', { name: /^Refresh/ });
    if ((await refresh.count()) > 0) await refresh.first().click();
    else await page.evaluate(() => window.dispatchEvent(new Event('focus')));
    await asked;
    await expect.poll(async () => page.locator(stays).count(), { timeout: 10_000 }).toBeGreaterThan(0);
    if (!['facets', 'histogram', 'realtime'].includes(path))
      await expect.poll(async () => page.textContent('main'), { timeout: 15_000 }).toContain(message);
    expect(await page.locator(stays).first().isVisible()).toBe(true);
    expect(await page.textContent('body')).not.toMatch(/Exception|DB::|query_limit/);
    await page.close();
  });

  it.each(['cost', 'graph', 'pipeline', 'conversation', 'logs'])(
    'a run stays when its view "%s" is refused, and the other views open',
    async (view) => {
      const page = await stage.open(`/runs/${traceId}`);
      const path = view === 'logs' ? 'logs' : `runs/${traceId}/${view}`;
      await refuse(page, path);
      await page.goto(`${stage.urls.ui}/runs/${traceId}?view=${view}`);
      await expect.poll(async () => page.textContent('#run-view'), { timeout: 15_000 }).toContain(message);
      expect(await page.textContent('h1')).not.toBe('');
      await page.getByRole('tab', { name: 'Waterfall' }).click();
      await idle(page);
      await page.locator('#run-view canvas').first().waitFor();
      expect(await page.textContent('#run-view')).not.toContain(message);
      await page.close();
    },
  );
});

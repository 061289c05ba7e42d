import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, findChromium, idle, openStage, untilStored, type Stage } from '../stage.ts';
import { sendStory } from '../story.ts';
import { violations } from '../violations.ts';

describe.skipIf(findChromium() === undefined)('somebody asks metrics in PromQL', { timeout: 60_000 }, () => {
  let stage: Stage;

  beforeAll(async () => {
    stage = await openStage();
    const now = Date.now();
    const story = await sendStory(stage.urls.otlpHttp, { startMs: now - 120_000, mark: 'a1', failed: false });
    await untilStored(stage.urls.ui, story.traceId, 3);
    await eventually(
      async () => (await (await fetch(`${stage.urls.ui}/api/v1/metrics`)).json()) as { metrics: unknown[] },
      ({ metrics }) => metrics.length > 0,
    );
  });
  afterAll(async () => stage.close());

  it('is offered names while typing, and draws two questions on one chart', async () => {
    const page = await stage.open('/metrics/explore?from=-15m');
    const refused: string[] = [];
    page.on('console', (message) => {
      if (/Content Security Policy/i.test(message.text())) refused.push(message.text());
    });
    await page.getByRole('button', { name: 'PromQL' }).click();
    await page.getByRole('textbox', { name: 'Expression A' }).and(page.locator('.cm-content')).click();
    await page.keyboard.type('http_server');
    const offered = page.getByRole('option', { name: /http_server_request_duration_seconds_count/ });
    await offered.click();
    await page.keyboard.press('Enter');
    await idle(page);
    const rows = page.locator('.series-table tbody tr');
    await expect.poll(async () => rows.count()).toBeGreaterThan(0);
    const first = await rows.count();
    expect(new URL(page.url()).searchParams.get('expr')).toBe('http_server_request_duration_seconds_count');

    await page.getByRole('textbox', { name: 'Expression B' }).click();
    await page.keyboard.type('count(http_server_request_duration_seconds_count)');
    await page.keyboard.press('Enter');
    await expect.poll(async () => rows.count()).toBe(first + 1);
    expect(await rows.last().textContent()).toMatch(/^B \{\}/);
    expect(await rows.first().textContent()).toMatch(/^A http_server_request_duration_seconds_count\{/);
    expect(refused).toEqual([]);
    expect(await violations(page)).toEqual([]);
    // The address says it all.
    await page.reload();
    await idle(page);
    await expect.poll(async () => rows.count()).toBe(first + 1);
    await page.close();
  });

  it('is told what is wrong', async () => {
    const page = await stage.open('/metrics/explore?view=promql&from=-15m&expr=rate(up)');
    await expect
      .poll(async () => page.locator('.promql-panel').textContent())
      .toContain('expected type range vector in call to function "rate"');
    await page.close();
  });
});

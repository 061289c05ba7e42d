import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, findChromium, idle, openStage, untilStored, type Stage } from '../stage.ts';
import { sendLogs, sendStory, type Story } from '../story.ts';

describe.skipIf(findChromium() === undefined)(
  'someone looks into a failed request',
  { timeout: 60_000 },
  () => {
    let stage: Stage;
    let failed: Story;

    beforeAll(async () => {
      stage = await openStage();
      const now = Date.now();
      failed = await sendStory(stage.urls.otlpHttp, { startMs: now - 120_000, mark: 'a1', failed: true });
      const fine = await sendStory(stage.urls.otlpHttp, {
        startMs: now - 600_000,
        mark: 'b2',
        failed: false,
      });
      await untilStored(stage.urls.ui, failed.traceId, 3);
      await untilStored(stage.urls.ui, fine.traceId, 3);
      await eventually(
        async () =>
          (await (await fetch(`${stage.urls.ui}/api/v1/logs?limit=10`)).json()) as { logs: unknown[] },
        ({ logs }) => logs.length === 6,
      );
      await eventually(
        async () => (await (await fetch(`${stage.urls.ui}/api/v1/metrics`)).json()) as { metrics: unknown[] },
        ({ metrics }) => metrics.length > 0,
      );
    });
    afterAll(async () => stage.close());

    it('goes from the list to the trace, the span, its logs, and back', async () => {
      const page = await stage.open('/traces');
      await expect
        .poll(async () => page.textContent('h1'))
        .toContain('1 of 2 traces failed in the last hour');
      await page.click('.table-item.has-error .row-link');
      await idle(page);
      expect(page.url()).toContain(`/traces/${failed.traceId}`);
      expect(await page.textContent('h1')).toContain('rate limit of 10 requests per minute');
      await page.keyboard.press('e');
      await idle(page);
      const panel = page.getByTestId('span-panel');
      expect(await panel.textContent()).toContain('chat gpt-4o');
      expect(await panel.textContent()).toContain('RateLimitError');
      expect(await panel.textContent()).toContain('812 in, 64 out');
      await panel.getByRole('tab', { name: 'Logs' }).click();
      await idle(page);
      expect(await panel.textContent()).toContain('the model refused: rate limit');
      await panel.getByRole('link', { name: 'Open in Logs' }).click();
      await idle(page);
      expect(page.url()).toContain('/logs?');
      await expect.poll(async () => page.locator('.log-row').count()).toBe(1);
      await page.goBack();
      await idle(page);
      expect(page.url()).toContain(`span=${failed.spanIds.call}`);
      await page.close();
    });

    it('filters by clicking a value, and takes it back with a second click', async () => {
      const page = await stage.open('/traces');
      await page
        .locator('.facets')
        .getByRole('button', { name: /^error/ })
        .click();
      await idle(page);
      expect(new URL(page.url()).searchParams.get('q')).toBe('status:error');
      await expect.poll(async () => page.locator('.table-item').count()).toBe(1);
      await page
        .locator('.facets')
        .getByRole('button', { name: /^error/ })
        .click();
      await idle(page);
      await expect.poll(async () => page.locator('.table-item').count()).toBe(2);
      await page.goBack();
      await idle(page);
      await expect.poll(async () => page.locator('.table-item').count()).toBe(1);
      await page.close();
    });

    it('filters by a value of a span through its menu', async () => {
      const page = await stage.open(`/traces/${failed.traceId}?span=${failed.spanIds.root}`);
      await page
        .getByTestId('span-panel')
        .getByRole('button', { name: /^http\.route: \/chat/ })
        .click();
      await page.getByRole('menuitem', { name: 'Find traces with this value' }).click();
      await idle(page);
      expect(new URL(page.url()).searchParams.get('q')).toBe('http.route:"/chat"');
      await expect.poll(async () => page.locator('.table-item').count()).toBe(2);
      await page.close();
    });

    it('says where a filter cannot be read', async () => {
      const page = await stage.open('/traces');
      const filter = page.getByRole('combobox', { name: 'Filter traces' });
      await filter.fill('service:(');
      await filter.press('Enter');
      await page.locator('h1').click();
      await expect.poll(async () => page.locator('.filter-problem').textContent()).toMatch(/column 10/);
      // The lines below the message point at the place.
      const [filterLine = '', caretLine = ''] = (await page.locator('.notice pre').innerText()).split('\n');
      expect(filterLine).toContain('service:(');
      expect(caretLine.indexOf('^')).toBe(filterLine.indexOf('(') + 1);
      await page.close();
    });

    it('brushes the histogram to look closer, and Back undoes it', async () => {
      const page = await stage.open('/traces?from=-15m');
      const box = await page.getByTestId('histogram').boundingBox();
      if (box === null) throw new Error('No histogram.');
      await page.mouse.move(box.x + box.width * 0.75, box.y + 30);
      await page.mouse.down();
      await page.mouse.move(box.x + box.width * 0.98, box.y + 30, { steps: 5 });
      await page.mouse.up();
      await idle(page);
      expect(new URL(page.url()).searchParams.get('from')).toMatch(/^\d{4}-/);
      await expect.poll(async () => page.locator('.table-item').count()).toBe(1);
      await page.goBack();
      await idle(page);
      expect(new URL(page.url()).searchParams.get('from')).toBe('-15m');
      await page.close();
    });

    it('opens the trace behind an exemplar', async () => {
      const page = await stage.open('/metrics/explore?name=http.server.request.duration&from=-15m');
      expect(await page.textContent('h1')).toMatch(/p95 of http\.server\.request\.duration is/);
      await page.locator('.chart-dot').last().click();
      await idle(page);
      expect(new URL(page.url()).pathname).toMatch(new RegExp(`^/(?:traces|runs)/${failed.traceId}$`));
      await page.close();
    });

    it('groups a metric by an attribute', async () => {
      const page = await stage.open('/metrics/explore?name=http.server.request.duration&from=-15m');
      await page.getByRole('button', { name: /^Group by/ }).click();
      await page.getByRole('menuitemcheckbox', { name: 'attr.http.route' }).click();
      await page.keyboard.press('Escape');
      await idle(page);
      expect(new URL(page.url()).searchParams.get('by')).toBe('attr.http.route');
      await expect.poll(async () => page.locator('.series-table tbody').textContent()).toContain('/chat');
      await page.close();
    });

    it('follows one correlation id through three services', async () => {
      const page = await stage.open(`/timeline?id=${failed.correlationId}`);
      expect(await page.textContent('h1')).toContain('3 services worked 1.20 s on this request');
      expect(await page.locator('.timeline-service').allTextContents()).toEqual([
        'web-api',
        'agent-runner',
        'llm-gateway',
      ]);
      await page.getByRole('link', { name: 'the model refused: rate limit' }).click();
      await idle(page);
      expect(page.url()).toContain(`/traces/${failed.traceId}`);
      await page.close();
    });

    it('shows what stands around a line', async () => {
      const page = await stage.open('/logs?q=refused');
      await page.locator('.log-body').first().click();
      await idle(page);
      const panel = page.getByTestId('log-panel');
      const words = page.locator('.log-row.is-selected .log-body');
      expect((await words.boundingBox())?.width).toBeGreaterThan(150);
      await panel.getByRole('button', { name: 'All services' }).click();
      await idle(page);
      await expect
        .poll(async () => panel.locator('.log-context').textContent())
        .toContain('the agent takes on the question');
      await panel.getByRole('link', { name: 'Open the trace' }).click();
      await idle(page);
      expect(page.url()).toContain(`span=${failed.spanIds.call}`);
      await page.close();
    });

    it('tails: lines appear at the top, and wait behind a pill while one is read', async () => {
      const page = await stage.open('/logs?live=1');
      await expect
        .poll(async () => page.locator('.page-detail').textContent(), { timeout: 10_000 })
        .toContain('Tailing');
      await sendLogs(stage.urls.otlpHttp, [
        { service: 'tailed', ms: Date.now(), body: 'first of the tail', severity: 9 },
      ]);
      await expect
        .poll(async () => page.locator('.log-row').first().textContent(), { timeout: 10_000 })
        .toContain('first of the tail');
      await page.locator('.log-body').first().click();
      await sendLogs(stage.urls.otlpHttp, [
        { service: 'tailed', ms: Date.now(), body: 'second of the tail', severity: 9 },
      ]);
      await expect
        .poll(async () => page.locator('.new-items').textContent(), { timeout: 10_000 })
        .toContain('1 new line');
      expect(await page.locator('.log-list').textContent()).not.toContain('second of the tail');
      await page.locator('.new-items-pill').click();
      await expect.poll(async () => page.locator('.log-list').textContent()).toContain('second of the tail');
      await page.close();
    });

    it('finds a trace by its id from anywhere', async () => {
      const page = await stage.open('/status');
      await page.keyboard.press('Control+k');
      await page.getByRole('combobox', { name: 'Find anything' }).waitFor();
      await page.keyboard.type(failed.traceId);
      await page.keyboard.press('Enter');
      await idle(page);
      expect(page.url()).toContain(`/traces/${failed.traceId}`);
      await page.close();
    });

    it('does it all by keyboard', async () => {
      const page = await stage.open('/status');
      await page.keyboard.press('g');
      await page.keyboard.press('t');
      await page.locator('.table-item').first().waitFor();
      await page.keyboard.press('j');
      await page.locator('.table-item.is-selected').waitFor();
      await page.keyboard.press('Enter');
      await idle(page);
      await expect.poll(() => page.url()).toContain(`/traces/${failed.traceId}`);
      await page.getByTestId('waterfall').waitFor();
      await page.keyboard.press('j');
      await expect.poll(() => page.url()).toContain(`span=${failed.spanIds.root}`);
      await page.keyboard.press('j');
      await expect.poll(() => page.url()).toContain(`span=${failed.spanIds.agent}`);
      await page.keyboard.press('/');
      await page.keyboard.type('chat gpt');
      await page.keyboard.press('Enter');
      await expect.poll(() => page.url()).toContain(`span=${failed.spanIds.call}`);
      await page.keyboard.press('Escape');
      await page.keyboard.press('?');
      await expect
        .poll(async () => page.getByRole('dialog').textContent())
        .toContain('Critical path on or off');
      // The keys, the span, the trace.
      for (let layer = 0; layer < 3; layer += 1) {
        await page.keyboard.press('Escape');
        await idle(page);
      }
      await expect.poll(() => new URL(page.url()).pathname).toBe('/traces');
      await page.close();
    });

    it('works on a phone', async () => {
      const page = await stage.open('/traces', {
        viewport: { width: 390, height: 844 },
        hasTouch: true,
        isMobile: true,
      });
      await page.locator('.row-link').first().tap();
      await idle(page);
      for (const path of [
        '/logs',
        '/metrics/explore',
        '/status',
        '/get-started',
        `/timeline?id=${failed.correlationId}`,
        `/traces/${failed.traceId}?span=${failed.spanIds.call}`,
      ]) {
        await page.goto(`${stage.urls.ui}${path}`);
        await idle(page);
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
        expect(overflow, `${path} is wider than the phone`).toBeLessThanOrEqual(0);
      }
      await page.close();
    });

    it('explains an address that leads nowhere', async () => {
      const page = await stage.open('/nowhere');
      expect(await page.textContent('h1')).toBe('There is no page at this address');
      await page.goto(`${stage.urls.ui}/traces/${'0f'.repeat(16)}`);
      await idle(page);
      expect(await page.textContent('h1')).toBe('This trace cannot be shown');
      await page.close();
    });
  },
);

import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hexId, tracesRequest } from '../../../server/src/query/testing/otlp-json.ts';
import { eventually, findChromium, idle, openStage, type Stage } from '../stage.ts';
import { violations } from '../violations.ts';

const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
const soon = { timeout: 60_000 };
/** A thumb's width, by WCAG 2.5.5. */
const touchPxMin = 44;

describe.skipIf(findChromium() === undefined)(
  'somebody is told by a rule of a chart',
  { timeout: 180_000 },
  () => {
    let stage: Stage;
    let outage: Outage;

    beforeAll(async () => {
      stage = await openStage();
      outage = beginOutage(stage.urls.otlpHttp);
      await eventually(
        async () =>
          (await (await fetch(`${stage.urls.ui}/api/v1/services`)).json()) as { services: unknown[] },
        ({ services }) => services.length > 0,
        60_000,
      );
    });
    afterAll(async () => {
      await outage.end();
      await stage.close();
    });

    it('writes it from what the chart draws, and sees it fire on what comes', async () => {
      const page = await stage.open('/traces?q=service:till status:error');
      await page.getByRole('button', { name: /^Alert on this/ }).click();
      await page.waitForURL(/\/alerts\/rule/);
      await idle(page);
      const query = page.getByRole('textbox', { name: 'When' });
      expect(await query.inputValue()).toMatch(
        /^count of (spans|runs) where service:till status:error over 5m > \d+$/,
      );
      await page.getByLabel('Name', { exact: true }).fill('Till fails');
      await query.fill('count where service:till status:error by service over 10s > 0');
      await page.getByLabel('Look every').fill('2s');
      await expect
        .poll(async () => page.locator('#rule-says').textContent(), soon)
        .toContain('one alert for each service');
      await page.getByRole('combobox', { name: 'Severity' }).selectOption('critical');
      expect(await violations(page)).toEqual([]);
      await page.getByRole('button', { name: 'Create rule' }).click();
      await page.waitForURL(/\/alerts\/rule\?id=/);
      // Nothing is pressed: the bell is looked at, wherever one is.
      const bell = page.locator('.alert-bell');
      await expect.poll(async () => bell.textContent(), soon).toBe('1');
      await bell.click();
      const card = cardOf(page);
      await expect
        .poll(async () => card.textContent(), soon)
        .toMatch(/Firing, began .*threshold 0.*service till/s);
      await expect
        .poll(async () => page.getByRole('heading', { level: 1 }).textContent(), soon)
        .toBe('1 critical alert fires');
      expect(await violations(page)).toEqual([]);
      await card.getByRole('link', { name: 'Open a run' }).click();
      await page.waitForURL(/\/runs\/[0-9a-f]{32}/);
      await page.close();
    });

    it('acknowledges it with a thumb', async () => {
      const page = await stage.open('/alerts', phone);
      const card = cardOf(page);
      const button = card.getByRole('button', { name: 'Acknowledge' });
      const box = await button.boundingBox();
      expect(box?.height).toBeGreaterThanOrEqual(touchPxMin);
      // Within the first screen: nobody scrolls at three in the morning.
      expect((box?.y ?? 0) + (box?.height ?? 0)).toBeLessThanOrEqual(phone.viewport.height);
      await button.tap();
      await expect.poll(async () => card.textContent(), soon).toContain('Acknowledged');
      expect(await violations(page)).toEqual([]);
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(390);
      await page.close();
    });

    it('silences it, and sees that it is over', async () => {
      const page = await stage.open('/alerts');
      const card = cardOf(page);
      await card.getByRole('link', { name: 'Silence' }).click();
      await expect
        .poll(async () => page.locator('.silence-preview').textContent(), soon)
        .toContain('Quiets 1 alert of now');
      await page.getByLabel('Your name').fill('Mira');
      await page.getByLabel('Why').fill('the till is being mended');
      await page.getByRole('button', { name: 'Silence', exact: true }).click();
      const line = page.locator('.silence-line');
      await expect.poll(async () => line.textContent(), soon).toContain('quiets 1 alert now');
      expect(await line.textContent()).toContain('Mira: the till is being mended');
      await page.getByRole('button', { name: 'Now', exact: true }).click();
      await expect.poll(async () => card.textContent(), soon).toContain('Silenced.');
      await outage.end();
      await expect.poll(async () => card.count(), soon).toBe(0);
      expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('Nothing fires');
      await page.getByRole('button', { name: 'History' }).click();
      const lines = page.locator('.history-line').filter({ hasText: 'Till fails' });
      await expect
        .poll(async () => (await lines.allTextContents()).map(changeOf), soon)
        .toEqual(['resolved', 'was acknowledged', 'fired']);
      await page.close();
    });
  },
);

const cardOf = (page: Page) => page.locator('.alert-card').filter({ hasText: 'Till fails' });

const changes = ['fired', 'was acknowledged', 'resolved'] as const;

function changeOf(line: string): string | undefined {
  return changes.find((words) => line.includes(words));
}

interface Outage {
  end(): Promise<void>;
}

/** The till fails twice a second until it is mended. */
function beginOutage(otlpHttp: string): Outage {
  let isOver = false;
  let count = 0;
  const failing = (async () => {
    while (!isOver) {
      count++;
      const span = {
        traceId: hexId(32, count),
        spanId: hexId(16, count),
        name: 'POST /pay',
        startNanos: BigInt(Date.now() - 40) * 1_000_000n,
        durationNanos: 40_000_000n,
        status: { code: 2, message: 'the drawer is stuck' },
      };
      await fetch(`${otlpHttp}/v1/traces`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(tracesRequest('till', [span])),
      });
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  })();
  return {
    end: async () => {
      isOver = true;
      await failing;
    },
  };
}

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hexId, tracesRequest } from '../../../server/src/query/testing/otlp-json.ts';
import { eventually, findChromium, idle, openStage, type Stage } from '../stage.ts';
import { violations } from '../violations.ts';

const count = 600;

/** Requests of the last five hours, two a minute; those of the last but one hour fail. */
function requests(nowMs: number): unknown {
  const spans = Array.from({ length: count }, (_, index) => {
    const agoMs = (index + 1) * 30_000;
    return {
      traceId: hexId(32, index + 1),
      spanId: hexId(16, index + 1),
      startNanos: BigInt(nowMs - agoMs) * 1_000_000n,
      durationNanos: 80_000_000n,
      status: { code: agoMs > 3_600_000 && agoMs <= 7_200_000 ? 2 : 0 },
    };
  });
  return tracesRequest('shop', spans);
}

describe.skipIf(findChromium() === undefined)('somebody sets an objective', { timeout: 90_000 }, () => {
  let stage: Stage;

  beforeAll(async () => {
    stage = await openStage();
    await fetch(`${stage.urls.otlpHttp}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(requests(Math.floor(Date.now() / 60_000) * 60_000)),
    });
    await eventually(
      async () => (await (await fetch(`${stage.urls.ui}/api/v1/services`)).json()) as { services: unknown[] },
      ({ services }) => services.length > 0,
    );
  });
  afterAll(async () => stage.close());

  it('sees while writing what was counted, and then what is left and what spent it', async () => {
    const page = await stage.open('/slos');
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('No objective is set');
    await page.getByRole('button', { name: 'New SLO' }).first().click();
    const side = page.getByRole('complementary', { name: 'New SLO' });
    await side.getByLabel('Name').fill('Shop answers');
    await side.getByLabel('Objective, %').fill('70');
    await side.getByRole('combobox', { name: 'Of' }).selectOption('spans');
    await side.getByLabel('Only those with').fill('service:shop');
    await expect
      .poll(async () => side.getByRole('status').textContent())
      .toBe('In the last 24 hours 80 % of 600 were good.');
    await side.getByRole('button', { name: 'Create SLO' }).click();
    await idle(page);
    const detail = page.getByRole('complementary', { name: 'Shop answers' });
    await expect.poll(async () => detail.textContent()).toContain('80 % of 600 are good, 70 % are wanted.');
    await expect.poll(async () => detail.textContent()).toContain('What spent it');
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('The objective is met');
    expect(await detail.getByRole('region', { name: 'Burn rates' }).textContent()).toContain('14.4×');
    expect(await violations(page)).toEqual([]);
    await detail.getByRole('link', { name: 'Look' }).first().click();
    await idle(page);
    expect(new URL(page.url()).searchParams.get('q')).toBe('service:shop status:error');
    await page.close();
  });

  it('reads it on a phone, and is told what is wrong', async () => {
    const phone = { viewport: { width: 390, height: 844 } };
    const page = await stage.open('/slos?slo=Shop+answers', phone);
    await expect.poll(async () => page.locator('.slos-side').textContent()).toContain('What spent it');
    expect(await violations(page)).toEqual([]);
    const width = await page.evaluate('document.documentElement.scrollWidth');
    expect(width).toBeLessThanOrEqual(390);
    await page.getByLabel('Only those with').fill('service:');
    await expect.poll(async () => page.locator('.slos-side .error-text').allTextContents()).not.toEqual([]);
    await page.close();
  });
});

/** A failed run of a program that is connected is run again, then with another model from the step that was to blame. */
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { killed, RefundShop, until } from '../../../server/src/replay/testing/refund-shop.ts';
import { browserFlags, findChromium, idle } from '../stage.ts';
import { violations } from '../violations.ts';

describe.skipIf(findChromium() === undefined)('a failed run', { timeout: 90_000 }, () => {
  let shop: RefundShop;
  let browser: Browser;
  let page: Page;
  let traceId = '';
  beforeAll(async () => {
    shop = await RefundShop.open();
    browser = await chromium.launch({ executablePath: findChromium() ?? '', args: browserFlags });
    page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    [traceId = ''] = await shop.record([4712]);
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await shop?.close();
  });

  const open = async (path: string): Promise<void> => {
    await page.goto(`${shop.live.ui}${path}`);
    await idle(page);
  };
  const looksFine = async (): Promise<void> => {
    for (const colorScheme of ['dark', 'light'] as const) {
      await page.emulateMedia({ colorScheme });
      expect(await violations(page)).toEqual([]);
    }
  };

  it("whose program is away comes with the command that runs it on the user's machine", async () => {
    const program = shop.start([]);
    await until(async () => shop.isReady());
    await killed(program);
    const step = (await shop.spansOf(traceId)).find(({ name }) => name === 'execute_tool find order');
    await open(`/runs/${traceId}?span=${step?.spanId ?? ''}`);
    await page.getByRole('link', { name: 'What if from here' }).click();
    const command = page.getByLabel('On your machine, with your program at the end');
    await page.getByLabel('Result').fill('{"order":4712,"euro":5}');
    expect(await command.textContent()).toBe(
      `sightline replay ${traceId} --offline --from-span ${step?.spanId ?? ''} --result '{"order":4712,"euro":5}' -- node app.js`,
    );
    await idle(page);
    await looksFine();
  });

  it('is replayed, and both runs stand side by side', async () => {
    shop.start([]);
    await until(async () => shop.isReady());
    await open(`/runs/${traceId}`);
    await page.getByRole('link', { name: 'Replay', exact: true }).click();
    await page.getByRole('button', { name: 'Replay' }).click();
    await page.getByText('RangeError: The model says no.').first().waitFor();
    await page.locator('.replay-steps').getByText('find order').first().waitFor();
    expect(await page.locator('.replay-steps li.is-added').count()).toBe(0);
  });

  it('is fixed by a what-if: another model from the step that was to blame, nothing before it run again', async () => {
    shop.forget();
    const step = (await shop.spansOf(traceId)).find(({ name }) => name === 'chat small');
    await open(`/runs/${traceId}?span=${step?.spanId ?? ''}`);
    await page.getByRole('link', { name: 'What if from here' }).click();
    expect(await page.getByLabel('System, message 1').inputValue()).toBe('Answer with yes or no.');
    await page.getByRole('textbox', { name: 'model', exact: true }).fill('large');
    await page.getByLabel('System, message 1').fill('Say yes.');
    await idle(page);
    await looksFine();
    await page.getByRole('button', { name: 'Run from here' }).click();
    await page.getByText('"paid": true').first().waitFor();
    await page.locator('.replay-steps li.is-added').getByText('pay').waitFor();
    expect(await page.getByRole('list', { name: 'What was changed' }).textContent()).toContain(
      'model: large',
    );
    expect(shop.ran()).toEqual(['refund 4712', 'pay 4712']);
    expect(shop.asked.map((line) => line.split(' ')[0])).toEqual(['/v1/chat/completions']);
    await idle(page);
    await looksFine();
  });
});

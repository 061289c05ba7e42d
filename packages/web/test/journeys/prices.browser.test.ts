import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { allStored } from '../recordings.ts';
import { findChromium, idle, openStage, type Stage } from '../stage.ts';
import { post } from '../story.ts';
import { violations } from '../violations.ts';

const text = (key: string, stringValue: string) => ({ key, value: { stringValue } });
const int = (key: string, intValue: number) => ({ key, value: { intValue: String(intValue) } });
const idOf = (mark: number, length: number): string => mark.toString(16).padStart(length, 'c');

/** Calls of 1,000 tokens in and 100 out, each a run of its own. */
async function sendCalls(otlpHttp: string, calls: readonly (readonly [string, string])[]): Promise<void> {
  const start = BigInt(Date.now() - 60_000) * 1_000_000n;
  const spans = calls.map(([provider, model], index) => ({
    traceId: idOf(index, 32),
    spanId: idOf(index, 16),
    name: `chat ${model}`,
    kind: 3,
    startTimeUnixNano: String(start),
    endTimeUnixNano: String(start + 1_000_000n),
    attributes: [
      text('gen_ai.operation.name', 'chat'),
      text('gen_ai.provider.name', provider),
      text('gen_ai.request.model', model),
      int('gen_ai.usage.input_tokens', 1000),
      int('gen_ai.usage.output_tokens', 100),
    ],
  }));
  const resource = { attributes: [text('service.name', 'shop')] };
  await post(otlpHttp, 'traces', { resourceSpans: [{ resource, scopeSpans: [{ spans }] }] });
}

const soon = (read: () => Promise<unknown>) => expect.poll(read, { timeout: 15_000 });

describe.skipIf(findChromium() === undefined)(
  'someone gives a model of their own a price',
  { timeout: 90_000 },
  () => {
    let stage: Stage;
    let page: Page;
    beforeAll(async () => {
      stage = await openStage();
      await sendCalls(stage.urls.otlpHttp, [
        ['openai', 'in-house-9'],
        ['openai', 'in-house-9'],
        ['one-host', 'gpt-4o'],
        ['other-host', 'gpt-4o'],
      ]);
      await allStored(stage.urls.ui);
      page = await stage.open('/prices');
    }, 60_000);
    afterAll(async () => stage.close());

    const unpriced = () => page.getByRole('region', { name: 'Models without a price' });
    const own = () => page.getByRole('region', { name: 'Your own prices' });
    const rowOf = (host: string) => unpriced().getByRole('row').filter({ hasText: host });

    it('sees which models have no price, why, and what they used', async () => {
      expect(await page.textContent('h1')).toBe('3 models without a price: 4 calls, 4,400 tokens in 7 days');
      expect(await rowOf('in-house-9').textContent()).toMatch(/openaiUnknown model2.*2,200/);
      expect(await rowOf('one-host').textContent()).toContain('Known model, unknown host');
      expect(await unpriced().textContent()).not.toContain('$');
      await page.emulateMedia({ colorScheme: 'dark' });
      expect(await violations(page)).toEqual([]);
      await page.emulateMedia({ colorScheme: 'light' });
    });

    it('is asked for the model that was clicked, and told what is wrong with a price', async () => {
      await rowOf('one-host').getByRole('button', { name: 'Set a price' }).click();
      const provider = page.getByLabel('Provider', { exact: true });
      expect(await provider.inputValue()).toBe('one-host');
      // The same model at another host.
      await rowOf('other-host').getByRole('button', { name: 'Set a price' }).click();
      expect(await provider.inputValue()).toBe('other-host');
      await rowOf('in-house-9').getByRole('button', { name: 'Set a price' }).click();
      const model = page.getByLabel('Model', { exact: true });
      expect(await model.inputValue()).toBe('in-house-9');
      await page.getByLabel('Input', { exact: true }).fill('much');
      await page.getByLabel('Output', { exact: true }).fill('2');
      await page.getByRole('button', { name: 'Save' }).click();
      expect(await page.getByRole('alert').textContent()).toBe('Input takes US dollars, 0 or more.');
      await page.getByLabel('Input', { exact: true }).fill('2000000');
      await page.getByRole('button', { name: 'Save' }).click();
      // What only the server knows comes from there, and the form stays.
      await soon(async () => page.getByRole('alert').textContent()).toMatch(/overrides\.0\.input/);
      expect(await violations(page)).toEqual([]);
    });

    it('saves a price by glob, prices the past anew, and sees it on the run', async () => {
      await page.getByLabel('Model', { exact: true }).fill('in-house-*');
      await page.getByLabel('Input', { exact: true }).fill('$1');
      await page.getByRole('button', { name: 'Save' }).click();
      await soon(async () => own().textContent()).toMatch(/in-house-\*openai\$1\$2/);
      await soon(async () => rowOf('in-house-9').textContent()).toContain('Has a price now: reprice');
      await page.getByRole('button', { name: 'Reprice' }).click();
      await soon(async () => page.getByRole('status').last().textContent()).toBe(
        '4 calls repriced: unknown before, ≥ $0.0024 after, 2 still without a price',
      );
      await soon(async () => page.textContent('h1')).toBe(
        '2 models without a price: 2 calls, 2,200 tokens in 7 days',
      );
      expect(await violations(page)).toEqual([]);
      const run = await stage.open(`/runs/${idOf(0, 32)}?view=cost`);
      // 1,000 at $1 and 100 at $2 a million.
      expect(await run.locator('.cost-sentence').textContent()).toContain('$0.0012');
      await run.close();
    });

    it('changes a price and takes it back', async () => {
      await own().getByRole('button', { name: 'in-house-*', exact: true }).click();
      await page.getByLabel('Output', { exact: true }).fill('12');
      await page.getByRole('button', { name: 'Save' }).click();
      await soon(async () => own().textContent()).toContain('$1$12');
      await page.reload();
      await idle(page);
      expect(await own().textContent()).toContain('$1$12');
      await own().getByRole('button', { name: 'Delete the price of in-house-*' }).click();
      await soon(async () => page.locator('.prices-page').textContent()).toContain(
        'None: calls are priced by the catalogue',
      );
      const { overrides } = (await (await fetch(`${stage.urls.ui}/api/v1/settings/prices`)).json()) as {
        overrides: unknown[];
      };
      expect(overrides).toEqual([]);
    });
  },
);

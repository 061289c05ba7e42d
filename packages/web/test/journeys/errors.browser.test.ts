import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { allStored } from '../recordings.ts';
import { findChromium, openStage, type Stage } from '../stage.ts';
import { post } from '../story.ts';
import { violations } from '../violations.ts';

const text = (key: string, stringValue: string) => ({ key, value: { stringValue } });
const idOf = (mark: number, length: number): string => mark.toString(16).padStart(length, 'd');

/** The same bug on three machines, and one more. */
async function sendErrors(otlpHttp: string): Promise<void> {
  const spans = ['/srv/a', '/home/b', '/c', '/d'].map((root, index) => {
    const time = String(BigInt(Date.now() - 60_000 * (index + 1)) * 1_000_000n);
    const type = index === 3 ? 'TypeError' : 'RangeError';
    const name = index === 3 ? 'pay' : 'addItem';
    const message = `no item ${index + 7}`;
    const stack = `${type}: ${message}
    at ${name} (${root}/dist/cart.js:${index + 40}:7)
    at Layer.handle (${root}/node_modules/express/lib/router/layer.js:95:5)`;
    return {
      traceId: idOf(index, 32),
      spanId: idOf(index, 16),
      name: 'POST /cart',
      kind: 2,
      startTimeUnixNano: time,
      endTimeUnixNano: time,
      status: { code: 2, message },
      attributes: [text('user.id', `user-${index}`)],
      events: [
        {
          name: 'exception',
          timeUnixNano: time,
          attributes: [
            text('exception.type', type),
            text('exception.message', message),
            text('exception.stacktrace', stack),
          ],
        },
      ],
    };
  });
  const resource = { attributes: [text('service.name', 'shop'), text('service.version', '1.4.0')] };
  await post(otlpHttp, 'traces', { resourceSpans: [{ resource, scopeSpans: [{ spans }] }] });
}

describe.skipIf(findChromium() === undefined)('someone looks after errors', { timeout: 90_000 }, () => {
  let stage: Stage;
  let page: Page;
  beforeAll(async () => {
    stage = await openStage();
    await sendErrors(stage.urls.otlpHttp);
    await allStored(stage.urls.ui);
    page = await stage.open('/errors');
  }, 60_000);
  afterAll(async () => stage.close());

  const soon = (read: () => Promise<unknown>) => expect.poll(read, { timeout: 15_000 });

  it('sees each bug once, opens the one with the most, and its run', async () => {
    await soon(() => page.textContent('h1')).toBe('2 open errors in the last hour: 2 new');
    expect(await violations(page)).toEqual([]);
    await page.getByRole('link', { name: 'RangeError no item' }).click();
    await soon(() => page.textContent('h1')).toBe('RangeError: no item <number>');
    expect(await page.textContent('.page-detail')).toContain(
      '3 times in the last hour in 3 runs, for 3 users',
    );
    const stack = page.getByRole('region', { name: 'Stack', exact: true });
    expect(await stack.textContent()).toContain('addItem');
    expect(await stack.textContent()).not.toContain('handle');
    await page.emulateMedia({ colorScheme: 'dark' });
    expect(await violations(page)).toEqual([]);
    await page.emulateMedia({ colorScheme: 'light' });
    await page.getByRole('region', { name: 'Newest occurrences' }).getByRole('link').first().click();
    await soon(async () => page.url()).toContain(`/runs/${idOf(0, 32)}`);
    await page.goBack();
  });

  it('resolves it; it leaves the list and stands among the resolved', async () => {
    await page.getByRole('button', { name: 'Resolve', exact: true }).click();
    await page.getByRole('button', { name: 'Open again' }).waitFor();
    await page.getByRole('link', { name: 'Errors', exact: true }).click();
    await soon(() => page.textContent('h1')).toBe('1 open error in the last hour: 1 new');
    await page.getByRole('button', { name: 'Resolved' }).click();
    await soon(() => page.textContent('h1')).toMatch(/^1 resolved error in the last hour/);
  });
});

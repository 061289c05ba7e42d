import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hexId, type SpanInput, tracesRequest } from '../../../server/src/query/testing/otlp-json.ts';
import { eventually, findChromium, idle, openStage, type Stage } from '../stage.ts';
import { violations } from '../violations.ts';

let spanNumber = 0;
let seed = 5;

/** Calls of a version from so many minutes ago on, evenly apart. */
function calls(
  nowMs: number,
  {
    name,
    from,
    every,
    ms,
  }: { readonly name: string; readonly from: number; readonly every: number; readonly ms: number },
): SpanInput[] {
  return Array.from({ length: Math.floor(from / every) }, (_each, index) => {
    spanNumber++;
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    const agoMs = (from - index * every) * 60_000;
    return {
      traceId: hexId(32, spanNumber),
      spanId: hexId(16, spanNumber),
      name,
      startNanos: BigInt(Math.round(nowMs - agoMs + 4_000)) * 1_000_000n,
      durationNanos: BigInt(Math.round(ms * (0.9 + (0.2 * seed) / 2 ** 32) * 1e6)),
    };
  });
}

describe.skipIf(findChromium() === undefined)(
  'somebody asks what is unusual and which version made it worse',
  { timeout: 120_000 },
  () => {
    let stage: Stage;

    beforeAll(async () => {
      stage = await openStage();
      const nowMs = Math.floor(Date.now() / 60_000) * 60_000;
      const send = async (version: string, spans: readonly SpanInput[]): Promise<void> => {
        for (let from = 0; from < spans.length; from += 500)
          expect(
            await fetch(`${stage.urls.otlpHttp}/v1/traces`, {
              method: 'POST',
              headers: { 'content-type': 'application/json' },
              body: JSON.stringify(
                tracesRequest('shop', spans.slice(from, from + 500), { 'service.version': version }),
              ),
            }),
          ).toMatchObject({ status: 200 });
      };
      await send('1.0', [
        ...calls(nowMs, { name: 'GET /cart', from: 2_880, every: 5, ms: 200 }),
        ...calls(nowMs, { name: 'GET /cart', from: 100, every: 0.2, ms: 200 }),
        ...calls(nowMs, { name: 'GET /list', from: 100, every: 0.2, ms: 300 }),
      ]);
      await send('1.1', [
        ...calls(nowMs, { name: 'GET /cart', from: 70, every: 0.2, ms: 260 }),
        ...calls(nowMs, { name: 'GET /list', from: 70, every: 0.2, ms: 300 }),
        ...calls(nowMs, { name: 'GET /cart', from: 12, every: 12, ms: 9_000 }),
      ]);
      // The last that was sent is the slowest.
      await eventually(
        async () => {
          const found = await fetch(`${stage.urls.ui}/api/v1/traces?from=-2h&minDurationMs=8000`);
          return (await found.json()) as { traces: unknown[] };
        },
        ({ traces }) => traces.length > 0,
        60_000,
      );
    });
    afterAll(async () => stage.close());

    it('sees the band, what was outside of it and why, and a forecast with its error', async () => {
      const value = encodeURIComponent('max(duration) by service over 5m');
      const page = await stage.open(`/outlook?value=${value}&from=-1d&ahead=1d`);
      const card = page.getByRole('region', { name: 'service: shop' });
      await expect.poll(async () => card.textContent()).toMatch(/9(\.\d+)? s; expected .* usual distance/);
      expect(await card.textContent()).toContain('Forecast by');
      expect(await violations(page)).toEqual([]);
      await page.getByRole('button', { name: 'Errors', exact: true }).click();
      await idle(page);
      expect(new URL(page.url()).searchParams.get('value')).toBe('error_rate by service over 15m');
      await page.getByLabel('Value', { exact: true }).fill('error_rat');
      await page.getByRole('button', { name: 'Show', exact: true }).click();
      await expect.poll(async () => page.textContent('body')).toContain('Did you mean');
      await page.close();
    });

    it('sees which version made what slower, and opens the traces behind it', async () => {
      const page = await stage.open('/regressions');
      const card = page.getByRole('region', { name: 'shop 1.1' });
      await expect
        .poll(
          async () => {
            await page.getByRole('button', { name: 'Refresh' }).first().click();
            await idle(page);
            return (await card.count()) === 0 ? '' : card.textContent();
          },
          { timeout: 90_000, interval: 2_000 },
        )
        .toContain('Regressed');
      expect(await card.textContent()).toContain('Compared with 1.0, in the same minutes, minute by minute');
      const row = card.getByRole('row').filter({ hasText: 'GET /cart' }).first();
      expect(await row.textContent()).toMatch(/^RegressedGET \/cartDuration\+\d/);
      expect(await violations(page)).toEqual([]);
      await card.getByLabel('Compare now with').selectOption({ label: 'the same time last week' });
      await expect
        .poll(async () => card.textContent(), { timeout: 60_000 })
        .toContain('Compared with the same time last week');
      await card.getByLabel('Compare now with').selectOption({ index: 0 });
      await row.getByRole('link', { name: 'after' }).click();
      await idle(page);
      expect(new URL(page.url()).searchParams.get('q')).toContain('resource.service.version:1.1');
      await page.close();
    });

    it('reads both on a phone', async () => {
      for (const path of ['/outlook?from=-1d&ahead=1d', '/regressions']) {
        const page = await stage.open(path, { viewport: { width: 390, height: 844 } });
        await idle(page);
        const width = await page.evaluate('document.documentElement.scrollWidth');
        expect(width).toBeLessThanOrEqual(390);
        expect(await violations(page)).toEqual([]);
        await page.close();
      }
    });
  },
);

import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { allStored } from '../recordings.ts';
import { findChromium, idle, openStage, type Stage } from '../stage.ts';
import { post } from '../story.ts';
import { violations } from '../violations.ts';

const text = (key: string, stringValue: string) => ({ key, value: { stringValue } });
const hex = (number: number, length: number): string => number.toString(16).padStart(length, 'a');

const runs = 90;
const isSlow = (run: number): boolean => run % 9 === 0;

/** Runs of an agent that asks a model and searches; one in nine meets the shard that takes two seconds longer. */
async function sendRuns(otlpHttp: string): Promise<void> {
  const begin = Date.now() - 40 * 60_000;
  const spans = Array.from({ length: runs }, (_, run) => {
    const at = begin + run * 20_000;
    const search = isSlow(run) ? 2400 : 300 + (run % 7) * 20;
    const span = (id: number, name: string, from: number, lasts: number, attributes: readonly object[]) => ({
      traceId: hex(run + 1, 32),
      spanId: hex(run * 10 + id, 16),
      ...(id === 1 ? {} : { parentSpanId: hex(run * 10 + 1, 16) }),
      name,
      kind: 1,
      startTimeUnixNano: String(BigInt(at + from) * 1_000_000n),
      endTimeUnixNano: String(BigInt(at + from + lasts) * 1_000_000n),
      attributes: [text('user.id', `user-${run}`), ...attributes],
    });
    return [
      span(1, 'invoke_agent researcher', 0, 1000 + search, [
        text('gen_ai.operation.name', 'invoke_agent'),
        text('gen_ai.agent.name', 'researcher'),
      ]),
      span(2, 'chat gpt-5.4', 50, 800, [
        text('gen_ai.operation.name', 'chat'),
        text('gen_ai.request.model', 'gpt-5.4'),
        text(
          'gen_ai.output.messages',
          JSON.stringify([
            {
              role: 'assistant',
              parts: [
                {
                  type: 'text',
                  content: `The answer is here.\nIt took run ${isSlow(run) ? 'long' : 'short'}.`,
                },
              ],
            },
          ]),
        ),
      ]),
      span(3, 'execute_tool search', 900, search, [
        text('gen_ai.operation.name', 'execute_tool'),
        text('gen_ai.tool.name', 'search'),
        text('db.shard', isSlow(run) ? 's13' : `s${run % 5}`),
      ]),
    ];
  }).flat();
  const resource = { attributes: [text('service.name', 'shop')] };
  await post(otlpHttp, 'traces', { resourceSpans: [{ resource, scopeSpans: [{ spans }] }] });
}

describe.skipIf(findChromium() === undefined)('someone asks what is different', { timeout: 90_000 }, () => {
  let stage: Stage;
  let page: Page;
  beforeAll(async () => {
    stage = await openStage();
    await sendRuns(stage.urls.otlpHttp);
    await allStored(stage.urls.ui);
    page = await stage.open('/runs');
  }, 60_000);
  afterAll(async () => stage.close());

  it('about the slowest: the shard comes first, and where the time goes', async () => {
    await page.getByRole('link', { name: 'Compare', exact: true }).first().click();
    await idle(page);
    await page.getByLabel('Filter').first().waitFor();
    await page.getByRole('button', { name: 'The slowest 5 %' }).click();
    await idle(page);
    const first = page.locator('.difference').first();
    expect(await first.locator('h3').textContent()).toBe('db.shard');
    expect(await first.locator('li').first().textContent()).toContain('s13');
    const steps = page.getByRole('region', { name: 'Where the time differs' });
    expect(await steps.getByRole('row').nth(1).textContent()).toContain('search');
    expect(await page.locator('.difference h3').allTextContents()).not.toContain('user');
    expect(await violations(page)).toEqual([]);
    await page.emulateMedia({ colorScheme: 'dark' });
    expect(await violations(page)).toEqual([]);
    await page.emulateMedia({ colorScheme: 'light' });
    await photograph(page, 'compare');
  });

  it('opens the traces behind a bar', async () => {
    await page.locator('.difference').first().getByRole('link', { name: 's13' }).click();
    await idle(page);
    expect(new URL(page.url()).searchParams.get('q')).toBe('db.shard:s13');
    expect(await page.locator('.table-item').count()).toBe(runs / 9);
  });

  it('about two runs: ticks them in the list and sees both answers', async () => {
    page = await stage.open('/runs?sort=-durationMs');
    const boxes = page.getByRole('checkbox', { name: 'Compare this one' });
    await boxes.nth(0).click();
    await boxes.nth(20).click();
    await page.getByRole('link', { name: 'Compare A with B' }).click();
    await idle(page);
    expect(await page.locator('h1').textContent()).toMatch(/^A took .* against /);
    await photograph(page, 'compare-runs');
    const changes = page.locator('.compare-changes');
    expect(await changes.textContent()).toContain('+ It took run long.');
    expect(await changes.textContent()).toContain('− It took run short.');
  });

  it('about two users, and about the time of a chart', async () => {
    page = await stage.open('/users');
    const boxes = page.getByRole('checkbox', { name: 'Compare this one' });
    await boxes.nth(0).click();
    await boxes.nth(1).click();
    await page.getByRole('link', { name: 'Compare A with B' }).click();
    await idle(page);
    const asked = new URL(page.url()).searchParams;
    expect([asked.get('a'), asked.get('b')]).toEqual([
      expect.stringMatching(/^user:user-\d+$/),
      expect.stringMatching(/^user:user-\d+$/),
    ]);
    expect(await page.textContent('h1')).not.toBe('Compare');
    page = await stage.open('/users?from=-1h');
    await page.getByRole('link', { name: 'What is different?' }).click();
    await idle(page);
    const sides = new URL(page.url()).searchParams;
    expect([sides.get('from'), sides.get('bFrom'), sides.get('bTo')]).toEqual(['-1h', '-2h', '-1h']);
  });
});

describe.skipIf(findChromium() === undefined)('someone asks where the time goes', { timeout: 90_000 }, () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage();
    await sendRuns(stage.urls.otlpHttp);
    await allStored(stage.urls.ui);
  }, 60_000);
  afterAll(async () => stage.close());

  it('over many traces: the step that only the slowest wait for, and what it would save', async () => {
    const page = await stage.open('/performance?view=paths');
    expect(await page.textContent('h1')).toMatch(
      /^In the slowest 5 % search is 7\d % of the path, in the middle \d+ %; 20 % faster it saves/,
    );
    expect(await violations(page)).toEqual([]);
    await photograph(page, 'paths');
  });

  it('by stage', async () => {
    const page = await stage.open('/performance?view=stages&by=none');
    expect(await page.textContent('h1')).toMatch(/^3 stages of the work/);
    const search = page.getByRole('row').filter({ hasText: 'execute_tool search' });
    expect(await search.textContent()).toMatch(/90.*100 %/);
    await photograph(page, 'stages');
  });

  it('between services: a map whose boxes lead to what is different', async () => {
    const page = await stage.open('/map?node=service:shop');
    expect(await page.textContent('h1')).toMatch(/^1 service and 1 thing they call/);
    const panel = page.getByRole('complementary', { name: 'Selected' });
    expect(await panel.textContent()).toContain('gpt-5.4');
    expect(await violations(page)).toEqual([]);
    await photograph(page, 'map');
    const call = await panel.getByRole('link', { name: 'gpt-5.4', exact: true }).getAttribute('href');
    expect(new URL(call ?? '', page.url()).searchParams.get('q')).toBe('service:"shop" model:"gpt-5.4"');
    await panel.getByRole('link', { name: 'What is different', exact: true }).click();
    await idle(page);
    expect(new URL(page.url()).searchParams.get('bFrom')).toBe('-2h');
  });
});

/** With SIGHTLINE_SHOTS a folder, pictures for the eye. */
async function photograph(page: Page, name: string): Promise<void> {
  const folder = process.env['SIGHTLINE_SHOTS'];
  if (folder === undefined) return;
  for (const width of [1280, 390])
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.setViewportSize({ width, height: 1100 });
      await page.emulateMedia({ colorScheme });
      await idle(page);
      await page.screenshot({ path: `${folder}/${name}-${width}-${colorScheme}.png`, fullPage: true });
    }
  await page.setViewportSize({ width: 1280, height: 800 });
  await page.emulateMedia({ colorScheme: 'light' });
}

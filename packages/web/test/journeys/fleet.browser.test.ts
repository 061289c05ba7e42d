import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hexId, tracesRequest } from '../../../server/src/query/testing/otlp-json.ts';
import { pinAndAsk, sumOf } from '../pinned.ts';
import { eventually, findChromium, idle, openStage, type Stage } from '../stage.ts';
import { violations } from '../violations.ts';

const count = 297;

/** Two runs of each agent; both fail of every hundredth, and one agent is slow. */
function runs(nowMs: number): unknown {
  const spans = Array.from({ length: count * 2 }, (_, index) => {
    const agent = Math.floor(index / 2) + 1;
    return {
      traceId: hexId(32, index + 1),
      spanId: hexId(16, index + 1),
      name: `invoke_agent agent-${agent}`,
      startNanos: BigInt(nowMs - 1_200_000 + index * 1000) * 1_000_000n,
      durationNanos: agent === 150 ? 60_000_000_000n : 2_000_000_000n,
      status: { code: agent % 100 === 0 ? 2 : 0 },
      attributes: { 'gen_ai.operation.name': 'invoke_agent', 'gen_ai.agent.name': `agent-${agent}` },
    };
  });
  return tracesRequest('fleet', spans);
}

describe.skipIf(findChromium() === undefined)('somebody minds 297 agents', { timeout: 90_000 }, () => {
  let stage: Stage;

  beforeAll(async () => {
    stage = await openStage();
    await fetch(`${stage.urls.otlpHttp}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(runs(Date.now())),
    });
    await eventually(
      async () =>
        (await (await fetch(`${stage.urls.ui}/api/v1/overview?groupBy=agent&groups=500`)).json()) as {
          groups: unknown[];
        },
      ({ groups }) => groups.length === count,
    );
  });
  afterAll(async () => stage.close());

  it('sees each, first those that fail, and goes by keys to one of them, and on to a run that failed', async () => {
    const page = await stage.open('/fleet');
    const tiles = page.locator('.fleet-tile');
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe(
      '2 of 297 agents need a look in the last hour; agent-100 failed most: 2 of 2 runs',
    );
    expect(await tiles.count()).toBe(count);
    expect(await page.locator('.fleet-tile.is-critical .fleet-name').allTextContents()).toEqual([
      'agent-100',
      'agent-200',
    ]);
    expect(await violations(page)).toEqual([]);
    await page.getByRole('combobox', { name: 'Order' }).selectOption('p95');
    await expect.poll(async () => tiles.first().locator('.fleet-name').textContent()).toBe('agent-150');
    await page.keyboard.press('/');
    await page.keyboard.type('agent-20');
    await expect.poll(async () => tiles.count()).toBe(11);
    await page.keyboard.press('Tab');
    await page.getByRole('button', { name: 'Need a look 2' }).click();
    await expect.poll(async () => tiles.count()).toBe(1);
    await page.keyboard.press('j');
    await page.keyboard.press('Enter');
    await idle(page);
    const { pathname, searchParams } = new URL(page.url());
    expect([pathname, searchParams.get('agent')]).toEqual(['/agents/one', 'agent-200']);
    expect(await page.textContent('h1')).toMatch(/^agent-200: /);
    expect(await violations(page)).toEqual([]);
    const failed = page.getByRole('region', { name: 'Newest failed runs' });
    await failed.getByRole('link').first().click();
    await idle(page);
    expect(new URL(page.url()).pathname).toMatch(/^\/runs\/[0-9a-f]{32}$/);
    await page.close();
  });

  it('pins the runs of an agent as its tile draws them, and the charts of a report', async () => {
    const page = await stage.open('/fleet?from=-1h&tiles=whole&health=look');
    await page.locator('.fleet-tile').first().hover();
    const agent = await pinAndAsk(stage, page, 'runs of agent-100');
    expect([sumOf(agent.get('Runs')), sumOf(agent.get('Failed'))]).toEqual([2, 2]);
    await page.close();
    const report = await stage.open('/reports?from=-1h&q=agent:agent-150');
    const runs = await pinAndAsk(stage, report, 'Runs, failed ones marked');
    expect([sumOf(runs.get('Runs')), sumOf(runs.get('Failed'))]).toEqual([2, 0]);
    const [p95] = (await pinAndAsk(stage, report, 'Duration, p95')).values();
    const read = await fetch(`${stage.urls.ui}/api/v1/report?from=-1h&q=agent:agent-150`);
    const { totals } = (await read.json()) as { readonly totals: { readonly p95Ms: number } };
    // In seconds; the report's is of a sketch, which is 1 % off at most.
    const highest = Math.max(...(p95 ?? []).map((value) => value ?? 0));
    expect(Math.abs((highest * 1000) / totals.p95Ms - 1)).toBeLessThan(0.02);
    await report.close();
  });

  it('reads it on a phone, and from afar', async () => {
    const page = await stage.open('/fleet?tiles=whole&health=look', {
      viewport: { width: 390, height: 844 },
    });
    await expect.poll(async () => page.locator('.fleet-tile').count()).toBe(2);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(390);
    expect(await violations(page)).toEqual([]);
    await page.getByRole('link', { name: '2 failed runs of agent-100' }).click();
    await idle(page);
    expect(new URL(page.url()).searchParams.get('status')).toBe('error');
    await page.close();
    const wall = await stage.open('/wall', { viewport: { width: 1920, height: 1080 } });
    await expect.poll(async () => wall.locator('.wall-tile').count()).toBe(12);
    expect(await wall.locator('.wall-foot').textContent()).toContain('and 285 more agents');
    expect(await wall.locator('.side-bar').isVisible()).toBe(false);
    expect(await wall.evaluate('document.documentElement.dataset.theme')).toBe('dark');
    expect(await violations(wall)).toEqual([]);
    await wall.keyboard.press('Escape');
    await idle(wall);
    expect(new URL(wall.url()).pathname).toBe('/fleet');
    expect(await wall.evaluate('document.documentElement.dataset.theme')).toBe(undefined);
    await wall.close();
  });

  it('reads a report on a view of it, keeps it as a file, and has it sent', async () => {
    const page = await stage.open('/runs?agent=agent-100&status=error&from=-1h');
    await page.getByRole('button', { name: 'Views' }).click();
    await page.getByRole('button', { name: 'Report from this view: what is seen' }).click();
    await idle(page);
    expect(new URL(page.url()).searchParams.get('q')).toBe('agent:agent-100 status:error');
    expect(await page.textContent('h1')).toMatch(/^2 runs.*, 2 failed: 100 %/);
    const saved = page.waitForEvent('download');
    await page.getByRole('button', { name: 'HTML', exact: true }).click();
    const download = await saved;
    expect(download.suggestedFilename()).toBe('report.html');
    expect(await readFile(await download.path(), 'utf8')).toMatch(/^<!doctype html>[^]*agent-100/);
    await page.getByRole('button', { name: 'Schedule', exact: true }).click();
    await page.getByLabel('Name, also the title').fill('What failed');
    await page.getByLabel('When').selectOption('day');
    await page.getByLabel('Time zone').fill('Europe/Nowhere');
    await page.getByRole('checkbox', { name: 'Log of the server' }).check();
    await page.getByRole('button', { name: 'Create schedule' }).click();
    await expect.poll(async () => page.getByRole('alert').textContent()).toContain('Europe/Berlin');
    await page.getByLabel('Time zone').fill('Europe/Berlin');
    await page.getByRole('button', { name: 'Create schedule' }).click();
    const table = page.getByRole('region', { name: 'Schedules' });
    await expect.poll(async () => table.textContent()).toContain('Every day at 09:00, Europe/Berlin');
    await page.getByRole('button', { name: 'Send now' }).click();
    const made = page.getByRole('region', { name: 'Made reports' });
    await expect.poll(async () => made.textContent(), { timeout: 30_000 }).toContain('Log: delivered');
    expect(await violations(page)).toEqual([]);
    await made.getByRole('link', { name: 'What failed' }).click();
    await idle(page);
    expect(await page.getByRole('article', { name: 'What failed' }).textContent()).toContain(
      'Only what meets the filter agent:agent-100 status:error.',
    );
    await page.close();
  });
});

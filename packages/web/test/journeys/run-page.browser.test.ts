import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { playDemo } from '../recordings.ts';
import { eventually, findChromium, idle, openStage, type Stage } from '../stage.ts';

interface RunSeen {
  readonly traceId: string;
  readonly agent: string | null;
  readonly steps: number;
}

/** The demo's own runs: real spans of the OpenTelemetry SDK, with agents, tools over MCP, retrieval and a photo. */
describe.skipIf(findChromium() === undefined)('the page of a run', { timeout: 60_000 }, () => {
  let stage: Stage;
  let research: string;

  beforeAll(async () => {
    stage = await openStage();
    await playDemo(stage.urls.ui);
    research = await findRun('agent=research-agent&sort=-steps');
  }, 90_000);
  afterAll(async () => stage.close());

  async function findRun(parameters: string): Promise<string> {
    const { runs } = await eventually(
      async () =>
        (await (await fetch(`${stage.urls.ui}/api/v1/runs?${parameters}`)).json()) as { runs: RunSeen[] },
      (answer) => answer.runs.length > 0,
    );
    return runs[0]?.traceId ?? '';
  }
  const selectedSpan = (page: Page): string | null => new URL(page.url()).searchParams.get('span');
  const openTab = async (page: Page, name: string): Promise<void> => {
    await page.getByRole('tab', { name, exact: true }).click();
    await idle(page);
  };

  it('selects in one view what was selected in another', async () => {
    const page = await stage.open(`/runs/${research}?view=cost`);
    await page.locator('.cost-steps tbody button').first().click();
    await idle(page);
    const span = selectedSpan(page);
    expect(span).toMatch(/^[0-9a-f]{16}$/);
    const panel = page.getByTestId('span-panel');
    expect(await panel.textContent()).toContain('chat gpt-5.4');
    await openTab(page, 'Conversation');
    expect(await page.locator('.turn-head.is-selected').count()).toBe(1);
    await openTab(page, 'Agent graph');
    expect(await page.locator('.graph-node.is-selected').getAttribute('aria-label')).toContain(
      'Model gpt-5.4',
    );
    await openTab(page, 'Waterfall');
    await page.getByTestId('waterfall').waitFor();
    expect(selectedSpan(page)).toBe(span);
    expect(await panel.textContent()).toContain('chat gpt-5.4');
    await page.close();
  });

  it('tells what was said: tools with arguments and results in their places, reasoning folded', async () => {
    const page = await stage.open(`/runs/${research}?view=conversation`);
    const conversation = page.getByTestId('conversation');
    expect(await conversation.textContent()).toContain('supplier deadline is Friday');
    const reasoning = conversation.getByRole('button', { name: /^Reasoning/ }).first();
    expect(await reasoning.getAttribute('aria-expanded')).toBe('false');
    await reasoning.click();
    expect(await conversation.textContent()).toContain('Then a range, not a single number.');
    const call = conversation.locator('.tool-call', { hasText: 'ask_sales_analyst' }).first();
    await call.getByRole('button').first().click();
    expect(await call.textContent()).toContain('Arguments');
    expect(await call.textContent()).toMatch(/Result.*104 weeks/s);
    await page.close();
  });

  it('shows the whole prompt of a call, and how it differs from the one before', async () => {
    const page = await stage.open(`/runs/${research}?view=conversation`);
    await page
      .getByRole('button', { name: /^Whole prompt/ })
      .first()
      .click();
    await idle(page);
    expect(await page.locator('.prompt-extra').textContent()).toMatch(/The whole prompt, \d+ messages/);
    await page.getByRole('button', { name: 'Diff' }).first().click();
    await idle(page);
    await expect
      .poll(async () => page.locator('.prompt-extra').textContent())
      .toContain('2 messages unchanged');
    expect(await page.locator('.diff-added').count()).toBeGreaterThan(0);
    await page.close();
  });

  it('shows the picture a customer sent', async () => {
    const repair = await findRun('tool=get_order&q=' + encodeURIComponent('"Here is the chain"'));
    const page = await stage.open(`/runs/${repair}?view=conversation`);
    const picture = page.locator('.message-image');
    await picture.first().waitFor();
    expect(
      await picture.first().evaluate((image) => (image as unknown as { naturalWidth: number }).naturalWidth),
    ).toBe(240);
    await page.close();
  });

  it('plays the way of the run through the graph, and holds still where it is asked to', async () => {
    const page = await stage.open(`/runs/${research}?view=graph`);
    expect(await page.locator('.graph-node').count()).toBeGreaterThan(6);
    expect(await page.getByTestId('graph').textContent()).toContain('web-searcher');
    const moment = page.getByRole('slider', { name: 'Moment of the run' });
    await moment.fill('0');
    expect(await page.locator('.graph-node.is-dim').count()).toBeGreaterThan(3);
    await page.getByRole('button', { name: 'Play the run' }).click();
    await expect.poll(async () => Number(await moment.inputValue()), { timeout: 5000 }).toBeGreaterThan(0);
    await page.getByRole('button', { name: 'Stop' }).click();
    await page.getByRole('button', { name: 'Whole run' }).click();
    expect(await page.locator('.graph-node.is-dim').count()).toBe(0);
    await page.close();
    const still = await stage.open(`/runs/${research}?view=graph`, { reducedMotion: 'reduce' });
    await still.getByRole('button', { name: 'Play the run' }).click();
    await expect
      .poll(async () => still.locator('.graph-node.is-active').count(), { timeout: 5000 })
      .toBeGreaterThan(0);
    await still.close();
  });

  it('shows what was retrieved, by rank and score, and what of it the answer used', async () => {
    const flight = await findRun('q=' + encodeURIComponent('"battery of my Trekker"'));
    const page = await stage.open(`/runs/${flight}?view=pipeline`);
    const pipeline = page.locator('.pipeline');
    expect(await pipeline.textContent()).toMatch(/The answer used \d of \d+ documents/);
    const first = pipeline.locator('.document').first();
    expect(await first.textContent()).toMatch(/#1.*manual\/trekker-500#battery.*0\.884/s);
    expect(await pipeline.locator('.document.is-used').count()).toBeGreaterThan(0);
    await pipeline.locator('.pipeline-stage').first().click();
    await idle(page);
    expect(selectedSpan(page)).not.toBeNull();
    await page.close();
  });

  it('adds up the cost by agent, model and kind of token, beside what the client said', async () => {
    const page = await stage.open(`/runs/${research}?view=cost`);
    const cost = page.locator('.cost-tab');
    const answer = (await (await fetch(`${stage.urls.ui}/api/v1/runs/${research}/cost`)).json()) as {
      calls: number;
      total: { costUsd: number };
    };
    expect(await page.locator('.cost-sentence').textContent()).toContain(`in ${answer.calls} calls`);
    expect(await cost.textContent()).toContain('The client reported $');
    expect(await cost.textContent()).toContain('research-agent');
    expect(await page.locator('.cost-steps tbody tr').count()).toBe(answer.calls);
    await page.close();
  });

  it('has no other cost for the demo than the demo itself', async () => {
    const ask = async <T>(path: string): Promise<T> =>
      (await (await fetch(`${stage.urls.ui}/api/v1${path}`)).json()) as T;
    const { runs } = await ask<{ runs: RunSeen[] }>('/runs?limit=100');
    const odd = await Promise.all(
      runs.map(async ({ traceId }) => {
        const { problems } = await ask<{ problems: { type: string }[] }>(`/runs/${traceId}`);
        return problems.filter(({ type }) => type === 'cost_difference').map(() => traceId);
      }),
    );
    expect(odd.flat()).toEqual([]);
  });

  it('lists the lines of the run, each leading to its span', async () => {
    const page = await stage.open(`/runs/${research}?view=logs`);
    const line = page.locator('button.trace-log-body', { hasText: 'takes on' }).first();
    await line.click();
    await idle(page);
    expect(await page.getByTestId('span-panel').textContent()).toContain('invoke_agent');
    expect(await page.locator('.trace-logs li.is-selected').count()).toBeGreaterThan(0);
    await page.close();
  });

  it('leads to the conversation that the run is a part of, and to its user', async () => {
    const page = await stage.open(`/runs/${research}`);
    const session = page.locator('.trace-facts a').first();
    const name = (await session.textContent()) ?? '';
    expect(await page.locator('.trace-facts').textContent()).toMatch(/user emp_/);
    await session.click();
    await idle(page);
    expect(new URL(page.url()).pathname).toBe(`/sessions/${name}`);
    await page.close();
  });

  it('says why a view has nothing to show', async () => {
    const { traces } = (await (
      await fetch(
        `${stage.urls.ui}/api/v1/traces?q=${encodeURIComponent('name:"GET /v1/products/search"')}&limit=1`,
      )
    ).json()) as { traces: { traceId: string }[] };
    const page = await stage.open(`/traces/${traces[0]?.traceId ?? ''}?view=conversation`);
    expect(await page.locator('.notice').textContent()).toContain('No agent, model or tool took part');
    await page.close();
  });

  it('steps through the views by keyboard', async () => {
    const page = await stage.open(`/runs/${research}`);
    await page.getByTestId('waterfall').waitFor();
    await page.keyboard.press('.');
    await expect.poll(() => new URL(page.url()).searchParams.get('view')).toBe('conversation');
    await page.keyboard.press(',');
    await page.keyboard.press(',');
    await expect.poll(() => new URL(page.url()).searchParams.get('view')).toBe('logs');
    await page.close();
  });
});

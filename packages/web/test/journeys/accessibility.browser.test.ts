import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, findChromium, openStage, untilStored, type Stage } from '../stage.ts';
import { playDemo, sendRecording } from '../recordings.ts';
import { sendStory, type Story } from '../story.ts';
import { violations } from '../violations.ts';

/** What the pages for it are empty without: a rule, a queue with something in it, and a price of one's own. */
async function judgeAndPrice(ui: string): Promise<void> {
  const send = async (method: string, path: string, body: unknown): Promise<unknown> => {
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(`${ui}/api/v1${path}`, { method, headers, body: JSON.stringify(body) });
    expect(response.ok, path).toBe(true);
    return response.json();
  };
  await send('POST', '/evaluators', { name: 'quick', settings: { type: 'latency', maxMs: 60_000 } });
  const queue = await send('POST', '/annotation-queues', { name: 'to look at' });
  await send('POST', `/annotation-queues/${(queue as { id: string }).id}/fill`, { from: '-1h', limit: 3 });
  await send('PUT', '/settings/prices', { overrides: [{ model: 'my-*', input: 1, output: 2 }] });
}

describe.skipIf(findChromium() === undefined)('every page, light and dark', { timeout: 60_000 }, () => {
  let stage: Stage;
  let story: Story;
  let run = '';
  let session = '';

  beforeAll(async () => {
    stage = await openStage();
    story = await sendStory(stage.urls.otlpHttp, { startMs: Date.now() - 60_000, mark: 'a1', failed: true });
    await untilStored(stage.urls.ui, story.traceId, 3);
    await playDemo(stage.urls.ui);
    await sendRecording(stage.urls.otlpHttp, 'claude-code', Date.now() - 600_000);
    await judgeAndPrice(stage.urls.ui);
    const { runs } = await eventually(
      async () =>
        (await (await fetch(`${stage.urls.ui}/api/v1/runs?agent=research-agent`)).json()) as {
          runs: { traceId: string; sessionId: string }[];
        },
      (answer) => answer.runs.length > 0,
    );
    run = runs[0]?.traceId ?? '';
    session = runs[0]?.sessionId ?? '';
  }, 90_000);
  afterAll(async () => stage.close());

  const pages: readonly (readonly [string, () => string])[] = [
    ['overview', () => '/'],
    ['runs', () => '/runs'],
    ['sessions', () => '/sessions'],
    ['a session', () => `/sessions/${session}`],
    ['users', () => '/users'],
    ['agents', () => '/agents'],
    ['an agent', () => '/agents/one?agent=research-agent'],
    ['reports', () => '/reports?from=-1h'],
    ['schedules of reports', () => '/reports?view=schedules&schedule=new'],
    ['the graph of agents', () => '/agents?view=graph'],
    ['models', () => '/models'],
    ['tools', () => '/tools'],
    ['MCP', () => '/mcp'],
    ['performance', () => '/performance'],
    ['coding agents', () => '/coding-agents'],
    ['evaluators', () => '/evaluators'],
    ['the annotation queue', () => '/annotate'],
    ['prices', () => '/prices'],
    ['a conversation', () => `/runs/${run}?view=conversation`],
    ['the graph of a run', () => `/runs/${run}?view=graph`],
    ['a pipeline', () => `/runs/${run}?view=pipeline`],
    ['the cost of a run', () => `/runs/${run}?view=cost`],
    ['the logs of a run', () => `/runs/${run}?view=logs`],
    ['traces', () => '/traces'],
    ['traces, none found', () => '/traces?q=service:nobody'],
    ['a trace', () => `/traces/${story.traceId}?span=${story.spanIds.call}`],
    ['a flame graph', () => `/traces/${story.traceId}?mode=flame`],
    ['a span tree', () => `/traces/${story.traceId}?mode=tree`],
    ['a trace that is not there', () => `/traces/${'0f'.repeat(16)}`],
    ['logs', () => '/logs'],
    ['metrics', () => '/metrics/explore'],
    ['PromQL', () => '/metrics/explore?view=promql&expr=count(target_info)'],
    ['a timeline', () => `/timeline?id=${story.correlationId}`],
    ['no timeline', () => '/timeline'],
    ['status', () => '/status'],
    ['get started', () => '/get-started'],
    ['the gallery', () => '/gallery'],
    ['no page', () => '/nowhere'],
  ];

  const colour = async (page: Page) => page.evaluate(() => getComputedStyle(document.body).color);

  it.each(pages)('%s has no violations', async (_name, path) => {
    const page = await stage.open(path(), { colorScheme: 'light' });
    expect(await violations(page)).toEqual([]);
    const light = await colour(page);
    await page.emulateMedia({ colorScheme: 'dark' });
    await expect.poll(async () => colour(page)).not.toBe(light);
    // Of what is looked at, only colours are others in the dark.
    expect(await violations(page, ['color-contrast', 'link-in-text-block'])).toEqual([]);
    await page.close();
  });
});

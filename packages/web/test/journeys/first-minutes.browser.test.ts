/** The first five minutes of somebody who has nothing yet: every program is a click away, demo data comes and goes, hints lead on. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findChromium, idle, openStage, type Stage } from '../stage.ts';
import { violations } from '../violations.ts';

const phone = { viewport: { width: 390, height: 844 }, isMobile: true };

describe.skipIf(findChromium() === undefined)('the first five minutes', { timeout: 180_000 }, () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage();
  }, 120_000);
  afterAll(async () => stage.close());

  it('shows a program for each stack, in each of its languages, and keeps the choice in the address', async () => {
    const page = await stage.open('/get-started');
    const tabs = page.getByRole('tablist', { name: 'What you build with' }).getByRole('tab');
    expect(await tabs.allTextContents()).toEqual([
      'Sightline SDK',
      'OpenAI',
      'Anthropic',
      'Vercel AI SDK',
      'LangChain, LangGraph',
      'OpenAI Agents',
      'MCP',
      'LlamaIndex',
      'Pydantic AI',
      'Logfire',
      'Langfuse',
      'OpenTelemetry',
      'Claude Code',
      'Codex CLI',
      'Gemini CLI',
    ]);
    expect(await page.locator('.code-block pre').first().textContent()).toContain(
      `npm install ${stage.urls.ui}/sdk.tgz`,
    );
    await page.getByRole('tab', { name: 'Anthropic' }).click();
    await page.getByRole('button', { name: 'Python' }).click();
    expect(await page.locator('.code-block pre').nth(1).textContent()).toContain('from anthropic import');
    expect(page.url()).toMatch(/with=anthropic.*in=python/);
    await page.reload();
    await idle(page);
    expect(await page.locator('.code-block pre').nth(1).textContent()).toContain('from anthropic import');
    await page.close();
  });

  it.each([
    'runs',
    'sessions',
    'users',
    'models',
    'agents',
    'tools',
    'mcp',
    'map',
    'errors',
    'traces',
    'logs',
  ])('shows, on the empty page of %s, a program that fills it', async (path) => {
    const page = await stage.open(`/${path}`);
    const code = page.getByLabel('A program that fills this page');
    await code.waitFor();
    expect(await code.textContent()).toContain(stage.urls.otlpHttp);
    expect(await violations(page)).toEqual([]);
    await page.close();
  });

  it('loads demo data with its progress, leads through it with three hints, and deletes it when asked twice', async () => {
    const page = await stage.open('/get-started');
    await page.getByRole('button', { name: 'Load demo data' }).click();
    const progress = page.getByRole('progressbar', { name: 'Loading demo data' });
    await progress.waitFor();
    await page.getByText(/^Loaded: [\d,]+ spans\.$/).waitFor({ timeout: 120_000 });
    expect(await page.getByTestId('arrival').getAttribute('class')).toBe('arrival');

    await page.getByRole('link', { name: 'See its runs' }).click();
    await idle(page);
    expect(await page.locator('.table-item').count()).toBeGreaterThan(5);
    const tour = page.getByRole('complementary', { name: 'Tour' });
    expect(await tour.textContent()).toContain('Hint 1 of 3');
    expect(await tour.evaluate((element) => element === document.activeElement)).toBe(true);
    expect(await violations(page)).toEqual([]);
    await page.keyboard.press('Tab');
    await tour.getByRole('button', { name: 'Next' }).press('Enter');
    await expect.poll(async () => tour.textContent()).toContain('Hint 2 of 3');
    await page.reload();
    await idle(page);
    await expect.poll(async () => tour.textContent()).toContain('Hint 2 of 3');
    await tour.getByRole('button', { name: 'Next' }).click();
    await tour.getByRole('button', { name: 'Done' }).click();
    expect(await tour.count()).toBe(0);
    await page.reload();
    await idle(page);
    expect(await tour.count()).toBe(0);

    await page.goto(`${stage.urls.ui}/get-started`);
    await idle(page);
    await page.getByRole('button', { name: 'Delete demo data' }).click();
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('button', { name: 'Delete demo data' }).click();
    await page.getByRole('button', { name: 'Delete', exact: true }).click();
    await page.getByRole('button', { name: 'Load demo data', disabled: false }).waitFor({ timeout: 120_000 });
    await page.goto(`${stage.urls.ui}/traces`);
    await idle(page);
    expect(await page.textContent('h1')).toBe('No traces in the last hour');
    await page.close();
  });

  it('ends the tour with Escape, on a phone as well, and fits there', async () => {
    const page = await stage.open('/get-started', phone);
    await page.getByRole('button', { name: 'Take the tour' }).click();
    const tour = page.getByRole('complementary', { name: 'Tour' });
    await tour.waitFor();
    const overflow = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    expect(overflow).toBe(0);
    expect(await violations(page)).toEqual([]);
    await page.keyboard.press('Escape');
    expect(await tour.count()).toBe(0);
    await page.close();
  });
});

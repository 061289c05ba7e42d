import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Dashboard, DashboardsResponse } from '@sightline/schema/api';
import { allStored } from '../recordings.ts';
import { findChromium, idle, openStage, type Stage } from '../stage.ts';
import { sendStory } from '../story.ts';
import { violations } from '../violations.ts';

const soon = (read: () => Promise<unknown>) => expect.poll(read, { timeout: 20_000 });

describe.skipIf(findChromium() === undefined)('a team keeps what it looks at', { timeout: 120_000 }, () => {
  let stage: Stage;
  let page: Page;
  beforeAll(async () => {
    stage = await openStage();
    await sendStory(stage.urls.otlpHttp, { startMs: Date.now() - 60_000, mark: 'd1', failed: true });
    await allStored(stage.urls.ui);
    page = await stage.open('/logs');
  }, 90_000);
  afterAll(async () => stage.close());

  const read = async <T>(path: string): Promise<T> =>
    (await (await fetch(`${stage.urls.ui}/api/v1${path}`)).json()) as T;
  const stored = async (): Promise<Dashboard> => {
    const { dashboards } = await read<DashboardsResponse>('/dashboards');
    return read<Dashboard>(`/dashboards/${dashboards.find(({ isShipped }) => !isShipped)?.id}`);
  };

  it('pins a chart of a list to a new dashboard', async () => {
    await page.getByRole('button', { name: /^Pin this to a dashboard/ }).click();
    const dialog = page.getByRole('dialog', { name: 'Pin this to a dashboard' });
    await dialog.getByLabel('Title').fill('Log <b>records</b>');
    await dialog.getByRole('button', { name: 'Pin' }).click();
    await dialog.getByRole('link', { name: 'My dashboard' }).click();
    await soon(async () => page.textContent('h1')).toBe('My dashboard');
    await idle(page);
    const panel = page.getByRole('region', { name: 'Log <b>records</b>' });
    await soon(async () => panel.locator('.uplot').count()).toBe(1);
  });

  it('adds a panel, asks in words, and arranges both by keyboard', async () => {
    await page.keyboard.press('e');
    await page.getByRole('button', { name: 'Add panel' }).click();
    const editor = page.getByRole('complementary', { name: /^Edit/ });
    await editor.getByLabel('Title').fill('Spans');
    await editor.getByLabel('Shown as').selectOption('top');
    await editor.getByRole('textbox', { name: 'Query' }).fill('count by servic');
    const panel = page.getByRole('region', { name: 'Spans', exact: true });
    await soon(async () => panel.textContent()).toContain('Did you mean');
    await editor.getByRole('textbox', { name: 'Query' }).fill('count of spans by service');
    await soon(async () => panel.locator('.panel-top li').count()).toBeGreaterThan(0);
    await editor.getByRole('button', { name: 'Close' }).click();
    await panel.getByRole('button', { name: /^Move/ }).focus();
    for (const key of ['ArrowUp', 'Shift+ArrowLeft', 'ArrowRight', 'ArrowRight'])
      await page.keyboard.press(key);
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await soon(async () => (await stored()).version).toBe(2);
    const [spans] = (await stored()).dashboard.panels.filter(({ title }) => title === 'Spans');
    expect(spans).toMatchObject({ x: 2, y: 0, w: 5 });
    expect(await violations(page)).toEqual([]);
  });

  it('is asked when somebody else has saved meanwhile', async () => {
    await page.keyboard.press('e');
    await page.getByLabel('Name of the dashboard').fill('Mine');
    const { id, dashboard } = await stored();
    await fetch(`${stage.urls.ui}/api/v1/dashboards/${id}`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ ...dashboard, name: 'Theirs' }),
    });
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByRole('button', { name: 'Take theirs, drop mine' }).click();
    await soon(async () => page.textContent('h1')).toBe('Theirs');
  });

  it('restores a version', async () => {
    await page.getByRole('button', { name: 'Menu of the dashboard' }).click();
    await page.getByRole('menuitem', { name: 'Versions' }).click();
    await page.getByRole('button', { name: 'Restore version 1' }).click();
    await soon(async () => page.textContent('h1')).toBe('My dashboard');
    expect((await stored()).dashboard.panels.length).toBe(1);
  });

  it('copies one that comes with Sightline, narrows it by a variable, and shares what it sees', async () => {
    await page.goto(`${stage.urls.ui}/dashboards/overview`);
    await page.getByRole('button', { name: 'Copy to edit' }).click();
    await soon(async () => page.getByLabel('Name of the dashboard').inputValue()).toBe('Overview, copy');
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('button', { name: 'service All' }).click();
    await page.getByRole('checkbox').nth(1).check();
    await soon(async () => page.url()).toContain('var-service=');
    await idle(page);
    const other = await stage.open(new URL(page.url()).pathname + new URL(page.url()).search);
    await soon(async () => other.getByRole('button', { name: /^service (?!All)/ }).count()).toBe(1);
    await other.close();
  });
});

import { readFileSync } from 'node:fs';
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

  it('sees deploys and alerts in a chart, chooses what is drawn in, and reads its numbers as a table', async () => {
    const deploy = {
      service: 'checkout',
      version: '<i>9</i>',
      time: new Date(Date.now() - 1_000).toISOString(),
    };
    const reported = await fetch(`${stage.urls.ui}/api/v1/deploys`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(deploy),
    });
    expect(reported.status).toBe(200);
    await page.getByRole('button', { name: 'Refresh', exact: true }).click();
    const panel = page.getByRole('region', { name: 'Log <b>records</b>' });
    const mark = panel.getByRole('link', { name: /^checkout <i>9<\/i> began at/ });
    await soon(async () => mark.count()).toBe(1);
    await page.keyboard.press('e');
    await panel.getByRole('button', { name: /^Menu of/ }).click();
    await page.getByRole('menuitem', { name: 'Edit' }).click();
    const editor = page.getByRole('complementary', { name: /^Edit/ });
    await editor.getByRole('checkbox', { name: 'Deploys' }).uncheck();
    await soon(async () => mark.count()).toBe(0);
    await editor.getByRole('checkbox', { name: /^Expected band/ }).check();
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await soon(async () => (await stored()).dashboard.panels.map(({ overlays }) => overlays)).toContainEqual([
      'alerts',
      'band',
    ]);
    await panel.getByRole('button', { name: /^Menu of/ }).click();
    await page.getByRole('menuitem', { name: 'Show numbers' }).click();
    await soon(async () => panel.getByRole('table').count()).toBe(1);
    expect(await violations(page)).toEqual([]);
  });

  it('saves what a panel and a table of a page hold', async () => {
    const saved = async (press: () => Promise<void>): Promise<[string, string]> => {
      const download = page.waitForEvent('download');
      await press();
      const file = await download;
      return [file.suggestedFilename(), readFileSync(await file.path(), 'utf8')];
    };
    const panel = page.getByRole('region', { name: 'Spans', exact: true });
    const [name, csv] = await saved(async () => {
      await panel.getByRole('button', { name: /^Menu of/ }).click();
      await page.getByRole('menuitem', { name: 'Save as CSV' }).click();
    });
    expect(name).toBe('spans.csv');
    expect(csv.split('\r\n').slice(0, 2)).toEqual([
      'service,name,value,before',
      expect.stringMatching(/^agent-runner,agent-runner,\d+,0$/),
    ]);
    const other = await stage.open('/alerts?view=rules');
    const download = other.waitForEvent('download');
    await other.getByRole('group', { name: 'Save rules' }).getByRole('button', { name: 'JSON' }).click();
    const rules = readFileSync(await (await download).path(), 'utf8')
      .trim()
      .split('\n');
    const { rules: known } = await read<{ rules: { name: string }[] }>('/alerts/rules');
    expect(rules.map((line) => (JSON.parse(line) as { name: string }).name)).toEqual(
      known.map((rule) => rule.name),
    );
    await other.close();
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

  it('shares a dashboard with people who have no key, until the link is revoked', async () => {
    const outside = { type: 'words', text: 'count of spans by service', name: '' };
    const text = '# Read <b>me</b>\n\n[Elsewhere](https://elsewhere.example/x)';
    const place = { x: 0, y: 0, w: 6, h: 3 };
    const made = await fetch(`${stage.urls.ui}/api/v1/dashboards`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        name: 'For <i>guests</i>',
        range: { from: '-1h', to: 'now' },
        variables: [{ name: 'service', from: { type: 'field', field: 'service' } }],
        panels: [
          { ...place, id: 'top', title: 'Spans <img src=x>', kind: 'top', queries: [outside] },
          { ...place, id: 'over', y: 3, title: 'Over time', kind: 'lines', queries: [outside] },
          { ...place, id: 'words', x: 6, kind: 'text', text },
        ],
      }),
    });
    const { id } = (await made.json()) as Dashboard;
    await page.goto(`${stage.urls.ui}/dashboards/${id}`);
    await page.getByRole('button', { name: 'Menu of the dashboard' }).click();
    await page.getByRole('menuitem', { name: 'Share link' }).click();
    const dialog = page.getByRole('dialog', { name: 'Share link' });
    await dialog.getByLabel('Expires after').selectOption('1 day');
    await dialog.getByLabel('Time range').selectOption('Any of the last 7 days');
    await dialog.getByLabel('For whom').fill('The board');
    await dialog.getByRole('button', { name: 'Make a link' }).click();
    const link = await dialog.getByLabel('The link').inputValue();
    expect(link).toMatch(/\/shared#[\w-]{32}$/);
    await soon(async () => dialog.getByRole('list', { name: 'Links' }).textContent()).toContain('never used');
    expect(await violations(page)).toEqual([]);

    const context = await stage.browser.newContext({ viewport: { width: 1280, height: 800 } });
    const guest = await context.newPage();
    const asked: string[] = [];
    const referers: (string | undefined)[] = [];
    guest.on('request', (request) => asked.push(request.url()));
    await context.route('https://elsewhere.example/**', async (route) => {
      referers.push((await route.request().allHeaders())['referer']);
      await route.fulfill({ body: 'Elsewhere' });
    });
    await guest.goto(link);
    await idle(guest);
    await soon(async () => guest.textContent('h1')).toBe('For <i>guests</i>');
    const top = guest.getByRole('region', { name: 'Spans <img src=x>' });
    await soon(async () => top.locator('.panel-top li').count()).toBeGreaterThan(1);
    expect(await top.getByRole('link').count()).toBe(0);
    await soon(async () => guest.getByRole('region', { name: 'Over time' }).locator('.uplot').count()).toBe(
      1,
    );
    for (const role of ['navigation', 'banner'] as const) expect(await guest.getByRole(role).count()).toBe(0);
    expect(await guest.getByRole('button', { name: 'Edit' }).count()).toBe(0);
    await guest.getByRole('button', { name: 'service All' }).click();
    await guest.getByRole('checkbox', { name: 'agent-runner' }).check();
    await soon(async () => guest.getByRole('button', { name: 'service agent-runner' }).count()).toBe(1);
    await guest.keyboard.press('Escape');
    const choose = async (range: string): Promise<void> => {
      await guest.getByTestId('time-range').click();
      await guest.getByRole('button', { name: range, exact: true }).click();
    };
    await choose('Last 30 days');
    await soon(async () => top.textContent()).toContain('This link shows the last 7 days');
    await choose('Last 7 days');
    await soon(async () => top.textContent()).not.toContain('This link shows');
    expect(await violations(guest)).toEqual([]);
    await idle(guest);
    const secret = link.split('#')[1] ?? '';
    const addresses = asked.map((url) => new URL(url)).filter(({ pathname }) => pathname.startsWith('/api/'));
    expect(addresses.length).toBeGreaterThan(2);
    for (const { pathname } of addresses) expect(pathname).toMatch(/^\/api\/v1\/shared\/dashboard/);
    for (const url of asked) expect(url.split('#')[0]).not.toContain(secret);

    await dialog.getByRole('button', { name: 'Revoke The board' }).click();
    await soon(async () => dialog.getByRole('list', { name: 'Links' }).textContent()).toContain('Revoked');
    await guest.getByRole('button', { name: 'Refresh' }).click();
    await soon(async () => guest.getByRole('alert').textContent()).toContain('link_not_valid');
    expect(await guest.getByRole('region', { name: 'Over time' }).count()).toBe(0);
    await guest.goto(link.replace(secret, 'A'.repeat(32)));
    await guest.reload();
    await soon(async () => guest.getByRole('alert').textContent()).toContain('link_not_valid');
    await guest.evaluate(() => window.location.assign('https://elsewhere.example/x'));
    await soon(async () => Promise.resolve(referers)).toEqual([undefined]);
    await context.close();
  });

  it('goes through a heat map by keyboard to the runs behind a cell', async () => {
    await page.goto(`${stage.urls.ui}/dashboards/overview?from=-1h&to=now`);
    const heat = page.getByRole('region', { name: 'How long runs take' }).getByRole('application');
    await heat.focus();
    await soon(async () => heat.getAttribute('aria-label')).toContain('Arrow keys move');
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Enter');
    await soon(async () => new URL(page.url()).pathname).toBe('/runs');
    expect(new URL(page.url()).searchParams.get('q')).toContain('trace.duration>=');
  });

  it('takes over a dashboard of Grafana, and is told what was left', async () => {
    const target = (expr: string) => [{ expr, datasource: { type: 'prometheus' } }];
    const grafana = {
      title: 'From <u>Grafana</u>',
      schemaVersion: 39,
      panels: [
        {
          type: 'timeseries',
          title: 'Up',
          targets: target('vector(1)'),
          gridPos: { x: 0, y: 0, w: 12, h: 8 },
        },
        { type: 'geomap', title: 'Where', gridPos: { x: 0, y: 8, w: 12, h: 8 } },
      ],
    };
    await page.goto(`${stage.urls.ui}/dashboards`);
    await page.locator('input[type=file]').setInputFiles({
      name: 'grafana.json',
      mimeType: 'application/json',
      buffer: Buffer.from(JSON.stringify(grafana)),
    });
    const left = page.getByRole('status').filter({ hasText: 'is here, but for' });
    await soon(async () => left.textContent()).toContain('geomap');
    await left.getByRole('link', { name: 'From <u>Grafana</u>' }).click();
    await soon(async () => page.getByRole('region', { name: 'Up' }).locator('.uplot').count()).toBe(1);
  });

  it.each([
    ['/performance', 'view=stages&by=none&q=service%3Aagent-runner'],
    ['/performance', 'view=paths&q=status%3Aerror'],
    ['/alerts', 'view=history&kind=firing&from=-24h&to=now'],
    ['/slos', 'status=spent&sort=left'],
  ])('keeps what %s shows with %s as a view', async (path, search) => {
    await page.goto(`${stage.urls.ui}${path}?${search}`);
    await page.getByRole('button', { name: 'Views' }).click();
    await page.getByLabel('Name of the view').fill(`View ${search}`);
    await page.getByRole('button', { name: 'Save view' }).click();
    await soon(async () => page.getByRole('link', { name: `View ${search}` }).count()).toBe(1);
    await page.goto(`${stage.urls.ui}${path}?from=-1h`);
    await page.getByRole('button', { name: 'Views' }).click();
    await page.getByRole('link', { name: `View ${search}` }).click();
    const shown = () => new URL(page.url()).searchParams;
    for (const [name, value] of new URLSearchParams(search))
      await soon(async () => Promise.resolve(shown().get(name))).toBe(value);
    await idle(page);
    expect(await violations(page)).toEqual([]);
  });

  it('leaves a view of Performance that is the default for another', async () => {
    await page.goto(`${stage.urls.ui}/performance?view=stages&by=version`);
    await page.getByRole('button', { name: 'Views' }).click();
    await page.getByLabel('Name of the view').fill('Stages first');
    await page.getByRole('button', { name: 'Save view' }).click();
    await page.getByRole('checkbox', { name: /Stages first$/ }).click();
    await page.goto(`${stage.urls.ui}/performance`);
    await soon(async () => new URL(page.url()).searchParams.get('by')).toBe('version');
    await page.getByRole('button', { name: 'Runs', exact: true }).click();
    await soon(async () => new URL(page.url()).searchParams.get('view')).toBe('runs');
    await idle(page);
    expect(await page.textContent('h1')).not.toContain('stage');
  });

  it('opens a list with its default view', async () => {
    await page.goto(`${stage.urls.ui}/traces?q=status%3Aerror`);
    await page.getByRole('button', { name: 'Views' }).click();
    await page.getByLabel('Name of the view').fill('Only failed');
    await page.getByRole('button', { name: 'Save view' }).click();
    await page.getByRole('checkbox', { name: /^Default/ }).click();
    await soon(async () => page.getByRole('checkbox', { name: /^Default/ }).isChecked()).toBe(true);
    await page.goto(`${stage.urls.ui}/traces`);
    await soon(async () => new URL(page.url()).searchParams.get('q')).toBe('status:error');
    await page.goto(`${stage.urls.ui}/traces?q=service%3Acheckout`);
    await idle(page);
    expect(new URL(page.url()).searchParams.get('q')).toBe('service:checkout');
    await page.goto(`${stage.urls.ui}/errors?q=service%3Acheckout&from=-1h`);
    await page.getByRole('button', { name: 'Views' }).click();
    await page.getByLabel('Name of the view').fill('Errors of checkout');
    await page.getByRole('button', { name: 'Save view' }).click();
    await page.getByRole('button', { name: 'Alert from this view: Errors of checkout' }).click();
    await soon(async () => new URL(page.url()).searchParams.get('query')).toContain(
      'count of runs where (service:checkout) status:error',
    );
  });
});

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { playDemo } from '../recordings.ts';
import { eventually, findChromium, idle, openStage, type Stage } from '../stage.ts';

/** Overview, lists and the graph over runs of the demo: each answers, sorts, filters and leads on. */
describe.skipIf(findChromium() === undefined)('the pages of agents', { timeout: 60_000 }, () => {
  let stage: Stage;

  beforeAll(async () => {
    stage = await openStage();
    await playDemo(stage.urls.ui);
    await eventually(
      async () =>
        (await (await fetch(`${stage.urls.ui}/api/v1/runs?limit=100`)).json()) as { runs: unknown[] },
      ({ runs }) => runs.length > 8,
    );
  }, 90_000);
  afterAll(async () => stage.close());

  it('opens with the overview, and any point of a chart with the runs behind it', async () => {
    const page = await stage.open('/');
    await expect
      .poll(async () => page.textContent('h1'))
      .toMatch(/runs? (failed )?in the last hour|runs in the last hour, none failed/);
    const card = page.locator('.chart-card[data-metric="runs"]');
    await card.locator('canvas').waitFor();
    await expect.poll(async () => page.locator('.realtime').textContent()).toContain('runs/s');
    await page.locator('.overview-groups a').first().waitFor();
    // The demo's last minutes lie a little left of the right edge.
    const box = await card.locator('.u-over').boundingBox();
    if (box === null) throw new Error('No chart.');
    await page.mouse.click(box.x + box.width * 0.9, box.y + box.height / 2);
    await idle(page);
    expect(new URL(page.url()).pathname).toBe('/runs');
    expect(new URL(page.url()).searchParams.get('from')).toMatch(/^\d{4}-/);
    await page.goBack();
    await idle(page);
    expect(new URL(page.url()).pathname).toBe('/');
    await page.close();
  });

  it('refreshes the overview by itself without moving anything', async () => {
    const page = await stage.open('/');
    await page.locator('.overview-groups a').first().waitFor();
    const place = async () => page.locator('.overview-groups h2').boundingBox();
    const before = await place();
    const asked: string[] = [];
    page.on('response', (response) => asked.push(new URL(response.url()).pathname));
    await expect.poll(() => asked, { timeout: 12_000 }).toContain('/api/v1/overview');
    expect(asked).toContain('/api/v1/realtime');
    expect(await place()).toEqual(before);
    await page.close();
  });

  it('splits the charts by agent', async () => {
    const page = await stage.open('/');
    await page.getByRole('button', { name: 'Agent', exact: true }).click();
    await idle(page);
    await expect.poll(async () => page.locator('.overview-groups').textContent()).toContain('support-agent');
    await page.locator('.overview-groups a', { hasText: 'research-agent' }).click();
    await idle(page);
    expect(new URL(page.url()).searchParams.get('agent')).toBe('research-agent');
    await expect.poll(async () => page.locator('.filter-chips').textContent()).toContain('research-agent');
    await page.close();
  });

  it('sorts all runs by cost, not only those that are loaded, and filters by a click', async () => {
    // On less, the column of users makes room for the words.
    const page = await stage.open('/runs', { viewport: { width: 1600, height: 900 } });
    await page.getByRole('button', { name: 'Cost', exact: true }).click();
    await idle(page);
    expect(new URL(page.url()).searchParams.get('sort')).toBe('-costUsd');
    const { runs } = (await (await fetch(`${stage.urls.ui}/api/v1/runs?sort=-costUsd&limit=1`)).json()) as {
      runs: { traceId: string }[];
    };
    await expect
      .poll(async () => page.locator('.table-item .row-link').first().getAttribute('href'))
      .toContain(runs[0]?.traceId ?? 'none');
    const user = page.locator('.table-item .table-cell[data-column="user"] a').first();
    const name = await user.textContent();
    await user.click();
    await idle(page);
    expect(new URL(page.url()).searchParams.get('user')).toBe(name);
    await page.getByRole('button', { name: /^user: .* Take away$/ }).click();
    await idle(page);
    expect(new URL(page.url()).searchParams.get('user')).toBeNull();
    await page.close();
  });

  it('gives names the room of a wide screen', async () => {
    const page = await stage.open('/runs', { viewport: { width: 1920, height: 900 } });
    for (const column of ['agent', 'user']) {
      const cut = await page
        .locator(`.table-item [data-column="${column}"] .clip`)
        .evaluateAll((names) => names.filter((name) => name.scrollWidth > name.clientWidth).length);
      expect(`${column} ${cut}`).toBe(`${column} 0`);
    }
    await page.close();
  });

  it('tells a session as one conversation over its runs', async () => {
    const page = await stage.open('/sessions?sort=-runs');
    await page.locator('.table-item .row-link').first().click();
    await idle(page);
    expect(new URL(page.url()).pathname).toMatch(/^\/sessions\/conv_/);
    expect(await page.textContent('h1')).toMatch(/^\d runs in .*/);
    const conversation = page.getByTestId('conversation');
    await conversation.locator('.conversation-run').first().waitFor();
    expect(await conversation.textContent()).toContain('Run 1');
    await page.getByRole('button', { name: 'Runs', exact: true }).click();
    await idle(page);
    expect(await page.locator('.table-item').count()).toBeGreaterThan(1);
    await page.close();
  });

  it('leads from users, models and tools to their runs', async () => {
    for (const [path, field, to] of [
      ['/users', 'user', '/runs'],
      ['/models', 'model', '/runs'],
      ['/tools', 'tool', '/tools'],
      ['/agents', 'agent', '/agents/one'],
    ] as const) {
      const page = await stage.open(path);
      const link = page.locator('.table-item .row-link').first();
      const name = (await link.textContent()) ?? '';
      expect(await page.textContent('h1')).toMatch(/in the last hour/);
      await link.click();
      await idle(page);
      expect(new URL(page.url()).pathname).toBe(to);
      expect(new URL(page.url()).searchParams.get(field)).toBe(name);
      const rows = page.locator('.table-item, .plain-table tbody tr');
      await expect.poll(async () => rows.count()).toBeGreaterThan(0);
      await page.close();
    }
  });

  it('draws who calls whom over the window', async () => {
    const page = await stage.open('/agents?view=graph');
    await page.locator('.graph-node', { hasText: 'web-searcher' }).first().press('Enter');
    await idle(page);
    expect(await page.locator('.node-panel').textContent()).toMatch(
      /web-searcher.*Called by.*research-agent/s,
    );
    await page.getByRole('button', { name: 'Cost', exact: true }).click();
    expect(await page.getByTestId('graph').textContent()).toContain('$');
    await page.close();
  });

  it.each(['/agents?view=graph', '/map'])(
    'draws %s with words that can be read, whole at a desk and from its beginning on a phone',
    async (path) => {
      for (const [width, height, boxesMin] of [
        [1280, 800, Number.POSITIVE_INFINITY],
        [390, 844, 3],
      ] as const) {
        const page = await stage.open(path, { viewport: { width, height } });
        await page.locator('.graph-node').first().waitFor();
        const { smallestPx, inSight, boxes } = await page.getByTestId('graph').evaluate((graph) => {
          const frame = graph.getBoundingClientRect();
          const sizes = [...graph.querySelectorAll('text')].map(
            (text) => Number.parseFloat(getComputedStyle(text).fontSize) * (text.getScreenCTM()?.a ?? 0),
          );
          const all = [...graph.querySelectorAll('.graph-node')].map((node) => node.getBoundingClientRect());
          const inSight = all.filter(
            ({ top, bottom, left, right }) =>
              top >= frame.top && bottom <= frame.bottom && left >= frame.left && right <= frame.right,
          );
          return { smallestPx: Math.min(...sizes), inSight: inSight.length, boxes: all.length };
        });
        expect(smallestPx).toBeGreaterThan(10.9);
        expect(inSight).toBeGreaterThanOrEqual(Math.min(boxesMin, boxes));
        await page.close();
      }
    },
  );

  it('shows MCP servers, their tools and the sizes of what passes', async () => {
    const page = await stage.open('/mcp');
    expect(await page.textContent('h1')).toMatch(/calls of \d+ tools on 1 MCP server/);
    const row = page.locator('.mcp-table tbody tr', { hasText: 'get_order' });
    expect(await row.textContent()).toMatch(/\d+ B/);
    expect(await page.locator('.mcp-server').textContent()).toContain('tools/list');
    await page.close();
  });

  it('tells an MCP page that a filter empties from one that nothing was sent to', async () => {
    const page = await stage.open('/mcp?q=service:nobody');
    expect(await page.locator('.notice').textContent()).toContain('No MCP call matches');
    await page.locator('.notice').getByRole('button', { name: 'Clear the filter' }).click();
    await idle(page);
    expect(await page.locator('.mcp-server').count()).toBeGreaterThan(0);
    await page.close();
  });

  it('finds what crosses a threshold, which can be changed and stays changed', async () => {
    const page = await stage.open('/performance');
    const seconds = page.getByRole('textbox', { name: /^A run takes over/ });
    expect(await seconds.inputValue()).toBe('600');
    await seconds.fill('not a number');
    expect(await page.locator('.thresholds [role="alert"]').textContent()).toContain('not a number');
    await seconds.fill('3');
    await page.getByRole('button', { name: 'Save' }).click();
    await idle(page);
    await expect.poll(async () => page.textContent('h1'), { timeout: 10_000 }).toMatch(/slow run/);
    await page.reload();
    await idle(page);
    expect(await page.getByRole('textbox', { name: /^A run takes over/ }).inputValue()).toBe('3');
    await page.locator('.findings a').first().click();
    await idle(page);
    expect(new URL(page.url()).pathname).toMatch(/^\/runs\/[0-9a-f]{32}$/);
    await page.close();
  });

  it('is reached by keyboard and palette, and fits a phone', async () => {
    const page = await stage.open('/status');
    await page.keyboard.press('g');
    await page.keyboard.press('r');
    await expect.poll(() => new URL(page.url()).pathname).toBe('/runs');
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox', { name: 'Find anything' }).fill('Performance');
    await page.keyboard.press('Enter');
    await expect.poll(() => new URL(page.url()).pathname).toBe('/performance');
    await page.close();
    const phone = await stage.open('/', {
      viewport: { width: 390, height: 844 },
      hasTouch: true,
      isMobile: true,
    });
    for (const path of [
      '/',
      '/runs',
      '/sessions',
      '/users',
      '/agents',
      '/agents?view=graph',
      '/models',
      '/tools',
      '/mcp',
      '/performance',
      '/slos',
      '/prices',
      '/status',
    ]) {
      await phone.goto(`${stage.urls.ui}${path}`);
      await idle(phone);
      const overflow = await phone.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      expect(overflow, `${path} is wider than the phone`).toBeLessThanOrEqual(0);
      const hidden = await phone
        .locator('.plain-cards')
        .evaluateAll((tables) => tables.map((table) => table.scrollWidth - table.clientWidth));
      expect(Math.max(0, ...hidden), `a table of ${path} is wider than the phone`).toBe(0);
    }
    const ledger = phone.getByRole('region', { name: 'Ledger' }).locator('tbody tr').first();
    expect(await ledger.locator('[data-label="Stored"]').textContent()).toMatch(/\d/);
    await phone.getByRole('button', { name: 'More' }).tap();
    await phone.getByRole('link', { name: 'Models' }).tap();
    await expect.poll(() => new URL(phone.url()).pathname).toBe('/models');
    await phone.close();
  });
});

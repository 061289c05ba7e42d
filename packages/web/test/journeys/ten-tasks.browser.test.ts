import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { playDemo } from '../recordings.ts';
import { eventually, findChromium, idle, openStage, type Stage } from '../stage.ts';

interface RunSeen {
  readonly traceId: string;
  readonly agent: string | null;
  readonly userId: string | null;
  readonly question: string | null;
  readonly costUsd: number | null;
}

/** The parts of an element that the test uses: Node has no types for them. */
interface ElementInPage {
  readonly outerHTML: string;
  readonly ownerDocument: { elementFromPoint(x: number, y: number): ElementInPage | null };
  getBoundingClientRect(): {
    readonly x: number;
    readonly y: number;
    readonly width: number;
    readonly height: number;
  };
  contains(other: ElementInPage): boolean;
}

/** Ten tasks of users. Each begins on the page of the navigation that it belongs to; its clicks are counted. */
describe.skipIf(findChromium() === undefined)('ten tasks', { timeout: 120_000 }, () => {
  let stage: Stage;
  let runs: readonly RunSeen[] = [];

  beforeAll(async () => {
    stage = await openStage();
    await playDemo(stage.urls.ui);
    ({ runs } = await eventually(
      async () => ask<{ runs: RunSeen[] }>('/runs?limit=100'),
      (answer) => answer.runs.some(({ agent }) => agent === 'research-agent'),
    ));
  }, 300_000);
  afterAll(async () => stage.close());

  const ask = async <T>(path: string): Promise<T> =>
    (await (await fetch(`${stage.urls.ui}/api/v1${path}`)).json()) as T;

  /** Does a task, and gives how often it clicked. */
  async function clicksOf(
    path: string,
    task: (page: Page, click: (target: Locator) => Promise<void>) => Promise<void>,
  ): Promise<number> {
    const page = await stage.open(path);
    let clicks = 0;
    await task(page, async (target) => {
      clicks += 1;
      await target.first().click();
      await idle(page);
    });
    await page.close();
    return clicks;
  }
  const firstRow = (page: Page): Locator => page.locator('.table-item .row-link');
  const tab = (page: Page, name: string): Locator => page.getByRole('tab', { name, exact: true });

  it('1: the dearest run and its prompt, three clicks', async () => {
    const dearest = runs.toSorted((a, b) => (b.costUsd ?? 0) - (a.costUsd ?? 0))[0];
    const clicks = await clicksOf('/runs', async (page, click) => {
      await click(page.getByRole('columnheader', { name: 'Cost' }).getByRole('button'));
      await click(firstRow(page));
      expect(page.url()).toContain(dearest?.traceId);
      await click(tab(page, 'Conversation'));
      expect(await page.locator('.conversation').textContent()).toContain(dearest?.question?.slice(0, 60));
    });
    expect(clicks).toBeLessThanOrEqual(3);
  });

  it('2: why a run is slow, one click', async () => {
    const clicks = await clicksOf('/runs?agent=research-agent', async (page, click) => {
      await click(firstRow(page));
      expect(await page.locator('.page-detail').textContent()).toMatch(
        /^\d+ % (?:waiting for|in the (?:tool|agent)) /,
      );
    });
    expect(clicks).toBe(1);
  });

  it('3: the tool that fails most, its error and the step that failed, two clicks', async () => {
    const clicks = await clicksOf('/tools', async (page, click) => {
      await click(page.locator('.table-item.has-error .row-link'));
      const failures = page.getByTestId('tool-failures');
      const reason = await failures.locator('.failure-text').first().textContent();
      await click(failures.locator('.failure-call'));
      expect(await page.getByTestId('span-panel').locator('.span-failure').textContent()).toContain(
        reason?.split('\n')[0],
      );
    });
    expect(clicks).toBe(2);
  });

  it('4: the runs of a user that speak of a thing, no click', async () => {
    const wanted = runs.find(({ userId, question }) => userId !== null && question !== null);
    const word = /[a-z]{5,}/.exec(wanted?.question ?? '')?.[0] ?? '';
    const clicks = await clicksOf('/runs', async (page) => {
      const filter = page.getByRole('combobox', { name: /^Filter/ });
      await filter.fill(`user:${wanted?.userId} "${word}"`);
      await filter.press('Enter');
      await page.waitForURL((url) => url.searchParams.get('q') !== null);
      await idle(page);
      const hrefs = await firstRow(page).evaluateAll((links) =>
        links.map((link) => (link as unknown as { href: string }).href),
      );
      expect(hrefs.some((href) => href.includes(wanted?.traceId ?? '?'))).toBe(true);
    });
    expect(clicks).toBe(0);
  });

  it('5: two runs side by side, three clicks', async () => {
    const clicks = await clicksOf('/runs', async (page, click) => {
      const boxes = page.getByRole('checkbox', { name: 'Compare this one' });
      await click(boxes.nth(0));
      await click(boxes.nth(1));
      await click(page.getByRole('link', { name: 'Compare A with B' }));
      expect(await page.locator('h1').textContent()).toMatch(/^A took .* against /);
    });
    expect(clicks).toBe(3);
  });

  it('6: what the model was told and what changed since its last call, three clicks', async () => {
    const clicks = await clicksOf('/runs?agent=research-agent&sort=-steps', async (page, click) => {
      await click(firstRow(page));
      await click(tab(page, 'Conversation'));
      await click(page.getByRole('button', { name: 'Diff', exact: true }));
      expect(await page.locator('.conversation').textContent()).toContain('unchanged');
    });
    expect(clicks).toBe(3);
  });

  it('7: from a log line to its run, two clicks', async () => {
    const clicks = await clicksOf('/logs', async (page, click) => {
      await click(page.locator('.log-body'));
      await click(page.getByTestId('log-panel').getByRole('link', { name: 'Open the trace' }));
      expect(new URL(page.url()).pathname).toMatch(/^\/(?:traces|runs)\/[0-9a-f]{32}$/);
    });
    expect(clicks).toBe(2);
  });

  it('8: p95 of model calls by model, three clicks', async () => {
    const clicks = await clicksOf('/metrics/explore', async (page, click) => {
      await click(
        page.getByRole('navigation', { name: 'Metrics' }).getByText('gen_ai.client.operation.duration'),
      );
      await click(page.getByRole('button', { name: /^Group by/ }));
      await click(page.getByRole('menuitemcheckbox', { name: 'gen_ai.request.model' }));
      expect(await page.locator('h1').textContent()).toMatch(/^p95 of .* is highest for /);
    });
    expect(clicks).toBe(3);
  });

  it('9: a wrong answer is marked, two clicks', async () => {
    const clicks = await clicksOf('/runs?agent=support-agent', async (page, click) => {
      await click(firstRow(page));
      await click(page.getByRole('button', { name: 'Bad run', exact: true }));
      const traceId = new URL(page.url()).pathname.split('/').at(-1);
      const { scores } = await ask<{ scores: { name: string; value: number | null }[] }>(
        `/scores?traceId=${traceId}`,
      );
      expect(scores).toContainEqual(expect.objectContaining({ name: 'user_feedback', value: 0 }));
    });
    expect(clicks).toBe(2);
  });

  it('10: what a Python program with plain OpenTelemetry has to say, two clicks', async () => {
    const clicks = await clicksOf('/get-started', async (page, click) => {
      await click(page.getByRole('tab', { name: 'OpenTelemetry', exact: true }));
      await click(page.getByRole('button', { name: 'Python', exact: true }));
      expect(await page.locator('main').textContent()).toMatch(/pip install .*opentelemetry/);
    });
    expect(clicks).toBeLessThanOrEqual(2);
  });

  it('whatever can be pressed in a row of a list is not covered by the row', async () => {
    const page = await stage.open('/runs');
    for (const path of ['runs', 'sessions', 'users', 'tools', 'agents', 'models', 'errors', 'traces']) {
      await page.goto(`${stage.urls.ui}/${path}`);
      await idle(page);
      const covered = await page
        .locator('.table-item')
        .first()
        .locator('a:not(.row-link), button, input')
        .evaluateAll((elements) =>
          (elements as unknown as ElementInPage[])
            .filter((element) => {
              const { x, y, width, height } = element.getBoundingClientRect();
              const top = element.ownerDocument.elementFromPoint(x + width / 2, y + height / 2);
              return top === null || !element.contains(top);
            })
            .map(({ outerHTML }) => outerHTML),
        );
      expect([path, covered]).toEqual([path, []]);
    }
    await page.close();
  });
});

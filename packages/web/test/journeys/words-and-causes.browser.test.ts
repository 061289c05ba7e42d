import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { playDemo } from '../recordings.ts';
import { eventually, findChromium, idle, openStage, type Stage } from '../stage.ts';

interface SpanSeen {
  readonly spanId: string;
  readonly name: string;
  readonly operation: string;
  readonly status: { readonly code: string };
}

/** From a question to the words and to the cause, with the runs of the demo. */
describe.skipIf(findChromium() === undefined)(
  'words first, causes two clicks away',
  { timeout: 120_000 },
  () => {
    let stage: Stage;
    let run = '';
    let spans: readonly SpanSeen[] = [];

    beforeAll(async () => {
      stage = await openStage();
      await playDemo(stage.urls.ui);
      const { runs } = await eventually(
        async () => ask<{ runs: { traceId: string }[] }>('/runs?agent=research-agent&sort=-steps'),
        (answer) => answer.runs.length > 0,
      );
      run = runs[0]?.traceId ?? '';
      ({ spans } = await ask<{ spans: SpanSeen[] }>(`/traces/${run}?limit=500`));
    }, 300_000);
    afterAll(async () => stage.close());

    const ask = async <T>(path: string): Promise<T> =>
      (await (await fetch(`${stage.urls.ui}/api/v1${path}`)).json()) as T;
    const spanNamed = (start: string): string =>
      spans.find(({ name, status }) => name.startsWith(start) && status.code !== 'error')?.spanId ?? '';
    const click = async (page: Page, name: string): Promise<void> => {
      await page.getByRole('button', { name, exact: true }).first().click();
      await idle(page);
    };

    it('shows the messages of a model call first, and leads to its turn', async () => {
      const page = await stage.open(`/runs/${run}?span=${spanNamed('chat gpt-5.4')}`);
      const panel = page.getByTestId('span-panel');
      expect(await panel.getByRole('tab', { selected: true }).textContent()).toBe('Messages');
      expect(await panel.textContent()).toContain('supplier deadline is Friday');
      await panel.getByRole('link', { name: 'In the conversation' }).click();
      await idle(page);
      expect(await page.locator('.turn-head.is-selected').count()).toBe(1);
      await page.close();
    });

    it('shows a tool with its arguments and its result, and a retrieval with its documents', async () => {
      const page = await stage.open(`/runs/${run}?span=${spanNamed('execute_tool sales_query')}`);
      const panel = page.getByTestId('span-panel');
      expect(await panel.getByRole('tab', { selected: true }).textContent()).toBe('Call');
      expect(await panel.textContent()).toMatch(/Arguments.*gravel_by_size.*Result.*units/s);
      await page.goto(`${stage.urls.ui}/runs/${run}?span=${spanNamed('retrieval supplier-documents')}`);
      await idle(page);
      expect(await panel.getByRole('tab', { selected: true }).textContent()).toBe('Documents');
      expect(await panel.locator('.document').count()).toBeGreaterThan(1);
      await page.goto(`${stage.urls.ui}/runs/${run}?span=${spanNamed('invoke_agent research-agent')}`);
      await idle(page);
      expect(await panel.textContent()).toMatch(
        /supplier deadline is Friday.*calls of models.*Order 300 bikes/s,
      );
      await page.close();
    });

    it('takes a thumb on an answer with one click, and takes it back', async () => {
      const page = await stage.open(`/runs/${run}?view=conversation`);
      const answer = page.locator('.message.is-answer').first();
      const bad = answer.getByRole('button', { name: 'Bad answer' });
      await bad.click();
      await bad.and(page.locator('[aria-pressed=true]')).waitFor();
      await idle(page);
      const scoresOf = async () =>
        (
          await ask<{
            scores: { name: string; value: number | null; comment: string | null; spanId: string | null }[];
          }>(`/scores?traceId=${run}`)
        ).scores.filter(({ name }) => name === 'user_feedback');
      expect(await scoresOf()).toMatchObject([
        { value: 0, spanId: expect.stringMatching(/^[0-9a-f]{16}$/) as string },
      ]);
      await answer.getByRole('button', { name: 'Comment on the answer' }).click();
      await answer.getByRole('textbox', { name: 'Comment on the answer' }).fill('No plan was asked for.');
      await answer.getByRole('button', { name: 'Save comment' }).click();
      await idle(page);
      expect(await scoresOf()).toMatchObject([{ value: 0, comment: 'No plan was asked for.' }]);
      await click(page, 'Good run');
      expect(await scoresOf()).toContainEqual(expect.objectContaining({ value: 1, spanId: null }));
      await page.reload();
      await idle(page);
      expect(await bad.getAttribute('aria-pressed')).toBe('true');
      await bad.click();
      await idle(page);
      expect(await scoresOf()).toContainEqual(
        expect.objectContaining({ comment: 'No plan was asked for.', value: null }),
      );
      await page.close();
    });

    it('tells of the agent, the model and the tool, not of the transport below them', async () => {
      const page = await stage.open('/runs?agent=research-agent');
      const name = page.locator('.table-item .row-link').first();
      const clicked = await name.textContent();
      await name.click();
      await idle(page);
      // What was asked names the run in both places.
      expect(await page.locator('.run-question').textContent()).toBe(clicked);
      expect(await page.locator('h1').textContent()).toMatch(/^research-agent (?:took|failed)/);
      expect(await page.locator('.page-detail').textContent()).toMatch(
        /^\d+ % (?:waiting for gpt-5\.4|in the (?:tool|agent) \w)/,
      );
      await page.close();
    });

    it('leaves out transport where only AI steps are wanted', async () => {
      const page = await stage.open(`/runs/${run}?mode=tree`);
      const rowCount = async () => Number(await page.getByRole('treegrid').getAttribute('aria-rowcount'));
      const all = await rowCount();
      await click(page, 'AI steps only');
      expect(await rowCount()).toBeLessThan(all * 0.75);
      expect(await page.locator('.span-tree-item').allTextContents()).not.toContainEqual(
        expect.stringMatching(/^(?:GET|SELECT|tokenizer)/),
      );
      await page.close();
    });

    it('leads from the tool that fails most to the step that failed in two clicks', async () => {
      const page = await stage.open('/tools');
      await page.locator('.table-item.has-error .row-link').first().click();
      await idle(page);
      const failures = page.getByTestId('tool-failures');
      const reason = await failures.locator('.failure-text').first().textContent();
      await failures.locator('.failure-call').first().click();
      await idle(page);
      const panel = page.getByTestId('span-panel');
      expect(await panel.locator('.span-failure').textContent()).toContain(reason?.split('\n')[0]);
      await page.close();
    });

    it('narrows runs by what they are made of, and saves them as CSV', async () => {
      const page = await stage.open('/runs');
      const facets = page.getByRole('complementary', { name: 'Facets' });
      await facets.getByRole('button', { name: 'research-agent' }).first().click();
      await idle(page);
      expect(new URL(page.url()).searchParams.get('agent')).toBe('research-agent');
      await facets.getByRole('button', { name: 'over 5 s' }).click();
      await idle(page);
      expect(new URL(page.url()).searchParams.get('q')).toBe('trace.duration>5s');
      const download = page.waitForEvent('download');
      await page.getByRole('button', { name: 'CSV', exact: true }).click();
      const lines = readFileSync(await (await download).path(), 'utf8')
        .trim()
        .split('\r\n');
      expect(lines[0]).toMatch(/^traceId,name,question,/);
      expect(lines.length - 1).toBe(Number(await page.getByRole('table').getAttribute('aria-rowcount')) - 1);
      expect(lines.slice(1).every((line) => line.includes('research-agent'))).toBe(true);
      await page.close();
    });

    it('finds agents, tools and actions in the palette', async () => {
      const page = await stage.open('/runs');
      await page.keyboard.press('Control+k');
      const box = page.getByRole('combobox', { name: 'Find anything' });
      await box.fill('research-ag');
      await page.getByRole('option', { name: /research-agent.*Agent,/ }).click();
      await idle(page);
      expect(new URL(page.url()).searchParams.get('agent')).toBe('research-agent');
      await page.keyboard.press('Control+k');
      await box.fill('range: last 24');
      await page.getByRole('option', { name: /Range: last 24 hours/ }).click();
      await idle(page);
      expect(new URL(page.url()).searchParams.get('from')).toBe('-24h');
      await page.keyboard.press('Control+k');
      await box.fill('track_par');
      await page.getByRole('option', { name: /track_parcel.*Tool,/ }).click();
      await idle(page);
      expect(new URL(page.url()).pathname).toBe('/tools');
      await page.keyboard.press('Control+k');
      await box.fill('new alert');
      await page.getByRole('option', { name: /New alert rule/ }).click();
      await idle(page);
      expect(new URL(page.url()).pathname).toBe('/alerts/rule');
      await page.close();
    });

    it('finds runs in the palette by what was said, and shows their questions', async () => {
      const page = await stage.open('/');
      const { runs } = (await (
        await fetch(`${stage.urls.ui}/api/v1/runs?agent=research-agent&limit=1`)
      ).json()) as {
        runs: readonly { traceId: string; question: string }[];
      };
      const question = runs[0]?.question ?? '';
      await page.keyboard.press('Control+k');
      await page.getByRole('combobox', { name: 'Find anything' }).fill(question.slice(0, 30));
      await page
        .getByRole('option')
        .filter({ hasText: question })
        .filter({ hasText: 'Run of research-agent' })
        .first()
        .click();
      await idle(page);
      expect(new URL(page.url()).pathname).toMatch(/^\/runs\/[0-9a-f]{32}$/);
      await page.close();
    });

    it('shows lists without cutting a column, words first, and more of them where there is room', async () => {
      const page = await stage.open('/runs');
      for (const path of ['runs', 'sessions', 'users', 'tools', 'agents', 'models', 'errors', 'traces']) {
        await page.goto(`${stage.urls.ui}/${path}`);
        await idle(page);
        const hidden = await page
          .locator('.table-scroll')
          .evaluate((element) => element.scrollWidth - element.clientWidth);
        expect([path, hidden]).toEqual([path, 0]);
      }
      await page.goto(`${stage.urls.ui}/users`);
      await idle(page);
      expect(await page.locator('[data-column="firstQuestion"]').first().textContent()).toMatch(/\w+ \w+/);
      for (const path of ['runs', 'sessions']) {
        await page.setViewportSize({ width: 1280, height: 800 });
        await page.goto(`${stage.urls.ui}/${path}`);
        await idle(page);
        const answers = page.getByRole('columnheader', { name: /answer/i });
        expect(await answers.count()).toBe(0);
        await page.setViewportSize({ width: 1920, height: 1000 });
        await answers.waitFor();
      }
      await page.close();
    });

    it('says on a page of its own that nothing has an id', async () => {
      const page = await stage.open(`/trace/${'f'.repeat(32)}`);
      expect(await page.locator('h1').textContent()).toBe('Nothing stored has this id');
      await page.close();
    });

    it('never leaves the product by Back or Escape', async () => {
      const page = await stage.open('/');
      await page.goto(`${stage.urls.ui}/runs/${run}`);
      await idle(page);
      await page.keyboard.press('Escape');
      await idle(page);
      expect(new URL(page.url()).pathname).toBe('/runs');
      for (const [path, above] of [
        ['/sessions/none', '/sessions'],
        ['/agents/one?agent=research-agent', '/agents'],
      ] as const) {
        const deep = await stage.browser.newPage();
        await deep.goto(`${stage.urls.ui}${path}`);
        await idle(deep);
        await deep.keyboard.press('Escape');
        await expect.poll(() => new URL(deep.url()).pathname, { timeout: 20_000 }).toBe(above);
        await deep.close();
      }
      await page.goto(`${stage.urls.ui}/traces/${run}`);
      await idle(page);
      await click(page, 'Back');
      expect(new URL(page.url()).pathname).toBe('/traces');
      await page.close();
    });

    it('shows ten entries at most in the side bar, and the rest on demand', async () => {
      const page = await stage.open('/');
      const links = page.getByRole('navigation', { name: 'Pages' }).getByRole('link');
      expect(await links.count()).toBeLessThanOrEqual(10);
      await click(page, 'System');
      expect(await page.getByRole('link', { name: 'Prices' }).count()).toBe(1);
      await page.close();
    });
  },
);

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sendRecording } from '../recordings.ts';
import { eventually, findChromium, idle, openStage, untilStored, type Stage } from '../stage.ts';
import { sendStory, type Story } from '../story.ts';
import { violations } from '../violations.ts';

/** Writing and reading again takes a busy machine more than the second that is usual. */
const soon = (read: () => Promise<unknown>) => expect.poll(read, { timeout: 15_000 });

describe.skipIf(findChromium() === undefined)(
  'someone judges runs and looks at coding agents',
  { timeout: 90_000 },
  () => {
    let stage: Stage;
    let story: Story;
    beforeAll(async () => {
      stage = await openStage();
      story = await sendStory(stage.urls.otlpHttp, {
        startMs: Date.now() - 60_000,
        mark: 'a1',
        failed: false,
      });
      await untilStored(stage.urls.ui, story.traceId, 3);
      for (const tool of ['claude-code', 'codex', 'gemini-cli'])
        await sendRecording(stage.urls.otlpHttp, tool, Date.now() - 600_000);
      await eventually(
        async () =>
          (await fetch(`${stage.urls.ui}/api/v1/coding-agents`)).json() as Promise<{
            totals: { calls: number; activeSeconds: number | null };
          }>,
        ({ totals }) => totals.calls === 5 && totals.activeSeconds !== null,
      );
    });
    afterAll(async () => stage.close());

    it('gives a score in the span panel, finds the trace by it, and takes it away', async () => {
      const page = await stage.open(`/traces/${story.traceId}?span=${story.spanIds.call}&tab=scores`);
      const panel = page.getByTestId('score-panel');
      await panel.getByLabel('Value').fill('0,8');
      await panel.getByLabel('Label').fill('good');
      await panel.getByLabel('Who', { exact: true }).fill('ada');
      await panel.getByLabel('Comment').fill('Short and right.');
      await panel.getByRole('button', { name: 'Submit score' }).click();
      await soon(async () => panel.getByRole('list', { name: 'Scores' }).textContent()).toContain('0.8 good');
      expect(await panel.textContent()).toContain('ada, by hand');
      const q = encodeURIComponent('score.quality>0.5');
      const { traces } = (await (await fetch(`${stage.urls.ui}/api/v1/traces?q=${q}`)).json()) as {
        traces: { traceId: string }[];
      };
      expect(traces.map(({ traceId }) => traceId)).toEqual([story.traceId]);
      expect(await violations(page)).toEqual([]);
      await panel.getByRole('button', { name: 'Take the score quality away' }).click();
      await soon(async () => panel.textContent()).toContain('Nobody has judged this run yet');
      await page.close();
    });

    it('makes an evaluator, is told what is wrong with one, and sees what it did', async () => {
      const page = await stage.open('/evaluators');
      expect(await page.textContent('h1')).toBe('No evaluators yet');
      await page.getByRole('button', { name: 'New evaluator' }).first().click();
      await page.getByLabel('Kind').selectOption('regex');
      await page.getByLabel('Pattern').fill('(?=x)');
      await page.getByRole('button', { name: 'Create' }).click();
      await soon(async () => page.getByRole('alert').textContent()).toContain('lookaround');
      await page.getByLabel('Kind').selectOption('latency');
      await page.getByRole('button', { name: 'Create' }).click();
      await soon(async () => page.textContent('h1')).toContain('1 evaluator at work');
      await page.getByPlaceholder('trace id').fill(story.traceId);
      await page.getByRole('button', { name: 'Try' }).click();
      await soon(async () => page.locator('.evaluator-run').first().textContent()).toContain('pass');
      expect(await violations(page)).toEqual([]);
      await page.getByRole('button', { name: 'Settings' }).click();
      await page.getByRole('button', { name: 'Delete' }).click();
      await soon(async () => page.textContent('h1')).toBe('No evaluators yet');
      await page.close();
    });

    it('works through a queue with the keyboard', async () => {
      const page = await stage.open('/annotate');
      await page.getByRole('button', { name: 'New queue' }).click();
      await page.getByLabel('Name', { exact: true }).fill('Weekly sample');
      await page.getByRole('button', { name: 'Create' }).click();
      await soon(async () => page.textContent('h1')).toMatch(/Weekly sample: 0 of [1-9]\d* runs? judged/);
      await idle(page);
      const first = await page.locator('.annotate-run header a').textContent();
      // What comes meanwhile is added to the queue, and the list is read again: the key is pressed until the next run is there.
      await soon(async () => {
        await page.keyboard.press('j');
        return page.locator('.annotate-run header a').textContent();
      }).not.toBe(first);
      await soon(async () => {
        await page.keyboard.press('k');
        return page.locator('.annotate-run header a').textContent();
      }).toBe(first);
      await page.getByTestId('score-panel').getByRole('button', { name: 'Pass' }).click();
      await soon(async () => page.getByTestId('score-panel').textContent()).toContain('1 pass');
      expect(await violations(page)).toEqual([]);
      await page.locator('.annotate-side').click({ position: { x: 5, y: 5 } });
      await page.keyboard.press('d');
      await soon(async () => page.textContent('h1')).toContain('Weekly sample: 1 of');
      await page.keyboard.press('s');
      await soon(async () => page.textContent('h1')).toMatch(/Weekly sample: (?:2 of|all 2 runs)/);
      await page.close();
    });

    it('shows long names, labels and comments without anything running over', async () => {
      const long = {
        name: 'a score whose name somebody wrote out '.repeat(4),
        label: 'x'.repeat(200),
        who: 'ada',
      };
      const comment = 'Ein langer Kommentar. '.repeat(450);
      const given = await fetch(`${stage.urls.ui}/api/v1/scores`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ traceId: story.traceId, ...long, value: 123_456_789.25, comment }),
      });
      expect(given.status).toBe(200);
      const page = await stage.open(`/traces/${story.traceId}?span=${story.spanIds.call}&tab=scores`);
      const item = page.locator('.score-item').filter({ hasText: 'Ein langer Kommentar' });
      await item.waitFor();
      expect(await item.evaluate((element) => element.scrollWidth <= element.clientWidth)).toBe(true);
      expect(await item.locator('strong').evaluate((element) => element.clientWidth)).toBeGreaterThan(60);
      expect((await item.textContent())?.length).toBeLessThan(1_200);
      await item.getByRole('button', { name: 'Show all 9,899 characters' }).click();
      expect((await item.textContent())?.length).toBeGreaterThan(9_899);
      expect(await violations(page)).toEqual([]);
      await page.close();
    });

    it('reaches every run of a long queue, and says of a run that is gone that it is', async () => {
      const send = async (path: string, method: string, body: unknown): Promise<{ id: string }> => {
        const response = await fetch(`${stage.urls.ui}/api/v1/annotation-queues${path}`, {
          method,
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(body),
        });
        expect(response.status).toBe(200);
        return (await response.json()) as { id: string };
      };
      const { id } = await send('', 'POST', { name: 'Long' });
      const idOf = (at: number): string => `ab${at.toString(16).padStart(30, '0')}`;
      for (const from of [0, 1_000])
        await send(`/${id}/fill`, 'POST', {
          traceIds: Array.from({ length: from === 0 ? 1_000 : 5 }, (_, at) => idOf(from + at)),
        });
      const first = await fetch(`${stage.urls.ui}/api/v1/annotation-queues/${id}/items?limit=10`);
      const { items } = (await first.json()) as { items: { id: string }[] };
      for (const item of items) await send(`/${id}/items/${item.id}`, 'PUT', { state: 'done' });
      const page = await stage.open(`/annotate?queue=${id}`);
      await soon(async () => page.textContent('h1')).toContain('Long: 10 of 1,005 runs judged');
      await soon(async () => page.locator('.annotate-run header').textContent()).toContain(
        '1 of 995 that are open',
      );
      expect(await page.locator('.annotate-run header a').textContent()).toBe(idOf(10));
      await soon(async () => page.textContent('.annotate-run')).toContain('This run is not stored');
      expect(await violations(page)).toEqual([]);
      await page.close();
    });

    it('reads what the coding agents did, narrows it to one, and opens its logs', async () => {
      for (const colorScheme of ['light', 'dark'] as const) {
        const page = await stage.open('/coding-agents', { colorScheme });
        expect(await page.textContent('h1')).toBe(
          '3 sessions of Claude Code, Codex CLI, Gemini CLI, $0.009 in the last 24 hours',
        );
        expect(await violations(page)).toEqual([]);
        await page.close();
      }
      const page = await stage.open('/coding-agents');
      await page.getByRole('button', { name: 'Codex CLI' }).click();
      await idle(page);
      expect(page.url()).toContain('agent=codex');
      await soon(async () => page.getByTestId('coding-summary').textContent()).toContain('2,560');
      await page.getByRole('link', { name: 'Logs', exact: true }).last().click();
      await idle(page);
      expect(page.url()).toContain('/logs?');
      await soon(async () => page.locator('.log-row').count()).toBeGreaterThan(5);
      await page.close();
      const phone = await stage.open('/coding-agents', {
        viewport: { width: 390, height: 844 },
        isMobile: true,
      });
      const overflow = await phone.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
      expect(overflow).toBe(0);
      await phone.close();
    });

    it('shows the exact settings of each coding agent, with this server’s address', async () => {
      const page = await stage.open('/get-started?with=codex');
      const { otlpHttp } = stage.urls;
      const blocks = async () => page.getByRole('main').locator('pre').allTextContents();
      const exporter = (signal: string) =>
        `{ otlp-http = { endpoint = "${otlpHttp}/v1/${signal}", protocol = "json" } }`;
      expect(await blocks()).toEqual([
        `[otel]\nexporter = ${exporter('logs')}\ntrace_exporter = ${exporter('traces')}\nmetrics_exporter = ${exporter('metrics')}\nlog_user_prompt = true`,
        'codex exec --skip-git-repo-check "What does this project do?"',
      ]);
      await page.getByRole('tab', { name: 'Claude Code' }).click();
      expect(await blocks()).toEqual([
        [
          'export CLAUDE_CODE_ENABLE_TELEMETRY=1',
          'export CLAUDE_CODE_ENHANCED_TELEMETRY_BETA=1',
          'export OTEL_METRICS_EXPORTER=otlp',
          'export OTEL_LOGS_EXPORTER=otlp',
          'export OTEL_TRACES_EXPORTER=otlp',
          'export OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf',
          `export OTEL_EXPORTER_OTLP_ENDPOINT=${otlpHttp}`,
        ].join('\n'),
        'export OTEL_LOG_USER_PROMPTS=1\nexport OTEL_LOG_TOOL_DETAILS=1',
        'claude -p "What does this project do?"',
      ]);
      await page.getByRole('tab', { name: 'Gemini CLI' }).click();
      expect(await blocks()).toEqual([
        [
          'export GEMINI_TELEMETRY_ENABLED=true',
          'export GEMINI_TELEMETRY_TARGET=local',
          'export GEMINI_TELEMETRY_OTLP_PROTOCOL=http',
          `export GEMINI_TELEMETRY_OTLP_ENDPOINT=${otlpHttp}`,
          'export GEMINI_TELEMETRY_TRACES_ENABLED=true',
        ].join('\n'),
        'gemini -p "What does this project do?"',
      ]);
      await page.close();
    });
  },
);

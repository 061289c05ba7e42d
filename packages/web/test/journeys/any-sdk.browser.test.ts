import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sendRecording } from '../recordings.ts';
import { eventually, findChromium, openStage, type Stage } from '../stage.ts';

/** What each SDK really sent of the same program, and the words under which its run is found. */
const programs = [
  { dialect: 'openai-agents', dollars: '$0.005' },
  { dialect: 'ai-sdk', dollars: '$0.005' },
  { dialect: 'langchain-openinference', dollars: '$0.0025' },
  { dialect: 'openai-openllmetry', dollars: '$0.0039' },
  { dialect: 'anthropic-native-openinference', dollars: '$0.0028' },
] as const;

describe.skipIf(findChromium() === undefined)('runs of five SDKs', { timeout: 60_000 }, () => {
  let stage: Stage;
  const runOf = new Map<string, string>();

  beforeAll(async () => {
    stage = await openStage();
    for (const { dialect } of programs) {
      const ids = await sendRecording(stage.urls.otlpHttp, dialect, Date.now() - 60_000);
      runOf.set(dialect, await talkingRun(ids));
    }
  }, 60_000);
  afterAll(async () => stage.close());

  /** Of a program's traces, the one in which the question was asked. */
  async function talkingRun(ids: readonly string[]): Promise<string> {
    return eventually(
      async () => {
        for (const id of ids) {
          const response = await fetch(`${stage.urls.ui}/api/v1/runs/${id}/conversation`);
          if (response.ok && (await response.text()).includes('What is the weather in Paris?')) return id;
        }
        return '';
      },
      (id) => id !== '',
    );
  }

  it.each(programs)(
    '$dialect: question, call of the tool and cost stand where they stand for all',
    async ({ dialect, dollars }) => {
      const page = await stage.open(`/runs/${runOf.get(dialect) ?? ''}?view=conversation`);
      const conversation = page.getByTestId('conversation');
      expect(await conversation.locator('.message.role-user').first().textContent()).toContain(
        'What is the weather in Paris?',
      );
      const call = conversation.locator('.tool-call', { hasText: 'get_weather' }).first();
      expect(await call.textContent()).toContain('Paris');
      await page.getByRole('tab', { name: 'Cost', exact: true }).click();
      await expect.poll(async () => page.locator('.cost-sentence').textContent()).toContain(dollars);
      await page.getByRole('tab', { name: 'Agent graph', exact: true }).click();
      await expect.poll(async () => page.getByTestId('graph').textContent()).toMatch(/gpt-4o|claude/);
      await page.close();
    },
  );
});

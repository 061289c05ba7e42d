import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { allStored } from '../recordings.ts';
import { findChromium, idle, openStage, type Stage } from '../stage.ts';
import { post } from '../story.ts';
import { violations } from '../violations.ts';

const text = (key: string, stringValue: string) => ({ key, value: { stringValue } });
const message = (role: string, content: string) => ({ role, parts: [{ type: 'text', content }] });
const key = 'sk-journey-0123456789';
const traceId = 'd1'.repeat(16);
const spanId = 'd1'.repeat(8);

const imageTraceId = 'd2'.repeat(16);
const imageSpanId = 'd2'.repeat(8);
const png =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
let lastAsked = '';

async function sendCalls(otlpHttp: string): Promise<void> {
  await sendCall(otlpHttp, { traceId, spanId }, [
    message('system', 'Answer in capitals.'),
    message('user', 'capital of france'),
  ]);
  const image = { type: 'image_url', image_url: { url: `data:image/png;base64,${png}` } };
  await sendCall(otlpHttp, { traceId: imageTraceId, spanId: imageSpanId }, [
    { role: 'user', content: [{ type: 'text', text: 'what is it?' }, image] },
  ]);
}

async function sendCall(
  otlpHttp: string,
  call: { readonly traceId: string; readonly spanId: string },
  input: readonly unknown[],
): Promise<void> {
  const start = BigInt(Date.now() - 60_000) * 1_000_000n;
  const attributes = [
    text('gen_ai.operation.name', 'chat'),
    text('gen_ai.provider.name', 'openai'),
    text('gen_ai.request.model', 'gpt-4o'),
    text('gen_ai.input.messages', JSON.stringify(input)),
    text('gen_ai.output.messages', JSON.stringify([message('assistant', 'PARIS')])),
  ];
  const span = {
    ...call,
    name: 'chat gpt-4o',
    kind: 3,
    startTimeUnixNano: String(start),
    endTimeUnixNano: String(start + 1_000_000_000n),
    attributes,
  };
  const resource = { attributes: [text('service.name', 'geography')] };
  await post(otlpHttp, 'traces', { resourceSpans: [{ resource, scopeSpans: [{ spans: [span] }] }] });
}

/** Speaks like OpenAI's chat completions: knows the capital of France, says everything else in capitals, and after a prompt that asks for it, backwards. */
function modelServer(): Server {
  return createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      lastAsked = body;
      const { messages } = JSON.parse(body) as { messages: { content: string | { text?: string }[] }[] };
      const content = messages.at(-1)?.content ?? '';
      const asked = (typeof content === 'string' ? content : (content[0]?.text ?? '')).toUpperCase();
      const last = asked.includes('FRANCE') ? 'PARIS' : asked;
      const answer = JSON.stringify(messages).includes('backwards')
        ? last.split('').toReversed().join('')
        : last;
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      const chunk = (more: object): string =>
        `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'gpt-4o', ...more })}\n\n`;
      response.write(chunk({ choices: [{ index: 0, delta: { content: answer }, finish_reason: null }] }));
      response.write(chunk({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] }));
      response.write(
        chunk({ choices: [], usage: { prompt_tokens: 1000, completion_tokens: 100, total_tokens: 1100 } }),
      );
      response.end('data: [DONE]\n\n');
    });
  });
}

describe.skipIf(findChromium() === undefined)(
  'someone tries a change on what was recorded',
  { timeout: 90_000 },
  () => {
    let stage: Stage;
    let page: Page;
    let model: Server;
    let modelUrl = '';
    beforeAll(async () => {
      model = modelServer().listen(0, '127.0.0.1');
      await once(model, 'listening');
      modelUrl = `http://127.0.0.1:${(model.address() as AddressInfo).port}/v1`;
      vi.stubEnv('SIGHTLINE_MODEL_NETWORK', '127.0.0.1');
      vi.stubEnv('SIGHTLINE_SECRET', 'a secret of sixteen letters');
      stage = await openStage();
      await sendCalls(stage.urls.otlpHttp);
      await allStored(stage.urls.ui);
      page = await stage.open(`/runs/${traceId}?span=${spanId}`);
    }, 60_000);
    afterAll(async () => {
      vi.unstubAllEnvs();
      await stage?.close();
      model?.close();
    });

    const looksFine = async (): Promise<void> => {
      for (const colorScheme of ['dark', 'light'] as const) {
        await page.emulateMedia({ colorScheme });
        expect(await violations(page)).toEqual([]);
      }
    };

    it('puts the run into a dataset', async () => {
      await page.getByRole('button', { name: 'Add to dataset' }).first().click();
      await page.getByLabel('Dataset, one that is there or a new one').fill('capitals');
      await page.getByRole('dialog').getByRole('button', { name: 'Add', exact: true }).click();
      await page.getByText('1 item added').waitFor();
      await page.getByRole('link', { name: 'Open the dataset' }).click();
      await page.getByRole('cell', { name: 'capital of france' }).waitFor();
      expect(await page.textContent('h1')).toBe('1 dataset with 1 item');
      await idle(page);
      await looksFine();
    });

    it('opens the call in the playground, asks a model of their own, and saves it as a prompt', async () => {
      await page.goto(`${stage.urls.ui}/runs/${traceId}?span=${spanId}`);
      await page.getByRole('link', { name: 'Open in playground' }).click();
      const connection = page.getByRole('form', { name: 'New connection' });
      await connection.getByLabel('Name').fill('local');
      await connection.getByLabel('Address').fill(modelUrl);
      await connection.getByLabel('Or the key itself').fill(key);
      await connection.getByRole('button', { name: 'Save' }).click();
      await connection.waitFor({ state: 'detached' });
      expect(await page.getByLabel('Message 1', { exact: true }).inputValue()).toBe('Answer in capitals.');
      await page.getByLabel('Message 2', { exact: true }).fill('{{question}}');
      await page.getByLabel('{{question}}').fill('capital of spain');
      await page.getByRole('button', { name: 'Ask', exact: true }).first().click();
      await page.getByTestId('answer').getByText('CAPITAL OF SPAIN').waitFor();
      await page.getByText(/1,?000 tokens in|1k tokens in/).waitFor();
      await looksFine();
      await page.getByRole('button', { name: 'Save as prompt' }).click();
      await page.getByLabel('Name of the prompt').fill('capital');
      await page.getByRole('button', { name: 'Save', exact: true }).click();
      await page.getByText('Saved as version 1.').waitFor();
      // A change that makes it worse.
      await page.getByLabel('Message 1', { exact: true }).fill('Answer in capitals, backwards.');
      await page.getByRole('button', { name: 'Save', exact: true }).click();
      await page.getByText('Saved as version 2.').waitFor();
    });

    it('compares the two versions of the prompt', async () => {
      await page.getByRole('link', { name: 'Open', exact: true }).click();
      await page.getByRole('button', { name: 'with v2' }).click();
      await page.locator('.diff-added', { hasText: 'backwards' }).waitFor();
      await idle(page);
      await looksFine();
    });

    it('tries both on the dataset, and sees the regression first', async () => {
      for (const version of ['1', '2']) {
        await page.goto(`${stage.urls.ui}/experiments?dataset=capitals&new=true`);
        const form = page.getByRole('form', { name: 'New experiment' });
        await form.getByRole('combobox', { name: 'Prompt', exact: true }).selectOption('capital');
        await form.getByRole('combobox', { name: 'Version', exact: true }).selectOption(version);
        await form.getByRole('combobox', { name: 'Models asked at', exact: true }).selectOption('local');
        await form.getByLabel('Name', { exact: true }).fill(`version ${version}`);
        await form.getByRole('button', { name: 'Begin' }).click();
        const row = page
          .getByRole('region', { name: 'Experiments' })
          .getByRole('row')
          .filter({ hasText: `version ${version}` });
        await row.filter({ hasText: 'Done' }).waitFor();
        if (version === '1') await row.getByRole('button', { name: 'Pin as baseline' }).click();
      }
      const differences = page.getByRole('region', { name: 'Differences' });
      await differences.getByText('Compared with version 1').waitFor();
      const item = page
        .getByRole('region', { name: 'Items' })
        .getByRole('row')
        .filter({ hasText: 'capital of france' });
      await item.filter({ hasText: 'Worse' }).waitFor();
      await item.getByRole('button').click();
      await page.locator('.diff-added', { hasText: 'SIRAP' }).waitFor();
      await idle(page);
      await looksFine();
    });

    it('goes from a version of the prompt to the runs that used it', async () => {
      await allStored(stage.urls.ui);
      await page.goto(`${stage.urls.ui}/prompts?prompt=capital`);
      const row = page
        .getByRole('region', { name: 'Versions' })
        .getByRole('row')
        .filter({ has: page.getByRole('link', { name: 'v2', exact: true }) });
      await row.getByRole('link', { name: '1', exact: true }).click();
      await page.waitForURL(/\/runs\?/);
      // The run of the experiment over version 2, and not that over version 1.
      const runs = page.locator('.table-item .row-link');
      await runs.first().waitFor();
      await idle(page);
      expect(await runs.count()).toBe(1);
    });

    it('compares the runs of two versions, from the prompt and from the experiments', async () => {
      await page.goto(`${stage.urls.ui}/prompts?prompt=capital&v=2&against=1`);
      await page.getByRole('link', { name: 'Compare their runs' }).click();
      await page.waitForURL(/\/compare\?/);
      await idle(page);
      expect(await page.getByLabel('Prompt and version of A').inputValue()).toBe('capital@2');
      expect(await page.getByLabel('Prompt and version of B').inputValue()).toBe('capital@1');
      expect(await page.textContent('h1')).toMatch(/^A took .* against /);
      await looksFine();
      await page.getByRole('button', { name: 'Compare something else' }).click();
      await page.getByRole('button', { name: 'Two prompt versions' }).click();
      await page.getByLabel('Prompt and version of A').fill('capital@1');
      await page.getByRole('button', { name: 'Compare', exact: true }).click();
      await page.waitForURL(/aPrompt=capital(@|%40)1/);
      await page.goto(`${stage.urls.ui}/experiments?dataset=capitals`);
      for (const name of ['version 1', 'version 2'])
        await page.getByRole('checkbox', { name: `Compare ${name}` }).click();
      await page.getByRole('link', { name: 'Compare their runs' }).click();
      await page.waitForURL(/\/compare\?/);
      await idle(page);
      expect(await page.textContent('h1')).toMatch(/^A took .* against /);
    });

    it('opens a call with an image in the playground, and sends it on', async () => {
      await page.goto(`${stage.urls.ui}/playground?trace=${imageTraceId}&span=${imageSpanId}`);
      await page.getByRole('img', { name: 'image/png of the message' }).waitFor();
      await page.getByRole('button', { name: 'Ask', exact: true }).first().click();
      await page.getByTestId('answer').getByText('WHAT IS IT').waitFor();
      expect(lastAsked).toContain(`data:image/png;base64,${png}`);
      await idle(page);
      await looksFine();
      await page.getByRole('button', { name: 'Remove image 1' }).click();
      await page.getByRole('img', { name: 'image/png of the message' }).waitFor({ state: 'detached' });
    });

    it('finds nothing of a key in the browser', async () => {
      const kept = await page.evaluate(() =>
        JSON.stringify([localStorage, sessionStorage].map((storage) => Object.entries(storage))),
      );
      expect(kept).not.toContain(key);
      const { connections } = (await (
        await fetch(`${stage.urls.ui}/api/v1/playground/connections`)
      ).json()) as {
        connections: unknown[];
      };
      expect(connections).toMatchObject([{ name: 'local', hasKey: true }]);
      expect(JSON.stringify(connections)).not.toContain(key);
    });
  },
);

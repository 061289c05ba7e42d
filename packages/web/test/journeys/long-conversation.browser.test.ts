import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findChromium, idle, openStage, untilStored, type Stage } from '../stage.ts';
import { post } from '../story.ts';

const traceId = 'ce'.repeat(16);
const calls = 150;
const text = (key: string, stringValue: string) => ({ key, value: { stringValue } });
const said = (role: string, content: string) => ({ role, parts: [{ type: 'text', content }] });
const spanId = (number: number) => number.toString(16).padStart(16, '0');
const callId = (call: number) => spanId(2 * call + 2);
const toolId = (call: number) => spanId(2 * call + 3);

/** More turns than the first page of a conversation has. */
describe.skipIf(findChromium() === undefined)('a long conversation', { timeout: 60_000 }, () => {
  let stage: Stage;

  beforeAll(async () => {
    stage = await openStage();
    const start = BigInt(Date.now() - 600_000) * 1_000_000n;
    const span = (id: string, atMs: number, attributes: readonly unknown[]) => ({
      traceId,
      spanId: id,
      ...(id === spanId(1) ? {} : { parentSpanId: spanId(1) }),
      name: 'step',
      kind: 3,
      startTimeUnixNano: String(start + BigInt(atMs) * 1_000_000n),
      endTimeUnixNano: String(start + BigInt(atMs + (id === spanId(1) ? 300_000 : 5)) * 1_000_000n),
      attributes,
    });
    const history: unknown[] = [];
    const spans = Array.from({ length: calls }, (_, call) => {
      history.push(said('user', `Question ${call}.`));
      const tool = { type: 'tool_call', id: `c${call}`, name: 'look', arguments: { call } };
      const answer = { role: 'assistant', parts: [...said('', `Answer ${call}.`).parts, tool] };
      const both = [
        span(callId(call), call * 1000 + 10, [
          text('gen_ai.operation.name', 'chat'),
          text('gen_ai.request.model', 'm'),
          text('gen_ai.input.messages', JSON.stringify(history)),
          text('gen_ai.output.messages', JSON.stringify([answer])),
        ]),
        span(toolId(call), call * 1000 + 100, [
          text('gen_ai.operation.name', 'execute_tool'),
          text('gen_ai.tool.name', 'look'),
          text('gen_ai.tool.call.id', `c${call}`),
          text('gen_ai.tool.call.result', JSON.stringify({ seen: call })),
        ]),
      ];
      history.push(answer, {
        role: 'tool',
        parts: [{ type: 'tool_call_response', id: `c${call}`, response: { seen: call } }],
      });
      return both;
    }).flat();
    const agent = span(spanId(1), 0, [text('gen_ai.operation.name', 'invoke_agent')]);
    await post(stage.urls.otlpHttp, 'traces', {
      resourceSpans: [
        {
          resource: { attributes: [text('service.name', 'long')] },
          scopeSpans: [{ spans: [agent, ...spans] }],
        },
      ],
    });
    await untilStored(stage.urls.ui, traceId, 2 * calls + 1);
  }, 60_000);
  afterAll(async () => stage.close());

  const open = async (span: string): Promise<Page> => {
    const page = await stage.open(`/runs/${traceId}?view=conversation&span=${span}`);
    await page.getByTestId('conversation').waitFor();
    return page;
  };
  const rows = async (page: Page): Promise<number> =>
    Number(await page.getByTestId('conversation').getAttribute('data-rows'));

  it('opens at a call behind its first page', async () => {
    const page = await open(callId(140));
    await page.locator('.turn-head.is-selected').waitFor();
    expect(await page.getByTestId('conversation').textContent()).toContain('Answer 140.');
    await page.close();
  });

  it('opens at the call of a tool behind its first page', async () => {
    const page = await open(toolId(145));
    await expect
      .poll(async () => page.getByTestId('conversation').textContent(), { timeout: 10_000 })
      .toContain('Answer 145.');
    await page.close();
  });

  it('says no more than its first page where nothing of the rest is asked for, and goes on where one reads on', async () => {
    const page = await open(callId(3));
    await page.locator('.turn-head.is-selected').waitFor();
    await idle(page);
    const first = await rows(page);
    const conversation = page.getByTestId('conversation');
    await conversation.evaluate((element) => element.scrollTo(0, element.scrollHeight));
    await expect.poll(async () => rows(page), { timeout: 10_000 }).toBeGreaterThan(first);
    await idle(page);
    // What is loaded does not go back to what is selected.
    expect(await page.locator('.turn-head.is-selected').count()).toBe(0);
    await conversation.evaluate((element) => element.scrollTo(0, element.scrollHeight));
    await expect
      .poll(async () => conversation.textContent(), { timeout: 10_000 })
      .toContain(`Answer ${calls - 1}.`);
    await page.close();
  });

  it('shows the whole prompt of a call behind its first page, and what is new in it', async () => {
    const page = await open(callId(149));
    const turn = page.locator('.turn-head.is-selected');
    await turn.waitFor();
    await turn
      .getByRole('button', { name: /prompt/i })
      .first()
      .click();
    await idle(page);
    await expect
      .poll(async () => page.getByTestId('conversation').textContent(), { timeout: 10_000 })
      .toContain('Question 0.');
    await page.close();
  });
});

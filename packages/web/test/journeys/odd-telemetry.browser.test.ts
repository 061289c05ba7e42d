import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findChromium, idle, openStage, untilStored, type Stage } from '../stage.ts';
import { post } from '../story.ts';

const traceId = 'bd'.repeat(16);
const text = (key: string, stringValue: string) => ({ key, value: { stringValue } });
const int = (key: string, intValue: number) => ({ key, value: { intValue: String(intValue) } });

const longTraceId = 'be'.repeat(16);
const longName = 'a_name_that_nobody_shortened_'.repeat(6);

/** Twelve minutes of an agent, a model and a tool with long names, an answer in Arabic and no price. */
function longRun(start: bigint): object {
  const span = (id: string, name: string, attributes: object[]) => ({
    traceId: longTraceId,
    spanId: id.repeat(8),
    parentSpanId: id === 'a1' ? '' : 'a1'.repeat(8),
    name,
    kind: 3,
    startTimeUnixNano: String(start),
    endTimeUnixNano: String(start + 764_000_000_000n),
    attributes,
  });
  const spans = [
    span('a1', `invoke_agent ${longName}`, [
      text('gen_ai.operation.name', 'invoke_agent'),
      text('gen_ai.agent.name', longName),
      text('gen_ai.conversation.id', longName),
      text('user.id', longName),
    ]),
    span('a2', 'chat', [
      text('gen_ai.operation.name', 'chat'),
      text('gen_ai.provider.name', 'anthropic'),
      text('gen_ai.request.model', 'claude-of-the-house-20260217-v1'),
      text(
        'gen_ai.output.messages',
        JSON.stringify([{ role: 'assistant', parts: [{ type: 'text', content: 'عاصمة فرنسا هي باريس.' }] }]),
      ),
      int('gen_ai.usage.input_tokens', 10),
      int('gen_ai.usage.output_tokens', 5),
    ]),
    span('a3', `execute_tool ${longName}`, [
      text('gen_ai.operation.name', 'execute_tool'),
      text('gen_ai.tool.name', longName),
    ]),
  ];
  return {
    resourceSpans: [{ resource: { attributes: [text('service.name', longName)] }, scopeSpans: [{ spans }] }],
  };
}

describe.skipIf(findChromium() === undefined)('a run whose telemetry is odd', { timeout: 60_000 }, () => {
  let stage: Stage;

  beforeAll(async () => {
    stage = await openStage();
    const start = BigInt(Date.now() - 60_000) * 1_000_000n;
    const span = (id: string, parent: string, input: string, atMs: bigint) => ({
      traceId,
      spanId: id.repeat(8),
      parentSpanId: parent.repeat(8),
      name: 'chat model-nobody-knows',
      kind: 3,
      startTimeUnixNano: String(start + atMs * 1_000_000n),
      endTimeUnixNano: String(start + (atMs + 5n) * 1_000_000n),
      attributes: [
        text('gen_ai.operation.name', 'chat'),
        text('gen_ai.request.model', 'model-nobody-knows'),
        text('gen_ai.input.messages', input),
        text(
          'gen_ai.output.messages',
          JSON.stringify([{ role: 'assistant', parts: [{ type: 'hologram', shape: 'cube' }] }]),
        ),
        int('gen_ai.usage.input_tokens', 10),
        int('gen_ai.usage.output_tokens', 5),
      ],
    });
    const long = JSON.stringify([
      { role: 'user', parts: [{ type: 'text', content: `begin ${'x'.repeat(1_000_000)} end` }] },
    ]);
    await post(stage.urls.otlpHttp, 'traces', {
      resourceSpans: [
        {
          resource: { attributes: [text('service.name', 'odd')] },
          scopeSpans: [
            { spans: [span('01', '0f', '[{"role":"user", broken', 0n), span('02', '0f', long, 2000n)] },
          ],
        },
      ],
    });
    await untilStored(stage.urls.ui, traceId, 2);
    await post(stage.urls.otlpHttp, 'traces', longRun(start - 1_800_000_000_000n));
    await untilStored(stage.urls.ui, longTraceId, 3);
  }, 60_000);
  afterAll(async () => stage.close());

  it('says what is odd, and shows what nobody can read as it came', async () => {
    const page = await stage.open(`/runs/${traceId}?view=conversation`);
    const problems = page.locator('.run-problems');
    await problems.waitFor();
    const more = problems.getByRole('button', { name: /^and \d other/ });
    if ((await more.count()) > 0) await more.click();
    expect(await problems.textContent()).toMatch(/parent/i);
    expect(await problems.textContent()).toMatch(/price/i);
    const conversation = page.getByTestId('conversation');
    expect(await conversation.textContent()).toContain('broken');
    expect(await conversation.textContent()).toContain('hologram');
    await page.close();
  });

  it('shows the beginning of a megabyte, and all of it for the asking', async () => {
    const page = await stage.open(`/runs/${traceId}?view=conversation`);
    const load = page.getByRole('button', { name: 'Load all of it' }).first();
    await load.click();
    await idle(page);
    await expect
      .poll(async () => page.locator('.message-plain').first().textContent(), { timeout: 10_000 })
      .toMatch(/x end$/);
    await page.close();
  });

  it('lets words run the way they are written', async () => {
    const page = await stage.open(`/runs/${longTraceId}?view=conversation`);
    const words = page.locator('.markdown p', { hasText: 'باريس' });
    const stopIsLeft = await words.evaluate((paragraph) => {
      const text = paragraph.firstChild as Text;
      const place = (at: number): number => {
        const range = document.createRange();
        range.setStart(text, at);
        range.setEnd(text, at + 1);
        return range.getBoundingClientRect().left;
      };
      return place(text.length - 1) < place(0);
    });
    expect(stopIsLeft).toBe(true);
    await page.close();
  });

  it('keeps every value of a list in its row, however long', async () => {
    for (const path of ['/users', '/models', '/sessions', '/agents', '/tools']) {
      const page = await stage.open(path);
      await page.locator('.table-item').first().waitFor();
      const tall = await page
        .locator('.table-item .table-cell')
        .evaluateAll(
          (cells) =>
            cells.filter((cell) => cell.scrollHeight > (cell.parentElement?.clientHeight ?? 0)).length,
        );
      expect(`${path} ${tall}`).toBe(`${path} 0`);
      const beyond = await page
        .locator('.table-scroll')
        .evaluate((list) => list.scrollWidth - list.clientWidth);
      expect(`${path} ${beyond}`).toBe(`${path} 0`);
      await page.close();
    }
  });

  it('names the provider of a model as a whole or not at all', async () => {
    const page = await stage.open('/models');
    const providers = page.locator('.name-and-more > .faint');
    expect(await providers.count()).toBeGreaterThan(0);
    for (const provider of await providers.all()) {
      const isWhole = await provider.evaluate((shown) => {
        const line = shown.parentElement?.getBoundingClientRect();
        const place = shown.getBoundingClientRect();
        const isSeen = line !== undefined && place.top < line.bottom;
        return !isSeen || shown.scrollWidth <= shown.clientWidth;
      });
      expect(isWhole).toBe(true);
    }
    await page.close();
  });

  it('keeps a long name on a phone', async () => {
    const page = await stage.open(`/runs/${longTraceId}`, { viewport: { width: 390, height: 844 } });
    const beyond = await page
      .locator('.page-answer')
      .evaluate((head) =>
        Math.max(...[head, ...head.children].map((each) => each.getBoundingClientRect().right)),
      );
    expect(beyond).toBeLessThanOrEqual(390);
    await page.close();
  });

  it('does not call late what came hours after it happened, but all at once', async () => {
    const page = await stage.open(`/runs/${longTraceId}`);
    const problems = page.locator('.run-problems');
    expect(await problems.locator('li').first().textContent()).toMatch(/price/);
    expect(await problems.textContent()).not.toMatch(/ten minutes after|other thing/);
    await page.close();
  });

  it('asks what was meant by a field that nobody knows, where nothing was found', async () => {
    const page = await stage.open('/runs?q=' + encodeURIComponent(`agnet:${longName}`));
    await page.getByRole('button', { name: `agent:${longName}` }).click();
    await idle(page);
    expect(new URL(page.url()).searchParams.get('q')).toBe(`agent:${longName}`);
    await page.locator('.table-item').first().waitFor();
    await page.close();
  });

  it('never shows an unknown price as nothing', async () => {
    const page = await stage.open(`/runs/${traceId}?view=cost`);
    expect(await page.locator('.cost-sentence').textContent()).toMatch(/^The cost is unknown/);
    expect(await page.locator('.cost-steps').textContent()).not.toContain('$0');
    await page.goto(`${stage.urls.ui}/runs`);
    await idle(page);
    expect(await page.locator('.table-cell[data-column="costUsd"]').first().textContent()).toBe('unknown');
    await page.close();
  });
});

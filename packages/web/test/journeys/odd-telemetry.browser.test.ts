import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findChromium, idle, openStage, untilStored, type Stage } from '../stage.ts';
import { post } from '../story.ts';

const traceId = 'bd'.repeat(16);
const text = (key: string, stringValue: string) => ({ key, value: { stringValue } });
const int = (key: string, intValue: number) => ({ key, value: { intValue: String(intValue) } });

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

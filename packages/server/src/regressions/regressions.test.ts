import { setTimeout as delay } from 'node:timers/promises';
import type { Deploy, RegressionLook, RegressionsResponse } from '@sightline/schema/api';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { hexId, type SpanInput, tracesRequest } from '../query/testing/otlp-json.ts';
import { LiveServer } from '../testing/live-server.ts';

vi.setConfig({ testTimeout: 120_000 });

let server: LiveServer;
const minuteMs = 60_000;
const beganMs = Math.floor(Date.now() / minuteMs) * minuteMs;
let spanNumber = 0;
let seed = 24;

/** Calls of each of these minutes (ago), with a median that wanders. */
function calls(
  name: string,
  {
    from,
    to,
    ms,
    failed = 0,
    slow = 0,
    aMinute = 6,
  }: { from: number; to: number; ms: number; failed?: number; slow?: number; aMinute?: number },
): SpanInput[] {
  return Array.from({ length: from - to }, (_each, index) =>
    Array.from({ length: aMinute }, (_call, place) => {
      spanNumber++;
      seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
      const wave = 1 + 0.2 * (seed / 2 ** 32 - 0.5);
      return {
        traceId: hexId(32, spanNumber),
        spanId: hexId(16, spanNumber),
        name,
        startNanos: BigInt(Math.round(beganMs - (from - index) * minuteMs + place * 9_000)) * 1_000_000n,
        durationNanos: BigInt(Math.round(ms * (place < slow ? 4 : 1) * wave * 1e6)),
        status: { code: place < failed ? 2 : 0 },
      };
    }),
  ).flat();
}

/** Two runs of each of these minutes (ago), each of which asks a model once. */
function answers({ from, to, tokens }: { from: number; to: number; tokens: number }): SpanInput[] {
  return calls('answer', { from, to, ms: 400, aMinute: 2 }).map((span, place) => ({
    ...span,
    attributes: {
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': 'gpt-4o',
      'gen_ai.usage.input_tokens': tokens + ((place * 37) % 100),
      'gen_ai.usage.output_tokens': 50,
    },
  }));
}

async function send(service: string, version: string, spans: readonly SpanInput[]): Promise<void> {
  for (let from = 0; from < spans.length; from += 400)
    await server.send(
      'traces',
      tracesRequest(service, spans.slice(from, from + 400), { 'service.version': version }),
    );
}

async function until<T>(read: () => Promise<T | undefined>): Promise<T> {
  const end = Date.now() + 90_000;
  for (;;) {
    const found = await read();
    if (found !== undefined) return found;
    if (Date.now() > end) throw new Error('It does not come.');
    await delay(300);
  }
}

beforeAll(async () => {
  server = await LiveServer.start();
  // Side by side: 1.1 beside 1.0 for 70 minutes, with one of two operations a quarter slower.
  await send('shop', '1.0', [
    ...calls('GET /cart', { from: 100, to: 0, ms: 200 }),
    ...calls('GET /list', { from: 100, to: 0, ms: 300 }),
    ...calls('GET /tail', { from: 100, to: 0, ms: 300 }),
  ]);
  await send('shop', '1.1', [
    ...calls('GET /cart', { from: 70, to: 0, ms: 250 }),
    ...calls('GET /list', { from: 70, to: 0, ms: 300 }),
    ...calls('GET /tail', { from: 70, to: 0, ms: 300, slow: 1 }),
  ]);
  // Side by side: the new prompt is half as long again, and is judged worse.
  const [short, long] = [
    answers({ from: 70, to: 0, tokens: 1_000 }),
    answers({ from: 70, to: 0, tokens: 1_500 }),
  ];
  await send('chat', '5.0', short);
  await send('chat', '5.1', long);
  for (const [spans, value] of [
    [short, 0.9],
    [long, 0.7],
  ] as const)
    await server.ask('/scores', 'POST', {
      scores: spans.map(({ traceId }, place) => ({
        traceId,
        name: 'helpful',
        value: value + (place % 5) / 50,
      })),
    });
  // One after the other: 2.1 follows 2.0, slower by half and with errors.
  await send('mail', '2.0', calls('send', { from: 900, to: 70, ms: 100 }));
  const week = 7 * 24 * 60;
  await send('mail', '1.9', calls('send', { from: week + 900, to: week, ms: 80, aMinute: 2 }));
  await send('mail', '2.1', calls('send', { from: 70, to: 0, ms: 150, failed: 1 }));
});
afterAll(async () => server.close());

const regressions = async (): Promise<RegressionsResponse> =>
  server.read<RegressionsResponse>('/regressions?from=-1d');

describe('deploys', () => {
  it('are seen by their first spans and judged after 15 and 60 minutes, the cell at fault by name', async () => {
    const shop = await until(async () =>
      (await regressions()).deploys.find(
        ({ service, version, looks }) => service === 'shop' && version === '1.1' && looks.length === 2,
      ),
    );
    expect(shop.source).toBe('spans');
    const [last, first] = shop.looks;
    expect([last?.minutes, first?.minutes]).toEqual([60, 15]);
    expect(last?.method).toBe('paired');
    expect(last?.comparedWith).toBe('1.0, in the same minutes');
    const cart = last?.cells.find(({ name, measure }) => name === 'GET /cart' && measure === 'duration');
    expect(cart?.verdict).toBe('regressed');
    expect(cart?.change?.share).toBeCloseTo(0.25, 1);
    expect(
      last?.cells.find(({ name, measure }) => name === 'GET /list' && measure === 'duration')?.verdict,
    ).toBe('no_evidence');
    // One call in six takes four times as long, which the median does not show.
    const tail = (measure: string) =>
      last?.cells.find((cell) => cell.name === 'GET /tail' && cell.measure === measure);
    expect(tail('p95')).toMatchObject({ verdict: 'regressed', method: 'paired' });
    expect(tail('p95')?.change?.after).toBeGreaterThan(1_000);
    expect(tail('duration')?.verdict).toBe('no_evidence');
    // The tail of what became slower as a whole is not told once more.
    expect(last?.regressedByMeasure).toMatchObject({ duration: 1, p95: 1, error_rate: 0 });
    expect(last?.regressed).toBe(2);
    // The link leads to the traces of the version.
    const traces = await server.read<{ traces: unknown[] }>(
      `/traces?${new URLSearchParams(cart?.runs.after).toString()}`,
    );
    expect(traces.traces.length).toBeGreaterThan(10);
  });

  it('are compared with what ran before them, against pairs of earlier windows', async () => {
    const mail = await until(async () =>
      (await regressions()).deploys.find(({ version, looks }) => version === '2.1' && looks.length === 2),
    );
    const [last] = mail.looks;
    expect(last?.method).toBe('before_after');
    const cell = (measure: string) => last?.cells.find((each) => each.measure === measure);
    expect(cell('duration')).toMatchObject({ verdict: 'regressed', calmer: 1 });
    expect(cell('error_rate')).toMatchObject({ verdict: 'regressed' });
    expect(cell('duration')?.text).toMatch(/^\+[45]\d(\.\d)? % \(.*\): .* ms → .* ms$/);
  });

  it('are told of by the API, which counts more than their first spans', async () => {
    const { status, body } = await server.ask('/deploys', 'POST', {
      service: 'shop',
      version: '1.2',
      environment: 'production',
      note: 'faster carts',
    });
    expect([status, body]).toMatchObject([
      200,
      { service: 'shop', version: '1.2', source: 'reported', note: 'faster carts' },
    ]);
    const { deploys } = await server.read<{ deploys: Deploy[] }>('/deploys?service=shop');
    expect(deploys.map(({ version }) => version)).toContain('1.2');
    const mine = (await regressions()).deploys.find(({ version }) => version === '1.2');
    expect(mine).toMatchObject({ looks: [] });
    expect(mine?.nextLook).not.toBeNull();
    expect((await server.ask('/deploys', 'POST', { service: 'shop' })).status).toBe(400);
    expect(
      (await server.ask('/deploys', 'POST', { service: 'shop', version: '1', time: 'soon' })).status,
    ).toBe(400);
  });

  it('are judged by what their runs cost, by tokens and by scores', async () => {
    const look = await until(async () => {
      const now = await server.read<RegressionLook>('/regressions/now?service=chat&after=5.1');
      return now.cells.filter(({ verdict }) => verdict === 'regressed').length === 3 ? now : undefined;
    });
    const cell = (measure: string) => look.cells.find((each) => each.measure === measure);
    expect(cell('cost')).toMatchObject({ name: 'answer', verdict: 'regressed', method: 'beside' });
    expect(cell('tokens')).toMatchObject({ verdict: 'regressed', calls: { before: 130, after: 130 } });
    expect(cell('tokens')?.text).toMatch(/^\+4\d % \(.*\): 1\d\d\d tokens → 1\d\d\d tokens$/);
    expect(cell('score')).toMatchObject({ score: 'helpful', verdict: 'regressed' });
    expect(cell('score')?.text).toMatch(/^−0\.20 \(/);
    const scored = await server.read<{ traces: unknown[] }>(
      `/traces?${new URLSearchParams(cell('score')?.runs.after).toString()}`,
    );
    expect(scored.traces.length).toBeGreaterThan(10);
  });

  it('are compared with the same time last week where that is chosen', async () => {
    const look = await server.read<RegressionLook>(
      '/regressions/now?service=mail&after=2.1&against=last_week',
    );
    expect([look.method, look.comparedWith]).toEqual(['last_week', 'the same time last week']);
    const duration = look.cells.find(({ measure }) => measure === 'duration');
    expect(duration).toMatchObject({ verdict: 'regressed', method: 'before_after', calmer: 1 });
    expect(duration?.change?.before).toBeCloseTo(80, -1);
    expect(duration?.runs.before.q).not.toContain('version');
    const both = await server.ask('/regressions/now?service=mail&after=2.1&against=last_week&before=2.0');
    expect(both.status).toBe(400);
  });

  it('are compared with a baseline that was kept', async () => {
    const made = await server.ask('/baselines', 'POST', {
      name: 'calm mail',
      service: 'mail',
      from: new Date(beganMs - 400 * minuteMs).toISOString(),
      to: new Date(beganMs - 200 * minuteMs).toISOString(),
    });
    expect([made.status, made.body]).toMatchObject([200, { name: 'calm mail', cells: 1 }]);
    const look = await server.read<RegressionLook>(
      '/regressions/now?service=mail&after=2.1&baseline=calm%20mail',
    );
    expect(look.comparedWith).toBe('the baseline calm mail');
    expect(look.cells.find(({ measure }) => measure === 'duration')?.verdict).toBe('regressed');
    expect((await server.ask('/regressions/now?service=mail&after=9', 'GET')).status).toBe(404);
    expect((await server.ask('/baselines/calm%20mail', 'DELETE')).status).toBe(200);
    expect((await server.ask('/baselines/calm%20mail', 'DELETE')).status).toBe(404);
  });

  it('tell rules how many cells regressed, as a metric', async () => {
    // As a rule asks: at an instant. Answers over a range have a point per full minute, which would be waited for.
    const query = 'sightline_deploy_regressed_cells{version="1.1",measure="p95"} == 1';
    await until(async () => {
      const response = await fetch(
        `${server.ui}/prometheus/api/v1/query?${new URLSearchParams({ query }).toString()}`,
      );
      const { data } = (await response.json()) as { data: { result: unknown[] } };
      return data.result.length === 1 ? true : undefined;
    });
  });
});

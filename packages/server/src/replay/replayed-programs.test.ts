/** A run goes on from a step in its middle, in a real program that is connected. */
import type { Replay, ReplayComparison, TraceResponse } from '@sightline/schema/api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RefundShop, until } from './testing/refund-shop.ts';

let shop: RefundShop;
beforeAll(async () => {
  shop = await RefundShop.open();
}, 120_000);
afterAll(async () => shop.close());

async function post<T>(path: string, body: unknown): Promise<T> {
  const answer = await shop.live.ask(path, 'POST', body);
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return answer.body as T;
}

describe('a run that goes on from a step in its middle', () => {
  let traceId = '';
  let spans: TraceResponse['spans'] = [];
  const spanOf = (name: string): string => spans.find((span) => span.name === name)?.spanId ?? '';
  beforeAll(async () => {
    [traceId = ''] = await shop.record([4712]);
    spans = await shop.spansOf(traceId);
    shop.start([]);
    await until(async () => shop.isReady());
  }, 60_000);

  it('has what was before it answered from the recording, and asks with the changes', async () => {
    shop.forget();
    const made = await post<Replay>('/replays', {
      traceId,
      whatIf: {
        spanId: spanOf('chat small'),
        set: { model: 'large', 'messages.0.content': 'Say yes.', temperature: null },
      },
    });
    expect(made.whatIf).toMatchObject({ step: 'chat small', later: 'live' });
    const replay = await shop.ended(made.id);
    expect(replay, JSON.stringify(replay)).toMatchObject({
      state: 'done',
      answer: '{"order":4712,"paid":true}',
      report: null,
    });
    // The order is not looked up and the rates are not read; the model and the payment are real.
    expect(shop.ran()).toEqual(['refund 4712', 'pay 4712']);
    expect(shop.asked).toEqual([
      `/v1/chat/completions ${JSON.stringify({
        model: 'large',
        messages: [
          { role: 'system', content: 'Say yes.' },
          { role: 'user', content: 'Refund 30?' },
        ],
      })}`,
    ]);
    let comparison = await shop.live.read<ReplayComparison>(`/replays/${made.id}/comparison`);
    await until(async () => {
      comparison = await shop.live.read<ReplayComparison>(`/replays/${made.id}/comparison`);
      return comparison.stepsLeftOut === null;
    });
    expect(comparison.steps.find(({ name }) => name.includes('pay'))).toMatchObject({ state: 'added' });
  });

  it('may be given what a tool gives back, and may ask what comes later from the recording', async () => {
    shop.forget();
    const made = await post<Replay>('/replays', {
      traceId,
      whatIf: {
        spanId: spanOf('execute_tool find order'),
        result: { order: 4712, euro: 30 },
        later: 'recorded',
      },
    });
    expect(await shop.ended(made.id)).toMatchObject({
      state: 'failed',
      error: 'RangeError: The model says no.',
    });
    expect([shop.ran(), shop.asked]).toEqual([['refund 4712'], []]);
    const other = await post<Replay>('/replays', {
      traceId,
      whatIf: {
        spanId: spanOf('execute_tool find order'),
        result: { order: 4712, euro: 5 },
        later: 'recorded',
      },
    });
    await shop.ended(other.id);
    // The rates are asked for as before; the prompt is another one, so that the model is asked.
    expect(shop.asked.map((line) => line.split(' ')[0])).toEqual(['/v1/chat/completions']);
    expect(shop.asked[0]).toContain('Refund 5?');
  });

  it('says what is wrong with it', async () => {
    const refused = async (whatIf: object) =>
      (await shop.live.ask('/replays', 'POST', { traceId, whatIf })).body;
    expect(await refused({ spanId: 'f'.repeat(16) })).toMatchObject({ error: { code: 'span_not_found' } });
    expect(await refused({ spanId: 'nowhere' })).toMatchObject({ error: { code: 'bad_request' } });
    expect(await shop.live.ask('/replay-claims/nobody/recording')).toMatchObject({ status: 404 });
    await shop.live.ask('/replay-targets/elsewhere', 'PUT', {
      settings: { kind: 'http', url: 'http://127.0.0.1:9/refund' },
    });
    const served = await shop.live.ask('/replays', 'POST', {
      traceId,
      target: 'elsewhere',
      whatIf: { spanId: spanOf('chat small') },
    });
    expect(served.body).toMatchObject({ error: { hint: expect.stringContaining('--from-span') } });
  });
});

import { setTimeout as delay } from 'node:timers/promises';
import type {
  AlertInstance,
  AlertRule,
  AlertsResponse,
  OutlookResponse,
  TryRuleResponse,
} from '@sightline/schema/api';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { hexId, type SpanInput, tracesRequest } from '../query/testing/otlp-json.ts';
import { LiveServer } from '../testing/live-server.ts';

vi.setConfig({ testTimeout: 120_000 });

let server: LiveServer;
const minuteMs = 60_000;
const beganMs = Date.now();
let spanNumber = 0;

/** A call of this service that ends `minutesAgo`. */
function call(minutesAgo: number, ms: number): SpanInput {
  spanNumber++;
  return {
    traceId: hexId(32, spanNumber),
    spanId: hexId(16, spanNumber),
    startNanos: BigInt(Math.round(beganMs - minutesAgo * minuteMs)) * 1_000_000n,
    durationNanos: BigInt(Math.round(ms * 1e6)),
  };
}

beforeAll(async () => {
  server = await LiveServer.start();
  // Two days of five services, a call each five minutes, of which one is slower than the others all the time, and one jumped to another level.
  for (const [index, service] of ['api', 'search', 'billing', 'mail', 'photos'].entries()) {
    const calls = Array.from({ length: 576 }, (_each, place) => {
      const wave = 100 + 10 * ((place * 7 + index * 3) % 5);
      const factor = service === 'photos' ? 12 : service === 'mail' && place > 400 ? 3 : 1;
      return call((576 - place) * 5 + 2.5, wave * factor);
    });
    for (let from = 0; from < calls.length; from += 200)
      await server.send('traces', tracesRequest(service, calls.slice(from, from + 200)));
  }
  await server.send('traces', tracesRequest('api', [call(7, 8_000)]));
  await server.stored();
});
afterAll(async () => server.close());

async function until<T>(read: () => Promise<T | undefined>): Promise<T> {
  const end = Date.now() + 90_000;
  for (;;) {
    const found = await read();
    if (found !== undefined) return found;
    if (Date.now() > end) throw new Error('It does not come.');
    await delay(200);
  }
}

const value = 'max(duration) by service over 5m';
const outlook = async (more = ''): Promise<OutlookResponse> =>
  until(async () => {
    const answer = await server.read<OutlookResponse>(
      `/outlook?value=${encodeURIComponent(value)}&from=-2d${more}`,
    );
    return answer.seriesCount === 5 ? answer : undefined;
  });

describe('the outlook of a value', () => {
  it('draws what is expected, says what is unusual and why, and where the level changed', async () => {
    const { series, unit, peers } = await outlook('&seriesMax=5');
    expect(unit).toBe('seconds');
    const api = series.find(({ labels }) => labels['service'] === 'api');
    expect(api?.unusual[0]?.text).toMatch(
      /^8\.00 s; expected [\d.]+ ms to [\d.]+ ms, as in the last \d+h; [\d.]+ times the usual distance$/,
    );
    const banded = api?.points.filter(
      ([, , expected, low, high]) => expected !== null && low !== null && high !== null,
    );
    expect(banded?.length).toBeGreaterThan(100);
    const mail = series.find(({ labels }) => labels['service'] === 'mail');
    expect(mail?.shifts).toHaveLength(1);
    expect(mail?.shifts[0]?.text).toMatch(/^level 120 ms → 360 ms/);
    expect(peers.map(({ labels }) => labels['service'])).toContain('photos');
  });

  it('forecasts with a band and with the error it had when it was asked before', async () => {
    const { series } = await outlook('&aheadS=43200&target=1&seriesMax=5');
    const photos = series.find(({ labels }) => labels['service'] === 'photos');
    expect(photos?.forecast?.points.length).toBeGreaterThan(50);
    expect(photos?.forecast?.rounds).toBeGreaterThan(1);
    expect(photos?.forecast?.error).toBeGreaterThanOrEqual(0);
    // It is beyond one second every five minutes: reached with the first point.
    expect(photos?.forecast?.reach?.expected).not.toBeNull();
    const billing = series.find(({ labels }) => labels['service'] === 'billing');
    expect(billing?.forecast?.reach?.text).toBe('not in this time');
  });

  it('refuses what it cannot read with the place of the mistake', async () => {
    const { status, body } = await server.ask(`/outlook?value=${encodeURIComponent('p95(duraton)')}`, 'GET');
    expect(status).toBe(400);
    expect(JSON.stringify(body)).toContain('Did you mean `duration`?');
    expect((await server.ask('/outlook?value=count&sensitivity=extreme', 'GET')).status).toBe(400);
    expect((await server.ask(`/outlook?kind=promql&value=${encodeURIComponent('sum(')}`, 'GET')).status).toBe(
      400,
    );
  });
});

describe('alerts on what is unusual', () => {
  const rule = {
    name: 'Unusually slow',
    query: 'max(duration) by service over 5m anomalous above',
    intervalS: 1,
    delayS: 0,
    severity: 'warning',
  };

  it('would have fired for the one that was unusual, and draw what was expected', async () => {
    await outlook();
    const { status, body } = await server.ask('/alerts/rules/try', 'POST', {
      rule,
      from: '-6h',
      to: 'now',
      seriesMax: 5,
    });
    expect([status, body]).toMatchObject([200, {}]);
    const tried = body as TryRuleResponse;
    const fired = tried.series
      .filter(({ spells }) => spells.length > 0)
      .map(({ labels }) => labels['service']);
    expect(fired).toEqual(['api']);
    expect(tried.series[0]?.expected.some(([, low, high]) => low !== null && high !== null)).toBe(true);
  });

  it('fire, and say what was expected', async () => {
    await server.send(
      'traces',
      tracesRequest('api', [{ ...call(0, 9_000), startNanos: BigInt(Date.now() - 9_100) * 1_000_000n }]),
    );
    const { body } = await server.ask('/alerts/rules', 'POST', rule);
    const { id } = body as AlertRule;
    const alert = await until(async (): Promise<AlertInstance | undefined> => {
      const { alerts } = await server.read<AlertsResponse>(`/alerts?ruleId=${id}&state=firing`);
      return alerts.find(({ labels }) => labels['service'] === 'api');
    });
    expect(alert.summary).toMatch(
      /^Unusually slow for service api: \S+ s \(expected [\d.]+ ms to [\d.]+ ms, .*usual distance\)$/,
    );
    await server.ask(`/alerts/rules/${id}`, 'DELETE');
  });

  it('fire before a value gets somewhere', async () => {
    const { status, body } = await server.ask('/alerts/rules', 'POST', {
      ...rule,
      name: 'Photos become slow',
      query: 'max(duration) where service:photos by service over 5m forecast reaches 1s within 12h',
    });
    expect([status, body]).toMatchObject([200, {}]);
    const { id } = body as AlertRule;
    const alert = await until(async (): Promise<AlertInstance | undefined> => {
      await server.send(
        'traces',
        tracesRequest('photos', [{ ...call(0, 800), startNanos: BigInt(Date.now() - 900) * 1_000_000n }]),
      );
      const { alerts } = await server.read<AlertsResponse>(`/alerts?ruleId=${id}&state=firing`);
      return alerts[0];
    });
    expect(alert.summary).toMatch(/expected there in|it is there now/);
    expect(alert.threshold).toBe(1);
    await server.ask(`/alerts/rules/${id}`, 'DELETE');
  });

  it('are refused in SQL', async () => {
    const { status } = await server.ask('/alerts/rules', 'POST', {
      ...rule,
      name: 'SQL',
      kind: 'sql',
      query: 'SELECT 1 AS value',
      condition: 'anomalous',
    });
    expect(status).toBe(400);
  });
});

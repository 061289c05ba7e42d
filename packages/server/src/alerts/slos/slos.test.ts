import { setTimeout as delay } from 'node:timers/promises';
import type {
  AlertInstance,
  AlertsResponse,
  ImportSlosResponse,
  Slo,
  SloHistoryResponse,
  SlosResponse,
} from '@sightline/schema/api';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { hexId, tracesRequest } from '../../query/testing/otlp-json.ts';
import { LiveServer } from '../../testing/live-server.ts';

// On a busy machine the first look of a rule takes its time.
vi.setConfig({ testTimeout: 120_000 });

let server: LiveServer;
let nowMs: number;
const minuteNanos = 60_000_000_000n;

/** Requests of the last hour: 20 a minute of 100 ms, of which so many fail or take a second. */
async function sendHour(
  service: string,
  per: { readonly failed: number; readonly slow: number },
): Promise<void> {
  const nowNanos = BigInt(nowMs) * 1_000_000n;
  const spans = Array.from({ length: 60 * 20 }, (_, index) => {
    const minute = BigInt(Math.floor(index / 20));
    const place = index % 20;
    const durationNanos = place < per.slow ? 1_000_000_000n : 100_000_000n;
    return {
      traceId: hexId(32, index + service.length * 100_000),
      spanId: hexId(16, index + service.length * 100_000),
      startNanos: nowNanos - (minute + 1n) * minuteNanos - durationNanos + BigInt(place) * 1_000_000n,
      durationNanos,
      status: { code: place >= 20 - per.failed ? 2 : 0 },
    };
  });
  await server.send('traces', tracesRequest(service, spans));
}

async function until<T>(read: () => Promise<T | undefined>): Promise<T> {
  const end = Date.now() + 90_000;
  for (;;) {
    const found = await read();
    if (found !== undefined) return found;
    if (Date.now() > end) throw new Error('It does not come.');
    await delay(200);
  }
}

const make = async (slo: Record<string, unknown>): Promise<Slo> => {
  const { status, body } = await server.ask('/slos', 'POST', slo);
  expect([status, body]).toMatchObject([200, { name: slo['name'] }]);
  return body as Slo;
};

beforeAll(async () => {
  server = await LiveServer.start();
  nowMs = Math.floor(Date.now() / 60_000) * 60_000;
  await sendHour('shop', { failed: 5, slow: 2 });
  await sendHour('calm-one', { failed: 0, slow: 0 });
  await server.stored();
});
afterAll(async () => server.close());

describe('SLOs of a running server', () => {
  it('count availability and latency exactly, and say what is left', async () => {
    const available = await make({
      name: 'Shop answers',
      objective: 0.9,
      indicator: { kind: 'availability', of: 'spans', where: 'service:shop' },
      labels: { team: 'web' },
    });
    expect(available.state).toMatchObject({ good: 900, total: 1200, bad: 300, share: 0.75, status: 'spent' });
    expect(available.state.left).toBeCloseTo(-1.5, 9);
    const [fast] = available.state.burns;
    expect(fast).toMatchObject({ key: 'page_fast', longS: 3600, shortS: 300, factor: 14.4, isHeld: false });
    expect(fast?.long).toBeCloseTo(2.5, 9);
    expect(fast?.short).toBeCloseTo(2.5, 9);
    const latency = await make({
      name: 'Shop is fast',
      objective: 0.99,
      indicator: { kind: 'latency', of: 'spans', where: 'service:shop', withinMs: 100 },
      alerts: 'none',
    });
    // 100 ms is good, what is beyond is not; a sketch could not tell them apart.
    expect(latency.state).toMatchObject({ good: 1080, total: 1200 });
    expect(latency.state.burns.every(({ ruleId }) => ruleId === null)).toBe(true);
    const history = await server.read<SloHistoryResponse>(`/slos/${available.id}/history`);
    expect(history.points.at(-1)?.left).toBeCloseTo(-1.5, 9);
    expect(history.incidents[0]).toMatchObject({ spent: expect.closeTo(2.5, 9) as number });
    const link = history.incidents[0]?.link ?? '';
    expect(link).toMatch(/^\/traces\?q=service%3Ashop\+status%3Aerror&from=/);
    const listed = await server.read<{ spans: unknown[] }>(
      `/spans?${new URLSearchParams(link.slice('/traces?'.length)).toString()}&limit=1`,
    );
    expect(listed.spans).toHaveLength(1);
  });

  it('stand as they stood at a time of the past, by the hours that began before it', async () => {
    const { id } = await make({
      name: 'Shop answered',
      objective: 0.9,
      indicator: { kind: 'availability', of: 'spans', where: 'service:shop' },
      window: { kind: 'rolling', days: 1 },
    });
    const stateAt = async (at: string) =>
      (await server.read<SlosResponse>(`/slos?at=${at}`)).slos.find((one) => one.id === id)?.state;
    const hourMs = Math.floor(nowMs / 3_600_000) * 3_600_000;
    const minutes = 60 - (nowMs - hourMs) / 60_000;
    expect(await stateAt(new Date(hourMs).toISOString())).toMatchObject({
      total: minutes * 20,
      bad: minutes * 5,
      status: 'spent',
      countedTo: expect.stringContaining(new Date(hourMs).toISOString().slice(0, 19)) as string,
    });
    expect(await stateAt('-2d')).toMatchObject({ total: 0, share: null, left: null, status: 'no_data' });
    for (const now of ['now', '-5s', '2100-01-01T00:00:00Z'])
      expect(await stateAt(now)).toMatchObject({ total: 1200, bad: 300 });
    expect((await server.ask('/slos?at=yesterday')).status).toBe(400);
  });

  it('fire where the budget burns in both windows, with traces, and are calm where too few events came', async () => {
    const made = await make({
      name: 'Shop never fails',
      objective: 0.999,
      indicator: { kind: 'availability', of: 'spans', where: 'service:shop' },
      alerts: 'page',
      labels: { team: 'web' },
    });
    await make({
      name: 'Held',
      objective: 0.999,
      indicator: { kind: 'availability', of: 'spans', where: 'service:shop' },
      badEventsMin: 100_000,
      alerts: 'page',
    });
    const ruleId = made.state.burns[0]?.ruleId ?? '';
    const alert = await until<AlertInstance>(
      async () => (await server.read<AlertsResponse>(`/alerts?ruleId=${ruleId}&state=firing`)).alerts[0],
    );
    expect(alert).toMatchObject({
      rule: 'SLO Shop never fails burns fast',
      severity: 'critical',
      labels: { slo: 'Shop never fails', team: 'web' },
      link: '/slos?slo=Shop+never+fails',
    });
    expect(alert.value).toBeCloseTo(250, 6);
    expect(alert.sampleTraces.length).toBe(5);
    const { alerts } = await server.read<AlertsResponse>('/alerts');
    expect(alerts.filter(({ labels }) => labels['slo'] === 'Held')).toEqual([]);
    const { slos } = await server.read<SlosResponse>('/slos');
    const shown = slos.find(({ name }) => name === 'Shop never fails');
    expect(shown?.state.burns[0]).toMatchObject({ isFiring: true });
    // Its rules go with it, and what fires is over.
    expect((await server.ask(`/slos/${made.id}`, 'DELETE')).status).toBe(200);
    expect((await server.ask(`/alerts/rules/${ruleId}`)).status).toBe(404);
    expect((await server.read<AlertsResponse>(`/alerts?ruleId=${ruleId}`)).alerts).toEqual([]);
  });

  it('come from files of OpenSLO and Sloth, and go out as ours', async () => {
    const openslo = `apiVersion: openslo/v1
kind: SLI
metadata: { name: answers }
spec:
  ratioMetric:
    counter: true
    good: { metricSource: { type: Prometheus, spec: { query: 'sum(http_requests_total{code=~"2.."})' } } }
    total: { metricSource: { type: Prometheus, spec: { query: sum(http_requests_total) } } }
---
apiVersion: openslo/v1
kind: SLO
metadata: { name: web, displayName: Web answers }
spec:
  service: web
  indicatorRef: answers
  timeWindow: [{ duration: 1M, isRolling: false, calendar: { timeZone: Europe/Berlin } }]
  objectives: [{ target: 0.99 }]
`;
    const imported = await server.ask('/slos/import', 'POST', { text: openslo });
    expect(imported).toMatchObject({ status: 200, body: { format: 'openslo', applied: true, problems: [] } });
    const { slos } = await server.read<SlosResponse>('/slos');
    expect(slos.find(({ name }) => name === 'Web answers')).toMatchObject({
      window: { kind: 'calendar', unit: 'month', timeZone: 'Europe/Berlin' },
      indicator: {
        good: 'sum(rate(http_requests_total{code=~"2.."}[$window]))',
        total: 'sum(rate(http_requests_total[$window]))',
      },
      state: { status: 'no_data', problem: null },
    });
    const { text } = await server.read<{ text: string }>('/slos/export');
    const same = await server.ask('/slos/import', 'POST', { text, prune: true });
    const body = same.body as ImportSlosResponse;
    expect(body.changes.map(({ action }) => action)).toEqual(slos.map(() => 'same'));
  });

  it.each([
    [{ name: 'a', objective: 1.5, indicator: { kind: 'availability' } }, 'bad_request', /objective/],
    [
      { name: 'a', objective: 0.9, indicator: { kind: 'availability', where: 'service:' } },
      'bad_filter',
      /column/,
    ],
    [
      { name: 'a', objective: 0.9, indicator: { kind: 'availability', of: 'logs' } },
      'bad_slo',
      /do not fail/,
    ],
    [
      { name: 'a', objective: 0.9, indicator: { kind: 'promql', badShare: 'sum(' } },
      'bad_slo',
      /parse error/,
    ],
    [
      {
        name: 'a',
        objective: 0.9,
        indicator: { kind: 'availability' },
        window: { kind: 'calendar', unit: 'week', timeZone: 'Mars' },
      },
      'bad_slo',
      /time zone/,
    ],
    [{ name: 'Shop answers', objective: 0.9, indicator: { kind: 'availability' } }, 'bad_slo', /already/],
  ])('refuse %j', async (slo, code, message) => {
    const { status, body } = await server.ask('/slos', 'POST', slo);
    expect([status, body]).toMatchObject([400, { error: { code } }]);
    expect(JSON.stringify(body)).toMatch(message);
  });
});

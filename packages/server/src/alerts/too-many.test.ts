import { setTimeout as delay } from 'node:timers/promises';
import type { AlertRule, AlertsResponse } from '@sightline/schema/api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { keyValues, metricsRequest } from '../query/testing/otlp-json.ts';
import { LiveServer } from '../testing/live-server.ts';

const labelSets = 10_000;

describe('a rule whose answer has 10,000 label sets', { timeout: 120_000 }, () => {
  let server: LiveServer;
  beforeAll(async () => {
    server = await LiveServer.start();
    const timeUnixNano = String(BigInt(Date.now()) * 1_000_000n);
    const dataPoints = Array.from({ length: labelSets }, (_, index) => ({
      timeUnixNano,
      asDouble: 1,
      attributes: keyValues({ user: `user-${index}` }),
    }));
    await server.send('metrics', metricsRequest('shop', [{ name: 'queue_depth', gauge: { dataPoints } }]));
    await server.stored();
  }, 60_000);
  afterAll(async () => server.close());

  it('fires one alert, which says that there are too many', async () => {
    const { body } = await server.ask('/alerts/rules', 'POST', {
      name: 'Queues are deep',
      kind: 'promql',
      query: 'queue_depth > 0',
      intervalS: 1,
    });
    const { id } = body as AlertRule;
    const end = Date.now() + 60_000;
    for (;;) {
      const { alerts } = await server.read<AlertsResponse>(`/alerts?ruleId=${id}&limit=1000`);
      expect(alerts.length).toBeLessThanOrEqual(1);
      const [only] = alerts;
      if (only !== undefined) {
        expect(only).toMatchObject({
          reason: 'too_many',
          state: 'firing',
          summary: 'Queues are deep: more label sets meet it than are kept',
        });
        break;
      }
      expect(Date.now()).toBeLessThan(end);
      await delay(200);
    }
    const rule = await server.read<AlertRule>(`/alerts/rules/${id}`);
    expect(rule.state).toMatchObject({ health: 'ok', tooMany: true });
  });
});

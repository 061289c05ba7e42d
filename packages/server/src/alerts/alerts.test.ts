import { setTimeout as delay } from 'node:timers/promises';
import type { AlertHistoryResponse, AlertInstance, AlertRule, AlertsResponse } from '@sightline/schema/api';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { hexId, tracesRequest } from '../query/testing/otlp-json.ts';
import { LiveServer } from '../testing/live-server.ts';

// Ticks and windows take their time, and on a busy machine more.
vi.setConfig({ testTimeout: 120_000 });

let server: LiveServer;

beforeAll(async () => {
  server = await LiveServer.start();
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

async function sendSpans(service: string, ids: readonly number[], isError: boolean): Promise<void> {
  const nowNanos = BigInt(Date.now()) * 1_000_000n;
  const spans = ids.map((id) => ({
    traceId: hexId(32, id),
    spanId: hexId(16, id),
    startNanos: nowNanos - 10_000_000n,
    durationNanos: 5_000_000n,
    status: { code: isError ? 2 : 0 },
  }));
  await server.send('traces', tracesRequest(service, spans));
}

const alerts = async (query = ''): Promise<AlertsResponse> => server.read<AlertsResponse>(`/alerts${query}`);
const history = async (ruleId: string): Promise<string[]> =>
  (await server.read<AlertHistoryResponse>(`/alerts/history?ruleId=${ruleId}`)).events
    .map(({ kind }) => kind)
    .toReversed();
const firing = async (ruleId: string): Promise<AlertInstance> =>
  until(async () => (await alerts(`?ruleId=${ruleId}&state=firing`)).alerts[0]);

/** What the log channel wrote. */
const messages = (): string[] =>
  server
    .stderr()
    .split('\n')
    .flatMap((line) => /"alert":\{.*"msg":"([^"]+)"/.exec(line)?.[1] ?? []);

describe('alerts of a running server', () => {
  it('begin with the shipped rules', async () => {
    const { rules } = await until(async () => {
      const answer = await server.read<{ rules: AlertRule[] }>('/alerts/rules');
      return answer.rules.length > 0 ? answer : undefined;
    });
    expect(rules.map(({ name, shipped }) => [name, shipped])).toEqual([
      ['Call over 30 s', true],
      ['Error rate over 5 %', true],
      ['Run over 600 s', true],
      ['Step over 120 s', true],
      ['Workflow over $1.00', true],
      ['sightline_watchdog', true],
    ]);
  });

  it('fire, are acknowledged, recover, and tell of it once', async () => {
    const { status, body } = await server.ask('/alerts/rules', 'POST', {
      name: 'Errors of shop',
      query: 'error_rate where service:shop by service over 12s > 10%',
      intervalS: 1,
      delayS: 0,
      severity: 'critical',
      labels: { team: 'web' },
      annotations: { summary: '{{ labels.service }} fails: {{ value }}' },
      noData: { policy: 'ok' },
    });
    expect([status, body]).toMatchObject([200, { name: 'Errors of shop' }]);
    const { id } = body as AlertRule;
    await sendSpans('shop', [1, 2], true);
    const alert = await firing(id);
    expect(alert).toMatchObject({
      severity: 'critical',
      labels: { service: 'shop', team: 'web', alertname: 'Errors of shop', severity: 'critical' },
      summary: 'shop fails: 100 %',
      value: 1,
      threshold: 0.1,
      unit: 'ratio',
      acknowledged: null,
    });
    expect(alert.sampleTraces.toSorted()).toEqual([hexId(32, 1), hexId(32, 2)]);
    const acknowledged = await server.ask(`/alerts/${alert.id}/acknowledge`, 'POST', {
      who: 'Ada',
      comment: 'on it',
    });
    expect(acknowledged.body).toMatchObject({ acknowledged: { who: 'Ada', comment: 'on it' } });
    await until(async () => ((await alerts(`?ruleId=${id}`)).alerts.length === 0 ? true : undefined));
    expect(await history(id)).toEqual(expect.arrayContaining(['firing', 'acknowledged', 'resolved']));
    await until(async () => (messages().includes('Firing: Errors of shop') ? true : undefined));
    const timeline = await server.read<{ instances: { spells: { state: string; to: string | null }[] }[] }>(
      `/alerts/rules/${id}/timeline`,
    );
    expect(timeline.instances[0]?.spells).toMatchObject([{ state: 'firing', to: expect.any(String) }]);
    expect(messages().filter((title) => title === 'Firing: Errors of shop')).toHaveLength(1);
  });

  it('are silenced, and then nobody is told', async () => {
    const preview = await server.ask('/alerts/silences/preview', 'POST', { matchers: 'alertname:Quiet*' });
    expect(preview.body).toMatchObject({ count: 0, rules: [] });
    const made = await server.ask('/alerts/silences', 'POST', {
      matchers: 'alertname:Quiet*',
      endsAt: '+1h',
      who: 'Ada',
    });
    expect(made.body).toMatchObject({ state: 'active', hits: 0 });
    const { body } = await server.ask('/alerts/rules', 'POST', {
      name: 'Quiet one',
      kind: 'promql',
      query: 'vector(7) > 5',
      intervalS: 1,
    });
    const alert = await firing((body as AlertRule).id);
    expect(alert).toMatchObject({ value: 7, silencedBy: [(made.body as { id: string }).id] });
    await delay(1_500);
    expect(messages().filter((title) => title.includes('Quiet'))).toEqual([]);
    // Ended, it is told.
    await server.ask(`/alerts/silences/${(made.body as { id: string }).id}`, 'DELETE');
    await until(async () => (messages().includes('Firing: Quiet one') ? true : undefined));
    await server.ask(`/alerts/rules/${(body as AlertRule).id}`, 'DELETE');
  });

  it('go on where they were after a power cut, and tell nobody again', async () => {
    const { body } = await server.ask('/alerts/rules', 'POST', {
      name: 'Lasting',
      kind: 'promql',
      query: 'vector(1)',
      intervalS: 1,
    });
    const { id } = body as AlertRule;
    const before = await firing(id);
    await until(async () => (messages().includes('Firing: Lasting') ? true : undefined));
    await delay(500);
    await server.kill();
    await server.startAgain();
    const rule = async (): Promise<AlertRule> => server.read<AlertRule>(`/alerts/rules/${id}`);
    const at = Date.now();
    await until(async () => (Date.parse((await rule()).state.lastEvaluatedAt ?? '') > at ? true : undefined));
    // 5 s on a machine that does nothing else.
    expect(Date.now() - at).toBeLessThan(20_000);
    const after = await firing(id);
    expect([after.id, after.activeSince]).toEqual([before.id, before.activeSince]);
    expect((await history(id)).filter((kind) => kind !== 'missed')).toEqual(['firing']);
    expect(messages().filter((title) => title.includes('Lasting'))).toEqual([]);
  });

  it('say what is wrong with a rule, at its place', async () => {
    const bad = await server.ask('/alerts/rules', 'POST', { name: 'Bad', query: 'p95(duraton) > 3s' });
    expect(bad).toMatchObject({
      status: 400,
      body: {
        error: { code: 'bad_rule', hint: expect.stringContaining('Did you mean `duration`?') as string },
      },
    });
    const check = await server.ask('/alerts/rules/check', 'POST', { query: 'p95(duraton) > 3s' });
    expect(check.body).toMatchObject({
      problem: { column: 5, caret: 'p95(duraton) > 3s\n    ^' },
      meaning: null,
    });
    const right = await server.ask('/alerts/rules/check', 'POST', { query: 'error_rate > 5%' });
    expect(right.body).toMatchObject({
      problem: null,
      meaning: { unit: 'ratio', threshold: 0.05, windowS: 300 },
    });
    const promql = await server.ask('/alerts/rules/check', 'POST', { kind: 'promql', query: 'rate(x)' });
    expect(promql.body).toMatchObject({ problem: { column: 6 } });
    const sql = await server.ask('/alerts/rules', 'POST', {
      name: 'Bad',
      kind: 'sql',
      query: 'SELECT 1 AS x',
      condition: '> 1',
    });
    expect(sql).toMatchObject({ status: 400, body: { error: { code: 'bad_sql' } } });
    const matchers = await server.ask('/alerts/silences/preview', 'POST', { matchers: 'severity>critical' });
    expect(matchers).toMatchObject({ status: 400, body: { error: { code: 'bad_filter' } } });
  });

  it('are tried on history before they are saved', async () => {
    await sendSpans('tried', [50, 51], true);
    await server.stored();
    const tried = await server.ask('/alerts/rules/try', 'POST', {
      rule: { name: 'x', query: 'error_rate where service:tried by service over 10s > 10%', intervalS: 10 },
      from: '-10m',
      to: '+1m',
    });
    expect(tried).toMatchObject({
      status: 200,
      body: {
        firedCount: 1,
        summary: 'would have fired once in 11 minutes',
        stepS: 10,
        series: [{ labels: { service: 'tried' } }],
      },
    });
  });

  it('are where Prometheus has them', async () => {
    const ask = async (path: string): Promise<unknown> =>
      (await fetch(`${server.ui}/prometheus/api/v1${path}`)).json();
    expect(await ask('/alerts')).toMatchObject({
      status: 'success',
      data: {
        alerts: [{ labels: { alertname: 'Lasting', severity: 'warning' }, state: 'firing', value: '1e+00' }],
      },
    });
    expect(await ask('/rules?type=alert&rule_name[]=Lasting')).toMatchObject({
      status: 'success',
      data: {
        groups: [
          {
            rules: [
              {
                name: 'Lasting',
                query: 'vector(1)',
                state: 'firing',
                type: 'alerting',
                health: 'ok',
                alerts: [{ state: 'firing' }],
              },
            ],
          },
        ],
      },
    });
  });

  it('come from rule files of Prometheus and go back to them, with what they record', async () => {
    const text = `groups:
  - name: example
    interval: 1s
    limit: 3
    labels:
      written_first: "2"
    rules:
      - record: job:up:count
        expr: count(vector(1))
        labels:
          from: rules
      - alert: HighOne
        expr: vector(2) > 1
        for: 1s
        labels:
          severity: page
        annotations:
          summary: value is {{ $value | printf "%.2f" }}
          dashboard: https://example.test/d/1
`;
    const dry = await server.ask('/alerts/rules/import', 'POST', {
      format: 'prometheus',
      text,
      apply: false,
    });
    expect(dry.body).toMatchObject({
      applied: false,
      problems: [],
      changes: [
        { name: 'job:up:count', action: 'create' },
        { name: 'HighOne', action: 'create' },
      ],
    });
    expect(
      (await server.ask('/alerts/rules/import', 'POST', { format: 'prometheus', text })).body,
    ).toMatchObject({ applied: true });
    const again = await server.ask('/alerts/rules/import', 'POST', {
      format: 'prometheus',
      text,
      apply: false,
    });
    expect(again.body).toMatchObject({ changes: [{ action: 'same' }, { action: 'same' }] });
    const { text: out } = await server.read<{ text: string }>('/alerts/rules/export?format=prometheus');
    const back = await server.ask('/alerts/rules/import', 'POST', {
      format: 'prometheus',
      text: out,
      apply: false,
    });
    const ofFile = (back.body as { changes: { name: string; action: string }[] }).changes.filter(({ name }) =>
      ['job:up:count', 'HighOne'].includes(name),
    );
    expect(ofFile.map(({ action }) => action)).toEqual(['same', 'same']);
    const { alerts: all } = await until(async () => {
      const found = await alerts('?state=firing');
      return found.alerts.some(({ rule }) => rule === 'HighOne') ? found : undefined;
    });
    expect(all.find(({ rule }) => rule === 'HighOne')).toMatchObject({
      severity: 'critical',
      labels: { severity: 'page', written_first: '2' },
      summary: 'value is 2.00',
    });
    const recorded = async (): Promise<unknown[]> =>
      (
        (await (await fetch(`${server.ui}/prometheus/api/v1/query?query=job:up:count`)).json()) as {
          data: { result: unknown[] };
        }
      ).data.result;
    await until(async () => ((await recorded()).length > 0 ? true : undefined));
    expect((await recorded())[0]).toMatchObject({ metric: { __name__: 'job:up:count', from: 'rules' } });
    const wrong = await server.ask('/alerts/rules/import', 'POST', {
      format: 'prometheus',
      text: text.replace('vector(2) > 1', 'vector(2) >'),
    });
    expect(wrong.body).toMatchObject({
      applied: false,
      problems: [{ place: 'line 12', caret: expect.stringContaining('^') as string }],
    });
  });

  it('are asked for in PromQL as ALERTS, by what the rules did', async () => {
    const prometheus = async <T>(path: string, parameters: Record<string, string> = {}): Promise<T> => {
      const url = `${server.ui}/prometheus/api/v1${path}?${new URLSearchParams(parameters).toString()}`;
      const answer = (await (await fetch(url)).json()) as { data: T; error?: string };
      expect(answer.error).toBeUndefined();
      return answer.data;
    };
    type Vector = { result: { metric: Record<string, string>; value: [number, string] }[] };
    const at = async (query: string, ms = Date.now()) =>
      (await prometheus<Vector>('/query', { query, time: String(ms / 1000) })).result.map(
        ({ metric, value }): Record<string, string> => ({ ...metric, value: value[1] }),
      );
    const { rules } = await server.read<{ rules: AlertRule[] }>('/alerts/rules');
    const when = async (name: string, kind: string): Promise<number> => {
      const { id = '' } = rules.find((rule) => rule.name === name) ?? {};
      const { events } = await server.read<AlertHistoryResponse>(`/alerts/history?ruleId=${id}`);
      return Date.parse(events.findLast((event) => event.kind === kind)?.time ?? '');
    };

    const fired = await when('Errors of shop', 'firing');
    const resolved = await when('Errors of shop', 'resolved');
    const shop = 'ALERTS{alertname="Errors of shop"}';
    const labels = { alertname: 'Errors of shop', service: 'shop', severity: 'critical', team: 'web' };
    expect(await at(shop, fired - 1)).toEqual([]);
    for (const ms of [fired, resolved - 1])
      expect(await at(shop, ms)).toEqual([
        { __name__: 'ALERTS', ...labels, alertstate: 'firing', value: '1' },
      ]);
    expect(await at(shop, resolved)).toEqual([]);
    expect(await at('ALERTS_FOR_STATE{alertname="Errors of shop"}', fired)).toEqual([
      { __name__: 'ALERTS_FOR_STATE', ...labels, value: String(fired / 1000) },
    ]);

    // A second of `for`, before it fires.
    const states = async (kind: string) =>
      (await at('ALERTS{alertname="HighOne"}', await when('HighOne', kind))).map(
        ({ alertstate }) => alertstate,
      );
    expect([await states('pending'), await states('firing')]).toEqual([['pending'], ['firing']]);
    expect(await at('ALERTS_FOR_STATE{alertname="HighOne"} * 1000')).toMatchObject([
      { value: String(await when('HighOne', 'pending')) },
    ]);

    const lasting = { 'match[]': 'ALERTS{alertname="Lasting"}' };
    expect(await prometheus('/series', lasting)).toEqual([
      { __name__: 'ALERTS', alertname: 'Lasting', alertstate: 'firing', severity: 'warning' },
    ]);
    expect(await prometheus('/labels', lasting)).toEqual(['__name__', 'alertname', 'alertstate', 'severity']);
    expect(await prometheus('/label/__name__/values')).toEqual(
      expect.arrayContaining(['ALERTS', 'ALERTS_FOR_STATE']),
    );
    expect(await prometheus('/label/alertname/values')).toEqual(
      expect.arrayContaining(['Errors of shop', 'Lasting']),
    );
    expect(await prometheus('/metadata', { metric: 'ALERTS' })).toMatchObject({
      ALERTS: [{ type: 'gauge' }],
    });

    const { body } = await server.ask('/alerts/rules', 'POST', {
      name: 'Something lasts',
      kind: 'promql',
      query: 'count(ALERTS{alertname="Lasting", alertstate="firing"}) > 0',
      intervalS: 1,
    });
    expect(await firing((body as AlertRule).id)).toMatchObject({ value: 1 });
  });
});

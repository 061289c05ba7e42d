/** Dashboards over the sockets of a whole server: kept, changed by two people, asked, and taken over from Grafana. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type {
  AlertRule,
  AskPanelsLine,
  Dashboard,
  DashboardMarksResponse,
  DashboardsResponse,
  DashboardVersionsResponse,
  ImportDashboardResponse,
  PanelData,
  ViewsResponse,
} from '@sightline/schema/api';
import { runDemo } from '@sightline/demo';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AgentSpans } from '../../query/testing/agent-spans.ts';
import { tracesRequest } from '../../query/testing/otlp-json.ts';
import { LiveServer } from '../../testing/live-server.ts';

const hostile = `'); DROP TABLE spans; -- "x" OR model:* \\ {from} <img src=x onerror=alert(1)>`;

describe('dashboards', { timeout: 90_000 }, () => {
  let server: LiveServer;

  beforeAll(async () => {
    server = await LiveServer.start();
    const spans = new AgentSpans(BigInt(Date.now() - 600_000) * 1_000_000n);
    const runs = Array.from({ length: 12 }, (_, index) => [
      spans.agent(index % 3 === 0 ? 'writer' : 'reader', {
        trace: index + 1,
        span: 10 * index + 1,
        at: index * 20,
        lasts: 4 + index,
        ...(index === 4 ? { error: 'no' } : {}),
      }),
      spans.call(index === 5 ? hostile : 'gpt', {
        trace: index + 1,
        span: 10 * index + 2,
        parent: 10 * index + 1,
        at: index * 20 + 1,
        lasts: 2,
        cost: 0.5,
      }),
    ]);
    await server.send('traces', tracesRequest('shop', runs.flat()));
    await server.stored();
  }, 90_000);
  afterAll(async () => server.close());

  const ask = async (
    panels: readonly Record<string, unknown>[],
    variables: Record<string, string[]> = {},
  ): Promise<Map<string, AskPanelsLine>> => {
    const response = await fetch(`${server.ui}/api/v1/dashboards/ask`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        from: '-1h',
        to: 'now',
        variables,
        panels: panels.map((panel, index) => ({ x: 0, y: 0, w: 6, h: 3, ...panel, id: `p${index}` })),
      }),
    });
    const text = await response.text();
    expect(response.status, text).toBe(200);
    const lines = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as AskPanelsLine);
    return new Map(lines.map((line) => [line.id, line]));
  };
  const dataOf = (line: AskPanelsLine | undefined): PanelData => {
    if (line === undefined || !('data' in line)) throw new Error(JSON.stringify(line));
    return line.data;
  };
  const total = async (query: Record<string, unknown>, variables = {}): Promise<number | null | undefined> =>
    dataOf((await ask([{ kind: 'number', queries: [query] }], variables)).get('p0')).totals[0]?.value;
  const save = async (id: string, dashboard: unknown, version?: number) =>
    fetch(`${server.ui}/api/v1/dashboards/${id}`, {
      method: 'PUT',
      headers: {
        'content-type': 'application/json',
        ...(version === undefined ? {} : { 'if-match': `"${version}"` }),
      },
      body: JSON.stringify(dashboard),
    });

  it('answer one question alike in words, PromQL, SQL and a filter', async () => {
    const lines = await ask([
      { kind: 'number', queries: [{ type: 'words', text: 'count of runs' }] },
      { kind: 'number', queries: [{ type: 'count', signal: 'traces', text: '' }] },
      {
        kind: 'number',
        queries: [
          {
            type: 'sql',
            text: "SELECT uniqExact(trace_id) AS value FROM spans WHERE service = 'shop' AND start_time >= {from} AND start_time < {to}",
          },
        ],
      },
      { kind: 'number', queries: [{ type: 'promql', text: 'vector(12)' }] },
    ]);
    for (const id of ['p0', 'p1', 'p2', 'p3']) expect(dataOf(lines.get(id)).totals[0]?.value).toBe(12);
    const over = await ask([
      { kind: 'bars', queries: [{ type: 'words', text: 'count of runs by agent' }] },
      { kind: 'lines', queries: [{ type: 'count', signal: 'spans', text: 'agent:writer' }] },
      { kind: 'heat', queries: [{ type: 'words', text: 'avg(duration) of runs' }] },
      { kind: 'top', queries: [{ type: 'words', text: 'sum(cost) of calls by model' }] },
      { kind: 'table', queries: [{ type: 'count', signal: 'traces', text: 'status:error' }] },
    ]);
    const sum = (values: readonly (number | null)[]): number =>
      values.reduce<number>((all, value) => all + (value ?? 0), 0);
    const bars = dataOf(over.get('p0'));
    expect(Object.fromEntries(bars.series.map(({ name, values }) => [name, sum(values)]))).toEqual({
      reader: 8,
      writer: 4,
    });
    expect(bars.series.map(({ behind }) => behind)).toContainEqual({ list: 'runs', q: 'agent:writer' });
    expect(sum(dataOf(over.get('p1')).series[0]?.values ?? [])).toBe(4);
    expect(sum(dataOf(over.get('p2')).spread?.counts.flat() ?? [])).toBe(12);
    expect(dataOf(over.get('p3')).totals.map(({ value }) => value)).toEqual([5.5, 0.5]);
    expect(dataOf(over.get('p4')).table?.rows.length).toBe(1);
  });

  it('show the buckets of a histogram in PromQL as a distribution and as a heat map', async () => {
    const bucket = (le: string, value: number) => `label_replace(vector(${value}), "le", "${le}", "", "")`;
    const query = {
      type: 'promql',
      text: `${bucket('0.5', 3)} or ${bucket('2', 4)} or ${bucket('+Inf', 6)}`,
    };
    const lines = await ask([
      { kind: 'distribution', queries: [query] },
      { kind: 'heat', queries: [query] },
      { kind: 'heat', queries: [{ type: 'promql', text: 'vector(1)' }] },
      { kind: 'heat', queries: [{ type: 'promql', text: 'sum by (le) (rate(nobody_bucket[5m]))' }] },
    ]);
    // Nothing came: that is no mistake of the question.
    expect(dataOf(lines.get('p3')).spread?.counts).toEqual([]);
    const once = dataOf(lines.get('p0'));
    expect(once.spread).toEqual({ bounds: [0, 0.5, 2, 4], counts: [[3, 1, 2]], behind: null, field: null });
    expect(once.notes).toEqual(['What lies above 2 is drawn in one bucket.']);
    const heat = dataOf(lines.get('p1'));
    expect(heat.spread?.counts).toEqual(heat.times.map(() => [3, 1, 2]));
    expect(lines.get('p2')).toMatchObject({
      error: { code: 'bad_panel', message: expect.stringContaining('by their label le') },
    });
  });

  it('open what each point and row is of', async () => {
    const counted = async (behind: PanelData['totals'][number]['behind']): Promise<number | undefined> => {
      if (behind === null || !('list' in behind)) return undefined;
      const found = await server.read<Record<string, unknown[]>>(
        `/${behind.list}?${new URLSearchParams({ q: behind.q, from: '-1h' }).toString()}`,
      );
      return found[behind.list]?.length;
    };
    const { runs } = await server.read<{ runs: { traceId: string }[] }>('/runs?from=-1h');
    const traceId = runs[0]?.traceId ?? '';
    const score = { traceId, name: 'grounded "ness"', value: 0.4, label: 'so la la' };
    expect((await server.ask('/scores', 'POST', score)).status).toBeLessThan(300);
    const words = (text: string) => ({ kind: 'top', queries: [{ type: 'words', text }] });
    const asked = [
      words('count of runs by workflow'),
      words('count of runs by agent, environment'),
      words('count of runs by version'),
      words('count of scores by name, label'),
      {
        kind: 'top',
        queries: [
          {
            type: 'sql',
            text: 'SELECT agent_name, uniqExact(trace_id) AS value FROM ai_spans GROUP BY agent_name',
          },
        ],
      },
    ];
    const lines = await ask(asked);
    for (const [index] of asked.entries()) {
      const { totals } = dataOf(lines.get(`p${index}`));
      expect(totals.length).toBeGreaterThan(0);
      for (const { name, labels, value, behind } of totals)
        if (index < 4 || labels['agent_name'] !== undefined)
          expect([index, name, await counted(behind)]).toEqual([index, name, value]);
    }
    const narrowed = `SELECT count() AS value FROM spans WHERE service = 'shop' AND status_code = 2
      AND ('' IN ($model) OR model IN ($model)) AND ('' IN ($agent) OR agent_name IN ($agent))`;
    const conditions = await ask([{ kind: 'number', queries: [{ type: 'sql', text: narrowed }] }], {
      model: ['gpt-4o', 'o"3'],
      agent: [],
    });
    expect(dataOf(conditions.get('p0')).totals[0]?.behind).toEqual({
      list: 'traces',
      q: String.raw`service:shop status:error model:(gpt-4o OR "o\"3")`,
    });
    const row = 'SELECT DISTINCT lower(hex(spans.trace_id)) AS trace_id FROM spans';
    const series = (text: string) => ({ kind: 'lines', queries: [{ type: 'promql', text }] });
    const others = await ask(
      [
        { kind: 'table', queries: [{ type: 'sql', text: row }] },
        series('sum(sightline_none{service_name="shop"}) or vector(1)'),
        series('sum(sightline_none{env=~"$env"}) or vector(2)'),
      ],
      { env: ['a"b', 'c.d'] },
    );
    expect(dataOf(others.get('p0')).table?.behind).toContainEqual({ path: `/traces/${traceId}` });
    expect(dataOf(others.get('p1')).series[0]?.behind).toEqual({ list: 'traces', q: 'service:shop' });
    const page = dataOf(others.get('p2')).series[0]?.behind;
    const expression = new URLSearchParams(
      page !== null && page !== undefined && 'path' in page ? page.path.split('?')[1] : '',
    );
    expect(expression.get('expr')).toContain(String.raw`env=~"(?:a\"b|c\\.d)"`);
  });

  it('take any text as the value of a variable, and as nothing else', async () => {
    const words = { type: 'words', text: 'count of calls where model:$model' };
    const sql = {
      type: 'sql',
      text: "SELECT count() AS value FROM ai_spans WHERE start_time >= {from} AND ('' IN ($model) OR model IN ($model)) AND operation = 'llm'",
    };
    for (const query of [words, sql]) {
      expect(await total(query, { model: [] })).toBe(12);
      expect(await total(query, { model: [hostile] })).toBe(1);
      expect(await total(query, { model: ['gpt', hostile] })).toBe(12);
      expect(await total(query, { model: ['other'] })).toBe(0);
    }
    expect(await total({ type: 'count', signal: 'spans', text: 'model:$model' }, { model: [hostile] })).toBe(
      1,
    );
  });

  it('fail one by one, each with its own reason', async () => {
    const lines = await ask([
      { kind: 'lines', queries: [{ type: 'words', text: 'p95(duraton) of calls' }] },
      { kind: 'lines', queries: [{ type: 'promql', text: 'rate(x[5m)' }] },
      { kind: 'table', queries: [{ type: 'sql', text: 'DROP TABLE spans' }] },
      { kind: 'lines', queries: [{ type: 'sql', text: 'SELECT 1 AS value' }] },
      { kind: 'lines', queries: [{ type: 'count', signal: 'traces', text: 'status:' }] },
      { kind: 'heat', queries: [{ type: 'words', text: 'count of runs' }] },
      { kind: 'number', queries: [{ type: 'words', text: 'count of runs' }] },
    ]);
    const codes = [...lines.values()]
      .toSorted((a, b) => (a.id < b.id ? -1 : 1))
      .map((line) => ('error' in line ? line.error.code : 'fine'));
    expect(codes).toEqual([
      'bad_panel',
      'bad_panel',
      'bad_sql',
      'bad_panel',
      'bad_filter',
      'bad_panel',
      'fine',
    ]);
  });

  it('keep what two people do to them, and every version', async () => {
    const panel = {
      id: 'a',
      title: hostile.slice(0, 200),
      kind: 'lines',
      x: 0,
      y: 0,
      w: 6,
      h: 3,
      queries: [{ type: 'words', text: 'count of runs' }],
    };
    const made = (await server.ask('/dashboards', 'POST', { name: 'Morning', panels: [panel] }))
      .body as Dashboard;
    expect(made).toMatchObject({ version: 1, dashboard: { panels: [{ title: hostile.slice(0, 200) }] } });
    expect((await server.ask('/dashboards', 'POST', { name: 'Morning' })).status).toBe(400);
    const first = await save(made.id, { ...made.dashboard, description: 'first' }, 1);
    expect([first.status, first.headers.get('etag')]).toEqual([200, '"2"']);
    const second = await save(made.id, { ...made.dashboard, description: 'second' }, 1);
    expect(second.status).toBe(412);
    expect(await second.json()).toMatchObject({ error: { code: 'changed_meanwhile' } });
    expect((await save(made.id, { ...made.dashboard, panels: [] })).status).toBe(200);
    const { versions } = await server.read<DashboardVersionsResponse>(`/dashboards/${made.id}/versions`);
    expect(versions.map(({ version, panelCount }) => [version, panelCount])).toEqual([
      [3, 0],
      [2, 1],
      [1, 1],
    ]);
    const old = await server.read<Dashboard>(`/dashboards/${made.id}/versions/2`);
    expect((await save(made.id, old.dashboard, 3)).status).toBe(200);
    expect(await server.read<Dashboard>(`/dashboards/${made.id}`)).toMatchObject({
      version: 4,
      dashboard: { description: 'first', panels: [panel] },
    });
    expect((await save('overview', made.dashboard)).status).toBe(400);
    for (const range of [
      { from: 'yesterday', to: 'now' },
      { from: 'now', to: '-6h' },
    ]) {
      expect((await server.ask('/dashboards', 'POST', { name: 'Never', range })).body).toMatchObject({
        error: { code: 'bad_time_range' },
      });
      expect((await save(made.id, { ...made.dashboard, range })).status).toBe(400);
    }
    expect((await server.ask(`/dashboards/${made.id}`, 'DELETE')).status).toBe(200);
    expect((await server.ask(`/dashboards/${made.id}`)).status).toBe(404);
  });

  it('stand beside views of lists, of the project and of one browser', async () => {
    const view = {
      page: '/runs',
      name: 'Failed',
      search: { q: hostile, sort: '-costUsd', cols: 'name,cost' },
    };
    const saved = await server.ask('/views', 'POST', view);
    expect(saved.status, JSON.stringify(saved.body)).toBe(200);
    await server.ask('/views', 'POST', { ...view, owner: 'b-1', name: 'Mine' });
    await server.ask('/views', 'POST', { ...view, search: { q: 'status:error' } });
    const names = async (owner: string): Promise<string[]> =>
      (await server.read<ViewsResponse>(`/views?owner=${owner}`)).views.map(({ name }) => name);
    expect(await names('b-1')).toEqual(['Failed', 'Mine']);
    expect(await names('b-2')).toEqual(['Failed']);
    const { views } = await server.read<ViewsResponse>('/views');
    expect(views[0]?.search).toEqual({ q: 'status:error' });
    expect((await server.ask(`/views/${views[0]?.id}`, 'DELETE')).status).toBe(200);
    expect(await names('')).toEqual([]);
    expect((await server.ask('/views', 'POST', { ...view, page: 'javascript:alert(1)' })).status).toBe(400);
  });

  it('open a list with one default view of the project, and one of a browser', async () => {
    const view = { page: '/sessions', search: { q: 'a' }, isDefault: true };
    const defaults = async (): Promise<string[]> =>
      (await server.read<ViewsResponse>('/views?owner=b-9')).views
        .filter(({ page, isDefault }) => page === '/sessions' && isDefault)
        .map(({ name }) => name);
    for (const name of ['First', 'Second']) await server.ask('/views', 'POST', { ...view, name });
    await server.ask('/views', 'POST', { ...view, name: 'Mine', owner: 'b-9' });
    expect(await defaults()).toEqual(['Mine', 'Second']);
    await server.ask('/views', 'POST', { ...view, name: 'Second', isDefault: false });
    expect(await defaults()).toEqual(['Mine']);
  });

  it('are listed by one browser, or by all; whoever has the address opens them', async () => {
    const listed = async (owner: string): Promise<string[]> =>
      (await server.read<DashboardsResponse>(`/dashboards?owner=${owner}`)).dashboards
        .filter(({ isShipped }) => !isShipped)
        .map(({ name }) => name);
    const { body } = await server.ask('/dashboards?owner=b-1', 'POST', { name: 'My own' });
    const { id, owner, dashboard } = body as Dashboard;
    expect(owner).toBe('b-1');
    expect([await listed('b-1'), await listed('b-2'), await listed('')]).toEqual([['My own'], [], []]);
    expect((await server.read<Dashboard>(`/dashboards/${id}`)).dashboard.name).toBe('My own');
    expect((await save(id, dashboard)).status).toBe(200);
    expect(await listed('')).toEqual([]);
    const { status } = await server.ask(`/dashboards/${id}?owner=project`, 'PUT', dashboard);
    expect([status, await listed('b-2')]).toEqual([200, ['My own']]);
    expect((await server.ask('/dashboards?owner=%3Cb%3E', 'POST', { name: 'No' })).status).toBe(400);
    await server.ask(`/dashboards/${id}`, 'DELETE');
  });

  it('draw in which versions began to run, and when alerts fired', async () => {
    const time = new Date(Date.now() - 300_000).toISOString();
    await server.ask('/deploys', 'POST', { service: 'shop', version: hostile.slice(0, 80), time });
    const { body } = await server.ask('/alerts/rules', 'POST', {
      name: 'Runs come',
      query: 'count of runs over 1h > 1',
      intervalS: 1,
      delayS: 0,
      severity: 'critical',
    });
    const { id } = body as AlertRule;
    const marks = async () => server.read<DashboardMarksResponse>('/dashboards/marks?from=-1h');
    await expect.poll(async () => (await marks()).alerts.length, { timeout: 60_000 }).toBe(1);
    const now = await marks();
    expect(now.deploys).toMatchObject([{ service: 'shop', version: hostile.slice(0, 80) }]);
    expect(now.alerts).toMatchObject([{ rule: 'Runs come', severity: 'critical', to: null }]);
    expect((await server.read<DashboardMarksResponse>('/dashboards/marks?from=-3h&to=-2h')).alerts).toEqual(
      [],
    );
    const slo = { objective: 0.9, indicator: { kind: 'availability', of: 'runs' } };
    for (const name of [hostile.slice(0, 100).trim(), 'Other'])
      expect((await server.ask('/slos', 'POST', { ...slo, name })).status).toBe(200);
    const lines = await ask([
      { kind: 'table', queries: [{ type: 'list', of: 'alerts', text: 'severity:critical' }] },
      { kind: 'number', queries: [{ type: 'list', of: 'alerts', text: 'severity:info' }] },
      { kind: 'table', queries: [{ type: 'list', of: 'errors' }] },
      { kind: 'table', queries: [{ type: 'list', of: 'slos' }] },
      { kind: 'lines', queries: [{ type: 'list', of: 'alerts' }] },
      { kind: 'lines', queries: [{ type: 'list', of: 'slos', text: hostile.slice(0, 100) }] },
      { kind: 'number', queries: [{ type: 'list', of: 'slos' }] },
      { kind: 'table', queries: [{ type: 'list', of: 'slos', text: 'Nobody' }] },
      { kind: 'stacked', queries: [{ type: 'list', of: 'errors' }] },
    ]);
    const budget = dataOf(lines.get('p5'));
    expect(budget.series.map(({ name, values }) => [name, values.length])).toEqual([
      [hostile.slice(0, 100).trim(), budget.times.length],
    ]);
    expect([budget.unit, dataOf(lines.get('p6')).totals[0]?.value]).toEqual(['ratio', 2]);
    expect(lines.get('p7')).toMatchObject({ error: { code: 'bad_panel' } });
    // 11 of 12 runs were good, and 9 in 10 are wanted: a sixth of the budget is left.
    const left = async (): Promise<number | null | undefined> =>
      dataOf(
        (await ask([{ kind: 'lines', queries: [{ type: 'list', of: 'slos', text: 'Other' }] }])).get('p0'),
      ).series[0]?.values.at(-1);
    await expect.poll(left, { timeout: 60_000 }).toBeCloseTo(1 / 6);
    expect(dataOf(lines.get('p0')).table?.rows.map(([rule]) => rule)).toEqual(['Runs come']);
    expect(dataOf(lines.get('p1')).totals[0]?.value).toBe(0);
    const errors = dataOf(lines.get('p2')).table;
    expect(errors?.rows.length).toBe(1);
    const [behind] = errors?.behind ?? [];
    const path = behind !== null && behind !== undefined && 'path' in behind ? behind.path : '';
    expect((await server.ask(path)).status).toBe(200);
    const occurrences = dataOf(lines.get('p8')).series;
    expect(occurrences.map(({ name }) => name)).toEqual(errors?.rows.map(([error]) => error));
    const [values] = occurrences.map((one) => one.values.reduce<number>((sum, each) => sum + (each ?? 0), 0));
    expect(values).toBe(errors?.rows[0]?.[1]);
    expect(occurrences[0]?.behind).toEqual(behind);
    expect(budget.series[0]?.behind).toMatchObject({ path: expect.stringMatching(/^\/slos\?slo=./) });
    expect(dataOf(lines.get('p0')).table?.behind).toEqual([{ path: `/alerts/rule?id=${id}` }]);
    expect(dataOf(lines.get('p1')).totals[0]?.behind).toEqual({ path: '/alerts' });
    const text = occurrences[0]?.labels['id'];
    expect(await total({ type: 'list', of: 'errors', text })).toBe(values);
    expect(await total({ type: 'list', of: 'errors', text: '00000000000000ff' })).toBe(0);
    expect(dataOf(lines.get('p3')).table?.columns.map(({ name }) => name)).toContain('budget left');
    expect(lines.get('p4')).toMatchObject({ error: { code: 'bad_panel' } });
    await server.ask(`/alerts/rules/${id}`, 'DELETE');
  });

  it('say after the answers what was expected, or why nothing is', async () => {
    const value = { type: 'words', text: 'count of runs' };
    const band = { kind: 'lines', overlays: ['band'] };
    const panels = [
      { ...band, queries: [value] },
      { ...band, queries: [{ type: 'words', text: 'count of runs by agent' }] },
      { ...band, queries: [{ type: 'sql', text: 'SELECT 1 AS value' }] },
      { ...band, queries: [{ type: 'promql', text: 'vector(1)' }] },
      { kind: 'lines', queries: [value] },
    ].map((panel, index) => ({ id: `p${index}`, x: 0, y: 0, w: 6, h: 3, ...panel }));
    const response = await fetch(`${server.ui}/api/v1/dashboards/ask`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ from: '-24h', to: 'now', panels }),
    });
    const lines = (await response.text())
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as AskPanelsLine);
    expect(lines.slice(0, 5).every((line) => 'data' in line || 'error' in line)).toBe(true);
    const bands = lines
      .slice(5)
      .map((line) => ('band' in line ? [line.id, line.band?.low.length, line.note] : []));
    const own = dataOf(lines.find((line) => line.id === 'p0'));
    expect(bands).toEqual([
      ['p0', own.times.length, ''],
      ['p1', undefined, 'An expected band is drawn for one line.'],
      ['p3', own.times.length, ''],
    ]);
  });

  it('that come with Sightline ask nothing that is refused', async () => {
    const { dashboards } = await server.read<DashboardsResponse>('/dashboards');
    const shipped = dashboards.filter(({ isShipped }) => isShipped);
    expect(shipped.length).toBeGreaterThan(6);
    for (const { id } of shipped) {
      const { dashboard } = await server.read<Dashboard>(`/dashboards/${id}`);
      const variables = Object.fromEntries(dashboard.variables.map(({ name }) => [name, ['shop', 'x y']]));
      for (const values of [
        { ...variables },
        Object.fromEntries(dashboard.variables.map(({ name }) => [name, []])),
      ]) {
        const lines = await ask(dashboard.panels, values);
        expect(lines.size).toBe(dashboard.panels.length);
        expect([...lines.values()].filter((line) => 'error' in line)).toEqual([]);
      }
    }
  });

  it('of Grafana are taken over with what is left of them named', async () => {
    const folder = join(import.meta.dirname, '../../../../../deploy/grafana/dashboards');
    const grafana = JSON.parse(readFileSync(join(folder, 'sightline-llm.json'), 'utf8')) as {
      panels: object[];
    };
    grafana.panels.push(
      { type: 'geomap', title: 'Where' },
      { type: 'timeseries', title: 'Loki', targets: [{ expr: '{app="x"} |= "y"' }] },
    );
    const { body, status } = await server.ask('/dashboards/import', 'POST', { grafana });
    expect(status, JSON.stringify(body)).toBe(200);
    const { dashboard, left } = body as ImportDashboardResponse;
    expect(dashboard.panels.length).toBe(grafana.panels.length - 2);
    expect(dashboard.variables.map(({ name }) => name)).toEqual(['provider']);
    expect(left.join('\n')).toContain('geomap');
    expect(left.join('\n')).toContain('Loki');
    const lines = await ask(dashboard.panels, { provider: [] });
    expect([...lines.values()].filter((line) => 'error' in line)).toEqual([]);
    expect((await server.ask('/dashboards/import', 'POST', { grafana: { nothing: 1 } })).status).toBe(400);
  });

  it('that come with Sightline show something of the demo in every panel', { timeout: 240_000 }, async () => {
    const { failed } = await runDemo({
      once: false,
      historyMs: 480_000,
      seed: 7,
      rate: 0.6,
      liveMs: 0,
      abort: new AbortController().signal,
      onLive: () => {},
      onProgress: () => {},
      send: async (signal, request) => {
        const response = await fetch(`${server.otlpHttp}/v1/${signal}`, {
          method: 'POST',
          headers: { 'content-type': 'application/x-protobuf' },
          body: Buffer.from(request),
        });
        expect(response.status).toBe(200);
      },
    });
    expect(failed).toBe(0);
    await server.stored();
    const { dashboards } = await server.read<DashboardsResponse>('/dashboards');
    const empty: string[] = [];
    for (const { id } of dashboards.filter(({ isShipped }) => isShipped)) {
      const { dashboard } = await server.read<Dashboard>(`/dashboards/${id}`);
      const all = Object.fromEntries(dashboard.variables.map(({ name }) => [name, []]));
      const lines = await ask(dashboard.panels, all);
      for (const [index, { kind, title }] of dashboard.panels.entries())
        if (kind !== 'text' && isEmpty(dataOf(lines.get(`p${index}`)))) empty.push(`${id}: ${title}`);
    }
    expect(empty).toEqual([]);
  });
});

/** Whether there is nothing to be seen. A zero is something: nothing failed. */
function isEmpty({ series, totals, table, spread }: PanelData): boolean {
  return (
    !series.some(({ values }) => values.some((value) => value !== null)) &&
    !totals.some(({ value }) => value !== null) &&
    (table?.rows.length ?? 0) === 0 &&
    (spread?.counts.flat().every((count) => count === 0) ?? true)
  );
}

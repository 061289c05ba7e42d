/** Links to dashboards over the sockets of a whole server that asks for keys: what they show, and what nobody gets out of them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type {
  AskPanelsLine,
  Dashboard,
  DashboardLinksResponse,
  NewDashboardLinkResponse,
  PanelData,
  SharedDashboard,
} from '@sightline/schema/api';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { AgentSpans } from '../../query/testing/agent-spans.ts';
import { tracesRequest } from '../../query/testing/otlp-json.ts';
import { LiveServer } from '../../testing/live-server.ts';

const json = { 'content-type': 'application/json' };
const own = { 'x-api-key': 'secret' };
const hostile = `'); DROP TABLE spans; -- "x" OR model:* \\ {from} <img src=x onerror=alert(1)>`;

const panel = (id: string, kind: string, queries: readonly object[]) => ({
  id,
  title: `${id} ${hostile}`,
  kind,
  x: 0,
  y: 0,
  w: 6,
  h: 3,
  queries,
});
const words = (text: string) => ({ type: 'words', text });

const shop = {
  name: `Shop ${hostile}`,
  range: { from: '-1h', to: 'now' },
  variables: [
    { name: 'agent', from: { type: 'field', field: 'agent' } },
    { name: 'model', from: { type: 'list', values: ['gpt', 'other'] }, value: ['gpt'] },
    { name: 'broken', from: { type: 'label', label: 'job', match: '{secret_metric="' } },
  ],
  panels: [
    panel('runs', 'number', [words('count of runs where agent:$agent')]),
    panel('agents', 'top', [words('count of runs where agent:$agent by agent')]),
    panel('calls', 'lines', [words('count of calls where model:$model by model')]),
    panel('heat', 'heat', [words('avg(duration) of runs')]),
    panel('table', 'table', [
      { type: 'sql', text: 'SELECT agent_name, trace_id FROM ai_spans WHERE agent_name IN ($agent)' },
    ]),
    panel('wrong', 'number', [words('secret_thing of nothing')]),
    { ...panel('text', 'text', []), text: `# ${hostile}` },
  ],
};

describe('a link to a dashboard', { timeout: 90_000 }, () => {
  let server: LiveServer;
  let id = '';
  let version = 0;
  let link = '';

  const call = async (
    path: string,
    {
      method = 'GET',
      headers = {},
      body,
    }: { method?: string; headers?: Record<string, string>; body?: unknown } = {},
  ): Promise<{ status: number; text: string; headers: Headers }> => {
    const response = await fetch(`${server.ui}/api/v1${path}`, {
      method,
      headers: { ...(body === undefined ? {} : json), ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, text: await response.text(), headers: response.headers };
  };
  const made = async <T>(path: string, body: unknown, headers: Record<string, string> = own): Promise<T> => {
    const { status, text } = await call(path, { method: 'POST', headers, body });
    expect(status, text).toBe(200);
    return JSON.parse(text) as T;
  };
  const share = async (body: unknown = {}, headers: Record<string, string> = own) => {
    const one = await made<NewDashboardLinkResponse>(`/dashboards/${id}/links`, body, headers);
    return { ...one, token: one.path.replace('/shared#', '') };
  };
  const keyWith = async (name: string, scopes: readonly string[]) => ({
    'x-api-key': (await made<{ key: string }>('/keys', { name, scopes })).key,
  });
  const with_ = (token: string) => ({ 'x-sightline-link': token });
  const ask = async (body: object, token = link) =>
    call('/shared/dashboard/ask', {
      method: 'POST',
      headers: with_(token),
      body: { version, ...body },
    });
  const answers = async (body: object): Promise<Map<string, AskPanelsLine>> => {
    const { status, text } = await ask(body);
    expect(status, text).toBe(200);
    const lines = text.trimEnd().split('\n');
    return new Map(lines.map((line) => JSON.parse(line) as AskPanelsLine).map((line) => [line.id, line]));
  };
  const dataOf = (line: AskPanelsLine | undefined): PanelData => {
    if (line === undefined || !('data' in line)) throw new Error(JSON.stringify(line));
    return line.data;
  };
  const runsOf = async (variables: object) =>
    dataOf((await answers({ panels: ['runs'], variables })).get('runs')).totals[0]?.value;

  beforeAll(async () => {
    server = await LiveServer.start(['--api-key', 'secret']);
    const spans = new AgentSpans(BigInt(Date.now() - 600_000) * 1_000_000n);
    const runs = Array.from({ length: 9 }, (_, index) => [
      spans.agent(index % 3 === 0 ? hostile : 'reader', {
        trace: index + 1,
        span: 10 * index + 1,
        at: index * 20,
        lasts: 4 + index,
      }),
      spans.call(index === 5 ? 'other' : 'gpt', {
        trace: index + 1,
        span: 10 * index + 2,
        parent: 10 * index + 1,
        at: index * 20 + 1,
        lasts: 2,
        cost: 0.5,
      }),
    ]);
    const ofDayBefore = [1, 2].map((nr) =>
      spans.agent('reader', { trace: 90 + nr, span: 900 + nr, at: -30 * 3_600 + nr, lasts: 1 }),
    );
    const sent = await fetch(`${server.otlpHttp}/v1/traces`, {
      method: 'POST',
      headers: { ...json, ...own },
      body: JSON.stringify(tracesRequest('shop', [...runs.flat(), ...ofDayBefore])),
    });
    expect(sent.status).toBe(200);
    await vi.waitFor(
      async () => {
        const { text } = await call('/runs?from=-3d', { headers: own });
        expect(text.match(/"traceId"/g)?.length).toBe(11);
      },
      { timeout: 30_000, interval: 100 },
    );
    ({ id, version } = await made<Dashboard>('/dashboards', shop));
    link = (await share({ expires: 'never' })).token;
  }, 90_000);
  afterAll(async () => server.close());

  it('shows how its panels look and what they answer, and neither what they ask nor the lists behind it', async () => {
    const read = await call('/shared/dashboard', { headers: with_(link) });
    expect([read.status, read.headers.get('cache-control')]).toEqual([200, 'no-store']);
    const seen = JSON.parse(read.text) as SharedDashboard;
    expect(seen.dashboard.name).toBe(shop.name);
    expect(seen.dashboard.panels.map((one) => [one.id, one.title, one.isAsked])).toEqual(
      shop.panels.map((one) => [one.id, one.title, one.id !== 'text']),
    );
    for (const asked of ['count of', 'SELECT agent_name', 'ai_spans', 'secret_metric', '"field"', id])
      expect(read.text).not.toContain(asked);
    const lines = await answers({
      panels: shop.panels.filter(({ kind }) => kind !== 'text').map((one) => one.id),
    });
    expect(dataOf(lines.get('runs')).totals[0]?.value).toBe(9);
    expect(dataOf(lines.get('agents')).totals.map(({ value }) => value)).toEqual([6, 3]);
    // As the dashboard has it where nobody chooses: the one model.
    expect(dataOf(lines.get('calls')).series.map(({ name }) => name)).toEqual(['gpt']);
    expect(dataOf(lines.get('heat')).spread).toMatchObject({ behind: null, field: null });
    expect(lines.get('wrong')).toEqual({
      id: 'wrong',
      error: {
        code: 'bad_panel',
        message: 'This panel cannot be answered now.',
        hint: 'Who shared the dashboard sees the reason in it.',
      },
    });
    const text = JSON.stringify([...lines.values()]);
    expect(text).not.toMatch(/"behind":(?!null|\[\])/);
    expect(text).not.toContain('secret_thing');
  });

  it('takes values of variables that are offered, and no others', async () => {
    const offered = await call('/shared/dashboard/variables/agent', { headers: with_(link) });
    expect(new Set((JSON.parse(offered.text) as { values: string[] }).values)).toEqual(
      new Set([hostile, 'reader']),
    );
    expect(await runsOf({ agent: ['reader'] })).toBe(6);
    expect(await runsOf({ agent: [hostile] })).toBe(3);
    expect(await runsOf({ agent: [] })).toBe(9);
    for (const variables of [
      { agent: ['reader OR agent:*'] },
      { agent: ['reader', `x') OR 1=1 --`] },
      { agent: ['*'] },
      { model: ['gpt-5'] },
      { model: ['gpt', hostile] },
      { broken: ['api'] },
      { service: ['shop'] },
      { constructor: ['x'] },
      JSON.parse('{"__proto__":["x"]}') as object,
      { agent: 'reader' },
      { agent: [['reader']] },
    ])
      expect([variables, (await ask({ panels: ['runs'], variables })).status]).toEqual([variables, 400]);
    const broken = await call('/shared/dashboard/variables/broken', { headers: with_(link) });
    expect([broken.status, broken.text]).toEqual([400, expect.not.stringContaining('secret_metric')]);
  });

  it('answers nothing but the panels that are saved', async () => {
    const strange = [
      { panels: ['none'] },
      { panels: ['runs', '../runs'] },
      { panels: [] },
      { panels: [panel('runs', 'number', [{ type: 'sql', text: 'SELECT 1 AS value' }])] },
      { panels: ['runs'], queries: [words('count of spans')] },
      { panels: ['runs'], from: '-30d', to: 'now' },
      { panels: ['runs'], q: 'status:error' },
      { panels: ['runs'], project: 'other' },
      { panels: ['runs'], dashboard: 'overview' },
    ];
    for (const body of strange)
      expect([body, (await ask(body)).status]).toEqual([body, expect.toSatisfy(isRefused)]);
    expect((await ask({ version: version + 1, panels: ['runs'] })).status).toBe(412);
    for (const path of ['?from=-30d', '?q=x', '/', '/variables/secret', '/variables/__proto__'])
      expect((await call(`/shared/dashboard${path}`, { headers: with_(link) })).status, path).toSatisfy(
        isRefused,
      );
  });

  it('lets guests choose a range as far back as the link says, and tells nothing of the time before', async () => {
    const runsIn = async (token: string, from: string, to = 'now') => {
      const { status, text } = await ask({ panels: ['runs'], range: { from, to } }, token);
      if (status !== 200) return (JSON.parse(text) as { error: { code: string } }).error.code;
      const { value, before } = dataOf(JSON.parse(text) as AskPanelsLine).totals[0] ?? {};
      return [value, before];
    };
    const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString();
    const ofDay = (await share({ range: '1d' })).token;
    const ofWeek = (await share({ range: '7d' })).token;
    const opened = await call('/shared/dashboard', { headers: with_(ofDay) });
    expect((JSON.parse(opened.text) as SharedDashboard).rangeDaysMax).toBe(1);
    // The range before is told where the link allows it.
    expect(await runsIn(ofWeek, '-1d')).toEqual([9, 2]);
    expect(await runsIn(ofWeek, '-7d')).toEqual([11, null]);
    expect(await runsIn(ofWeek, daysAgo(2), daysAgo(1))).toEqual([2, 0]);
    expect(await runsIn(ofDay, '-1d')).toEqual([9, null]);
    expect(await runsIn(ofDay, '-1h')).toEqual([9, 0]);
    // Without a range the dashboard has its own.
    expect(dataOf(JSON.parse((await ask({ panels: ['runs'] }, ofDay)).text) as AskPanelsLine).totals).toEqual(
      [expect.objectContaining({ value: 9 })],
    );
    const tooFar: readonly (readonly [string, string?])[] = [
      ['-25h'],
      ['-2d'],
      ['-30h', '-29h'],
      [daysAgo(1.5)],
      [daysAgo(2), daysAgo(1)],
      ['to-1d', '-1h'],
      ['to-1h', '-30h'],
      ['1970-01-01T00:00:00Z'],
      ['now', '-2d'],
      ['-2d/d'],
      [hostile.slice(0, 60)],
      ['-1h', 'now; DROP TABLE spans'],
    ];
    for (const [from, to] of tooFar)
      expect([from, to, await runsIn(ofDay, from, to)]).toEqual([from, to, 'bad_time_range']);
    // A link that says nothing of ranges takes none, not even the dashboard's.
    for (const from of ['-1h', '-5m', daysAgo(0.01)])
      expect([from, await runsIn(link, from)]).toEqual([from, 'bad_time_range']);
    for (const range of [{}, { from: '-1h' }, { from: 1, to: 2 }, '-1h', { from: '-1h', to: 'now', x: 1 }])
      expect([range, (await ask({ panels: ['runs'], range }, ofDay)).status]).toEqual([range, 400]);
    for (const range of ['2d', 'all', 7, null])
      expect(
        (await call(`/dashboards/${id}/links`, { method: 'POST', headers: own, body: { range } })).status,
      ).toBe(400);
  });

  it('opens no other door, in whatever header its secret comes', async () => {
    const { paths } = JSON.parse((await call('/openapi.json')).text) as {
      paths: Record<string, Record<string, { 'x-scope': string }>>;
    };
    const doors = Object.entries(paths).flatMap(([path, operations]) =>
      Object.entries(operations)
        .filter(([, operation]) => operation['x-scope'] !== 'link')
        .map(([method]) => [method.toUpperCase(), path.replaceAll(/\{\w+\}/g, id)] as const),
    );
    expect(doors.length).toBeGreaterThan(250);
    const ways = [
      with_(link),
      { authorization: `Bearer ${link}` },
      { 'x-api-key': link },
      { cookie: `sightline_key=${link}` },
    ];
    const open: unknown[] = [];
    for (const headers of ways)
      await Promise.all(
        doors
          .filter(([, path]) => path !== '/openapi.json')
          .map(async ([method, path]) => {
            const { status } = await call(path, {
              method,
              headers,
              ...(method === 'GET' || method === 'DELETE' ? {} : { body: {} }),
            });
            if (status !== 401) open.push([method, path, headers, status]);
          }),
      );
    expect(open).toEqual([]);
    for (const path of ['/prometheus/api/v1/query?query=up', '/metrics', '/alertmanager/api/v2/alerts'])
      expect((await fetch(`${server.ui}${path}`, { headers: with_(link) })).status, path).toBe(401);
    // Nor is a key a link.
    expect((await call('/shared/dashboard', { headers: with_('secret') })).status).toBe(404);
  });

  it('is made and revoked with the scope admin only, and listed with who made it', async () => {
    const reader = await keyWith('reads', ['read']);
    const writer = await keyWith('writes', ['read', 'write']);
    const admin = await keyWith(`Ann ${hostile}`, ['admin']);
    for (const headers of [reader, writer])
      expect((await call(`/dashboards/${id}/links`, { method: 'POST', headers, body: {} })).status).toBe(403);
    const { token, id: one } = await share({ note: 'For the board', expires: '1d' }, admin);
    for (const headers of [reader, writer])
      expect((await call(`/dashboards/${id}/links/${one}`, { method: 'DELETE', headers })).status).toBe(403);
    const list = async () => {
      const { text } = await call(`/dashboards/${id}/links`, { headers: reader });
      expect(text).not.toContain(token);
      return (JSON.parse(text) as DashboardLinksResponse).links;
    };
    const [before] = await list();
    expect(before).toMatchObject({
      id: one,
      note: 'For the board',
      createdBy: `Ann ${hostile}`,
      lastUsedAt: null,
      revokedAt: null,
      isOpen: true,
    });
    expect(Date.parse(before?.expiresAt ?? '') - Date.parse(before?.createdAt ?? '')).toBe(86_400_000);
    expect((await list()).at(-1)).toMatchObject({ createdBy: 'the key of the server', expiresAt: null });
    expect((await call('/shared/dashboard', { headers: with_(token) })).status).toBe(200);
    expect((await list())[0]?.lastUsedAt).not.toBeNull();
    const revoke = async () => call(`/dashboards/${id}/links/${one}`, { method: 'DELETE', headers: admin });
    expect([(await revoke()).status, (await revoke()).status]).toEqual([200, 404]);
    expect((await list())[0]).toMatchObject({ isOpen: false, revokedAt: expect.any(String) });
    expect((await call('/shared/dashboard', { headers: with_(link) })).status).toBe(200);
    // What was revoked and what never was are answered alike.
    const never = `${token.startsWith('A') ? 'B' : 'A'}${token.slice(1)}`;
    const [revoked, ...others] = await Promise.all(
      [token, never, '', 'x', `${token}x`, hostile.replaceAll(/[^ -~]/g, '')].map(async (each) =>
        call('/shared/dashboard', { headers: with_(each) }),
      ),
    );
    expect([revoked?.status, JSON.parse(revoked?.text ?? '')]).toMatchObject([
      404,
      { error: { code: 'link_not_valid' } },
    ]);
    for (const other of others) expect([other.status, other.text]).toEqual([404, revoked?.text]);
  });

  it('belongs to its dashboard, ends with it, and shows it as it is saved', async () => {
    const other = await made<Dashboard>('/dashboards', { ...shop, name: 'Other', panels: [shop.panels[0]] });
    const { path, id: its } = await made<NewDashboardLinkResponse>(`/dashboards/${other.id}/links`, {});
    const token = path.replace('/shared#', '');
    expect((await call(`/dashboards/${id}/links/${its}`, { method: 'DELETE', headers: own })).status).toBe(
      404,
    );
    expect((await ask({ panels: ['agents'], version: 1 }, token)).status).toBe(404);
    const changed = { ...shop, name: 'Other', panels: [shop.panels[1]] };
    await call(`/dashboards/${other.id}`, { method: 'PUT', headers: own, body: changed });
    expect((await ask({ panels: ['runs'], version: 1 }, token)).status).toBe(412);
    expect((await ask({ panels: ['runs'], version: 2 }, token)).status).toBe(404);
    expect((await ask({ panels: ['agents'], version: 2 }, token)).status).toBe(200);
    await call(`/dashboards/${other.id}`, { method: 'DELETE', headers: own });
    expect((await call('/shared/dashboard', { headers: with_(token) })).text).toContain('link_not_valid');
    for (const strange of ['overview', other.id, "' OR 1=1 --"]) {
      const at = `/dashboards/${encodeURIComponent(strange)}/links`;
      expect((await call(at, { method: 'POST', headers: own, body: {} })).status, strange).toSatisfy(
        isRefused,
      );
    }
    for (const body of [{ expires: '100y' }, { expires: 0 }, { token: 'mine' }])
      expect((await call(`/dashboards/${id}/links`, { method: 'POST', headers: own, body })).status).toBe(
        400,
      );
  });

  it('is held to its requests a minute', async () => {
    const { token } = await share();
    const all = await Promise.all(
      Array.from({ length: 500 }, async () => call('/shared/dashboard', { headers: with_(token) })),
    );
    const refused = all.filter(({ status }) => status === 429);
    expect(refused.length).toBeGreaterThan(0);
    expect(Number(refused[0]?.headers.get('retry-after'))).toBeGreaterThan(0);
    // Others are not held up by it.
    expect((await call('/shared/dashboard', { headers: with_(link) })).status).toBe(200);
  });

  it('leaves its secret neither in the control plane nor in the log', async () => {
    const { token } = await share();
    await call('/shared/dashboard', { headers: with_(token) });
    expect(server.stderr()).not.toContain(token);
    await server.kill();
    const { globSync } = await import('node:fs');
    const files = globSync('**/*', { cwd: server.directory, withFileTypes: true }).filter((file) =>
      file.isFile(),
    );
    expect(files.length).toBeGreaterThan(10);
    const holding = files.filter((file) => readFileSync(join(file.parentPath, file.name)).includes(token));
    expect(holding.map(({ name }) => name)).toEqual([]);
  });
});

const isRefused = (status: number): boolean => status >= 400 && status < 500;

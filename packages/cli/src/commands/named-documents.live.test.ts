/** Dashboards and schedules of reports kept in files, by the real command against the real server. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type {
  ChannelView,
  Dashboard,
  DashboardsResponse,
  ReportSchedule,
  ReportSchedulesResponse,
} from '@sightline/schema/api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LiveServer, startLiveServer } from '../testing/live-server.ts';
import { type Ended, sightline } from '../testing/run-sightline.ts';

const hostile = `"; DROP TABLE dashboards; -- <img src=x onerror=alert(1)>\u001b[31m\nשלום`;
const panel = (id: string, title: string, text = 'count of runs') => ({
  id,
  title,
  kind: 'number',
  x: 0,
  y: 0,
  w: 3,
  h: 2,
  queries: [{ type: 'words', text }],
});

describe('documents that are kept in files', { timeout: 240_000 }, () => {
  let server: LiveServer;
  let folder: string;

  beforeAll(async () => {
    server = await startLiveServer();
    folder = await mkdtemp(path.join(tmpdir(), 'sightline-documents-'));
  }, 120_000);
  afterAll(async () => {
    await server.stop();
    await rm(folder, { recursive: true });
  });

  const file = async (name: string, content: unknown): Promise<string> => {
    const place = path.join(folder, name);
    await writeFile(place, typeof content === 'string' ? content : JSON.stringify(content));
    return place;
  };
  const run = async (words: readonly string[], input?: string): Promise<Ended> =>
    sightline(words, { url: server.url, ...(input === undefined ? {} : { input }) });
  const read = async <T>(at: string): Promise<T> =>
    (await (await fetch(`${server.url}/api/v1${at}`)).json()) as T;
  const send = async <T>(at: string, method: string, body: unknown): Promise<T> => {
    const response = await fetch(`${server.url}/api/v1${at}`, {
      method,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    expect(response.status).toBe(200);
    return (await response.json()) as T;
  };
  const named = async (name: string): Promise<Dashboard> => {
    const { dashboards } = await read<DashboardsResponse>('/dashboards');
    return read<Dashboard>(`/dashboards/${dashboards.find((one) => one.name === name)?.id}`);
  };

  it('dashboards are made, found unchanged, changed part by part, and exported as they are', async () => {
    const first = { name: 'Kept', panels: [panel('a', hostile), panel('b', 'Runs')] };
    const kept = await file('kept.json', [first, { name: 'Empty' }]);
    expect(await run(['dashboards', 'diff', kept])).toMatchObject({
      code: 1,
      stdout: '+ Kept\n+ Empty\n2 would change.\n',
    });
    expect((await read<DashboardsResponse>('/dashboards')).dashboards.every((one) => one.isShipped)).toBe(
      true,
    );
    expect(await run(['dashboards', 'apply', kept])).toMatchObject({
      code: 0,
      stdout: '+ Kept\n+ Empty\n2 applied.\n',
    });
    expect(await run(['dashboards', 'diff', kept])).toMatchObject({ code: 0, stdout: 'Nothing changes.\n' });
    expect(await run(['dashboards', 'apply', kept])).toMatchObject({ code: 0, stdout: 'Nothing changes.\n' });
    expect(await named('Kept')).toMatchObject({
      version: 1,
      dashboard: { panels: [{ title: hostile }, {}] },
    });

    const second = {
      panels: [panel('b', 'Runs', 'count of runs by agent'), panel('c', '')],
      refreshS: 30,
      name: 'Kept',
    };
    const changed = await run(['dashboards', 'diff', await file('second.json', second)]);
    expect(changed.code).toBe(1);
    expect(changed.stdout).toMatch(
      /^~ Kept: refreshS, ~“Runs”, \+“c”, -“"; DROP.*⏎ שלום”\n1 would change\.\n$/,
    );
    expect(changed.stdout).not.toContain('\u001b');
    // From standard input as well; the order of panels is a change of its own.
    expect(await run(['dashboards', 'apply', '-'], JSON.stringify(second))).toMatchObject({ code: 0 });
    const turned = { ...second, panels: second.panels.toReversed() };
    expect((await run(['dashboards', 'diff', '-'], JSON.stringify(turned))).stdout).toContain(
      '~ Kept: order of panels',
    );

    const exported = await run(['dashboards', 'export']);
    const again = await file('exported.json', `\uFEFF${exported.stdout}`);
    expect((JSON.parse(exported.stdout) as { name: string }[]).map(({ name }) => name).toSorted()).toEqual([
      'Empty',
      'Kept',
    ]);
    expect(await run(['dashboards', 'diff', again])).toMatchObject({ code: 0, stdout: 'Nothing changes.\n' });
    const json = await run(['dashboards', 'diff', '--json', kept]);
    expect(json.code).toBe(1);
    expect(JSON.parse(json.stdout)).toMatchObject({
      changes: [
        { name: 'Kept', action: 'change' },
        { name: 'Empty', action: 'same' },
      ],
    });
    // A shipped dashboard is exported by its name, and becomes one of the project.
    const shipped = await run(['dashboards', 'export', 'mcp']);
    expect(JSON.parse(shipped.stdout)).toMatchObject({ name: 'MCP' });
    const copy = await file('copy.json', shipped.stdout);
    expect(await run(['dashboards', 'apply', copy])).toMatchObject({
      code: 0,
      stdout: '+ MCP\n1 applied.\n',
    });
    expect(await run(['dashboards', 'export', 'nobody'])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('no dashboard called "nobody"'),
    });
  });

  it('a dashboard is shared under a link, which is listed and revoked', async () => {
    await send('/dashboards', 'POST', { name: 'Shared', panels: [panel('a', 'Runs')] });
    const { code, stdout } = await run([
      'dashboards',
      'share',
      'Shared',
      '--expires',
      '1d',
      '--note',
      'Board',
    ]);
    expect([code, stdout]).toEqual([0, expect.stringMatching(/\/shared#[\w-]{32}\n$/)]);
    const open = async (): Promise<number> => {
      const headers = { 'x-sightline-link': stdout.trim().split('#')[1] ?? '' };
      return (await fetch(`${server.url}/api/v1/shared/dashboard`, { headers })).status;
    };
    expect(await open()).toBe(200);
    const listed = await run(['dashboards', 'links', 'Shared']);
    expect(listed.stdout).toMatch(/open .*Board/);
    expect(await run(['dashboards', 'unshare', 'Shared'])).toMatchObject({ code: 0, stdout: '1 revoked.\n' });
    expect(await open()).toBe(404);
    expect((await run(['dashboards', 'links', 'Shared'])).stdout).toContain('revoked');
    expect(await run(['dashboards', 'share', 'mcp'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('Copy it'),
    });
    expect(await run(['dashboards', 'share', 'Shared', '--expires', '2y'])).toMatchObject({ code: 2 });
    expect(await run(['dashboards', 'share'])).toMatchObject({ code: 2 });
  });

  it('files that are odd are refused with a reason, and change nothing', async () => {
    const before = await read('/dashboards');
    const good = { name: 'Not made' };
    const beyond = { name: 'Wide', panels: [{ ...panel('a', ''), x: 10 }] };
    for (const [name, content, said] of [
      ['text.json', 'name: Kept', 'is no JSON'],
      ['cut.json', '[{"name": "Kept"', 'is no JSON'],
      ['number.json', 7, 'is no dashboard'],
      ['grafana.json', { title: 'LLM', schemaVersion: 39, panels: [] }, '--grafana'],
      ['wide.json', beyond, 'panels[0].w'],
      ['second.json', [good, { name: 'Odd', refreshS: -1 }], '[1].refreshS'],
      ['twice.json', [good, good], 'Two dashboards are called "Not made"'],
      ['same-panels.json', { name: 'x', panels: [panel('a', ''), panel('a', '')] }, 'same name'],
      ['words.json', { name: 'x', panels: [{ ...panel('a', ''), queries: [{ type: 'words' }] }] }, 'text'],
    ] as const) {
      const { code, stdout, stderr } = await run(['dashboards', 'apply', await file(name, content)]);
      expect([name, code, stdout, stderr]).toEqual([name, 2, '', expect.stringContaining(said)]);
    }
    expect(await run(['dashboards', 'apply', path.join(folder, 'nowhere.json')])).toMatchObject({ code: 2 });
    expect(await run(['dashboards', 'apply'])).toMatchObject({ code: 2 });
    expect(await run(['dashboards', 'aply', 'x.json'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('apply'),
    });
    expect(await read('/dashboards')).toEqual(before);
  });

  it('what somebody saves between reading and applying is not overwritten', async () => {
    const made = await send<Dashboard>('/dashboards', 'POST', { name: 'Raced', panels: [panel('a', 'Old')] });
    // Between the command and the server: another person saves first.
    const between: Server = createServer((request, response) => {
      void (async () => {
        const chunks: Buffer[] = [];
        for await (const chunk of request) chunks.push(chunk as Buffer);
        if (request.method === 'PUT')
          await send(`/dashboards/${made.id}`, 'PUT', { name: 'Raced', description: 'theirs' });
        const answer = await fetch(`${server.url}${request.url}`, {
          method: request.method ?? 'GET',
          headers: Object.fromEntries(
            ['content-type', 'if-match'].flatMap((name) => {
              const value = request.headers[name];
              return typeof value === 'string' ? [[name, value]] : [];
            }),
          ),
          ...(chunks.length === 0 ? {} : { body: Buffer.concat(chunks) }),
        });
        response.writeHead(answer.status, { 'content-type': 'application/json' });
        response.end(await answer.text());
      })();
    });
    await new Promise<void>((resolve) => between.listen(0, '127.0.0.1', resolve));
    try {
      const mine = await file('raced.json', { name: 'Raced', description: 'mine' });
      const late = await sightline(['dashboards', 'apply', mine], {
        url: `http://127.0.0.1:${(between.address() as AddressInfo).port}`,
      });
      expect([late.code, late.stdout]).toEqual([1, '']);
      expect(late.stderr).toContain('was changed since version 1');
    } finally {
      between.close();
    }
    expect(await named('Raced')).toMatchObject({ version: 2, dashboard: { description: 'theirs' } });
    // One that a browser keeps for itself has the name: it is not taken over.
    await send(`/dashboards/${made.id}?owner=b-1`, 'PUT', { name: 'Raced' });
    const taken = await run(['dashboards', 'apply', await file('taken.json', { name: 'Raced' })]);
    expect([taken.code, taken.stderr]).toEqual([2, expect.stringContaining('called "Raced" already')]);
  });

  it('a dashboard of Grafana is taken over, and what is left of it is named', async () => {
    const grafana = await file('grafana-llm.json', {
      title: 'Tokens',
      schemaVersion: 39,
      panels: [
        { type: 'timeseries', title: 'Rate', targets: [{ expr: 'sum(rate(a_total[$__rate_interval]))' }] },
        { type: 'geomap', title: 'Where\u001b[2J' },
      ],
    });
    const applied = await run(['dashboards', 'apply', '--grafana', grafana]);
    expect(applied).toMatchObject({ code: 0, stdout: '+ Tokens\n1 applied.\n' });
    expect(applied.stderr).toContain('geomap');
    expect(applied.stderr).not.toContain('\u001b');
    expect((await named('Tokens')).dashboard.panels.map(({ title }) => title)).toEqual(['Rate']);
    expect(await run(['dashboards', 'diff', '--grafana', grafana])).toMatchObject({
      code: 0,
      stdout: 'Nothing changes.\n',
    });
  });

  it('schedules of reports are made, changed, pruned and sent', async () => {
    expect(await run(['reports', 'list'])).toMatchObject({ code: 4 });
    const mail = await send<ChannelView>('/channels', 'POST', {
      name: 'The team',
      settings: { type: 'log' },
    });
    const weekly = {
      name: `Weekly ${hostile.slice(0, 60)}`,
      timing: { every: 'week', weekday: 1, time: '09:00', timeZone: 'Europe/Berlin' },
      channels: ['The team', 'log'],
    };
    const monthly = { name: 'Monthly', timing: { every: 'month', dayOfMonth: 31 }, enabled: false };
    const kept = await file('reports.json', [weekly, monthly]);
    expect(await run(['reports', 'diff', kept])).toMatchObject({ code: 1 });
    const applied = await run(['reports', 'apply', kept]);
    expect([applied.code, applied.stdout.includes('2 applied.')]).toEqual([0, true]);
    const schedules = async (): Promise<readonly ReportSchedule[]> =>
      (await read<ReportSchedulesResponse>('/reports/schedules')).schedules;
    expect(await schedules()).toMatchObject([
      { name: 'Monthly', nextTime: null, timing: { time: '09:00', timeZone: 'UTC' } },
      { name: weekly.name, channels: [mail.id, 'log'] },
    ]);
    expect(await run(['reports', 'apply', kept])).toMatchObject({ code: 0, stdout: 'Nothing changes.\n' });
    const exported = await run(['reports', 'export']);
    expect(JSON.parse(exported.stdout)).toMatchObject([
      { name: 'Monthly' },
      { channels: ['The team', 'log'] },
    ]);
    expect(await run(['reports', 'diff', await file('out.json', exported.stdout)])).toMatchObject({
      code: 0,
    });

    const later = await file('later.json', { ...weekly, timing: { ...weekly.timing, time: '10:30' } });
    const diff = await run(['reports', 'diff', '--prune', later]);
    expect([diff.code, diff.stdout]).toEqual([
      1,
      expect.stringMatching(/: timing\n- Monthly\n2 would change\.\n$/),
    ]);
    expect((await schedules()).length).toBe(2);
    expect(await run(['reports', 'apply', '--prune', later])).toMatchObject({ code: 0 });
    expect(await schedules()).toMatchObject([{ name: weekly.name, timing: { time: '10:30' } }]);

    const listed = await run(['reports', 'list']);
    expect([listed.code, listed.stdout.includes('10:30 Europe/Berlin')]).toEqual([0, true]);
    expect(listed.stdout).not.toContain('\u001b');
    expect(await run(['reports', 'made'])).toMatchObject({ code: 4 });
    const sent = await run(['reports', 'send', weekly.name]);
    expect([sent.code, sent.stderr]).toEqual([0, expect.stringContaining('Made as')]);
    const made = await run(['reports', 'made']);
    expect([made.code, made.stdout]).toEqual([0, expect.stringContaining('Weekly')]);

    for (const [content, said] of [
      [{ ...weekly, timing: { every: 'day', timeZone: 'Mars/Base' } }, 'timeZone'],
      [{ ...weekly, timing: { every: 'hour' } }, 'timing.every'],
      [{ ...weekly, cron: '* * * * *' }, 'cron'],
      [[weekly, weekly], 'Two schedules are called'],
    ] as const) {
      const { code, stderr } = await run(['reports', 'apply', await file('odd.json', content)]);
      expect([code, stderr]).toEqual([2, expect.stringContaining(said)]);
    }
    const nobody = await run([
      'reports',
      'apply',
      await file('odd.json', { ...weekly, channels: ['nobody'] }),
    ]);
    expect([nobody.code, nobody.stderr]).toEqual([2, expect.stringContaining('"nobody"')]);
    expect(await run(['reports', 'send', 'nothing'])).toMatchObject({ code: 1 });
    expect(await run(['reports', 'list', 'extra'])).toMatchObject({ code: 2 });
  });
});

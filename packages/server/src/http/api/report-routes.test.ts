/** A report over the sockets of a whole server: its numbers are those of the endpoints it names, and names of others stay text. */
import { execFile } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import {
  type AlertHistoryResponse,
  type ErrorsResponse,
  type OverviewFacts,
  type OverviewResponse,
  type RegressionsResponse,
  reportResponse,
  type ReportResponse,
  type CriticalPathResponse,
  type LedgerResponse,
  type RunsResponse,
  type SamplingResponse,
  type UsersResponse,
  type SlosResponse,
} from '@sightline/schema/api';
import { describeReport } from '@sightline/schema/report';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { AgentSpans } from '../../query/testing/agent-spans.ts';
import { hexId, tracesRequest } from '../../query/testing/otlp-json.ts';
import { LiveServer } from '../../testing/live-server.ts';

const hostile = `<img src=x onerror=alert(1)>|[x](javascript:alert(1))\`"'&\u202E\u001b[31m`;
const cli = join(import.meta.dirname, '../../../../cli/bin/sightline.mjs');
const runFile = promisify(execFile);

describe('a report', { timeout: 120_000 }, () => {
  let server: LiveServer;
  let period = '';
  let range: readonly string[] = [];
  let report: ReportResponse;
  let firingsBefore: AlertHistoryResponse['events'];
  const source = async <T>(part: string): Promise<T> =>
    server.read<T>((report.sources[part] ?? '').replace('/api/v1', ''));
  const text = async (format: string, more = '') => {
    const response = await fetch(`${server.ui}/api/v1/report?${period}&format=${format}${more}`);
    return { response, body: await response.text() };
  };

  beforeAll(async () => {
    server = await LiveServer.start();
    const nowMs = Date.now();
    const spans = new AgentSpans(BigInt(nowMs - 1_800_000) * 1_000_000n);
    // One run half an hour ago, and six of the last minutes, each slower and dearer than the one before.
    const runs = Array.from({ length: 7 }, (_, index) => {
      const [trace, span, at] = [index + 1, 10 * index + 10, index === 0 ? 0 : 1_200 + 60 * index];
      const failed = index === 0 || index > 4 ? { error: index === 0 ? 'old trouble' : `no ${hostile}` } : {};
      return [
        {
          ...spans.agent(index > 3 ? hostile : 'reader', {
            trace,
            span,
            at,
            lasts: 3 + index,
            ...failed,
            attributes: { 'user.id': 'amara' },
          }),
          // Of the first its sender kept a half.
          ...(index === 0 ? { traceState: 'shop=1,ot=rv:ffffffffffffff;th:8' } : {}),
        },
        spans.call(index === 6 ? hostile : 'gpt', {
          trace,
          span: span + 1,
          parent: span,
          at: at + 1,
          lasts: 1.234_567 + index / 10,
          tokens: [1_000 + index, 100 + index],
          cost: 0.1 / 3 + index,
          attributes: { 'gen_ai.prompt.0.role': 'user', 'gen_ai.prompt.0.content': `Why ${hostile}` },
        }),
      ];
    });
    // Of the week before: one run of the same day, and one of the day after it began.
    const past = new AgentSpans(BigInt(nowMs - 7 * 86_400_000 - 3_600_000) * 1_000_000n);
    const before = [100, 101].flatMap((trace, index) => [
      past.agent(index === 0 ? 'reader' : 'writer', {
        trace,
        span: trace * 10,
        at: 0,
        lasts: 2,
        attributes: { 'user.id': 'amara' },
      }),
      past.call('gpt', { trace, span: trace * 10 + 1, parent: trace * 10, at: 1, lasts: 1, cost: 6 }),
    ]);
    await server.send('traces', tracesRequest('shop', [...runs.flat(), ...before]));
    await server.stored();
    const made = [
      await server.ask('/slos', 'POST', {
        name: hostile,
        objective: 0.9,
        window: { kind: 'rolling', days: 9 },
        indicator: { kind: 'availability', of: 'runs' },
      }),
      await server.ask('/deploys', 'POST', { service: 'shop', version: hostile }),
      await server.ask('/alerts/rules', 'POST', {
        name: `Errors ${hostile}`,
        query: 'error_rate where service:shop by agent over 20m > 10%',
        intervalS: 1,
        delayS: 0,
      }),
    ];
    expect(made.map(({ status }) => status)).toEqual([200, 200, 200]);
    const firings = async () =>
      (await server.read<AlertHistoryResponse>('/alerts/history?kind=firing')).events.map(({ rule }) => rule);
    await vi.waitFor(async () => expect(await firings()).toContain(`Errors ${hostile}`), {
      timeout: 60_000,
      interval: 200,
    });
    // A new SLO counts its window backwards, a day at a time.
    await vi.waitFor(
      async () => {
        const { slos } = await server.read<SlosResponse>('/slos');
        for (const { state } of slos)
          expect(Date.parse(state.countedFrom ?? '')).toBeLessThanOrEqual(Date.parse(state.windowFrom));
      },
      { timeout: 60_000, interval: 200 },
    );
    const to = new Date();
    const from = new Date(nowMs - 1_200_000);
    range = ['--from', from.toISOString(), '--to', to.toISOString()];
    period = `from=${from.toISOString()}&to=${to.toISOString()}`;
    // An evaluation that began within the period may end after it.
    firingsBefore = (await server.read<AlertHistoryResponse>(`/alerts/history?${period}&kind=firing`)).events;
    report = reportResponse.parse(await server.read(`/report?${period}`));
  }, 120_000);
  afterAll(async () => server.close());

  it('has the numbers of the endpoints that it names, to the last digit', async () => {
    expect(report.totals).toMatchObject({ runs: 6, failedRuns: 2 });
    expect(report.previous).toMatchObject({ runs: 1, failedRuns: 1 });
    const overall = await server.read<OverviewResponse>(`/overview?${period}&steps=48`);
    for (const { totals, previous, startTime, endTime } of [
      overall,
      await source<OverviewResponse>('totals'),
    ])
      expect({ totals, previous, startTime, endTime }).toEqual({
        totals: report.totals,
        previous: report.previous,
        startTime: report.startTime,
        endTime: report.endTime,
      });
    for (const part of ['agents', 'models'] as const) {
      const { groups } = await source<OverviewResponse>(part);
      expect(report[part]).toEqual(groups.map(({ key, totals, previous }) => ({ key, totals, previous })));
      expect(report[part]).toHaveLength(2);
    }
    const errors = await source<ErrorsResponse>('errors');
    expect(report.errors.frequent).toEqual(errors.errors.slice(0, 10));
    expect(report.errors).toMatchObject({ total: errors.total, groups: errors.groups, previousTotal: 1 });
    expect(report.errors.fresh.map(({ id }) => id)).toEqual(errors.errors.map(({ id }) => id));
    expect(report.errors.total).toBe(2);
    for (const part of ['slowest', 'dearest'] as const)
      expect(report[part]).toEqual((await source<RunsResponse>(part)).runs);
    expect(report.dearest.map(({ traceId }) => traceId)).toEqual([7, 6, 5, 4, 3].map((id) => hexId(32, id)));
    const { events } = await source<AlertHistoryResponse>('alerts');
    expect([firingsBefore, events]).toContainEqual(report.firings.map(({ event }) => event));
    const { deploys } = await source<RegressionsResponse>('deploys');
    expect(report.deploys.map(({ id, version }) => [id, version])).toEqual(
      deploys.map(({ id, version }) => [id, version]),
    );
    const { slos } = await source<SlosResponse>('slos');
    expect(report.slos.map(({ state: { good, bad, left } }) => ({ good, bad, left }))).toEqual(
      slos.map(({ state: { good, bad, left } }) => ({ good, bad, left })),
    );
    expect(report.slos.map(({ name }) => name)).toEqual([slos[0]?.name]);
  });

  it('has no number that is not of an endpoint that it names', async () => {
    const { slos, firings, coverage, ...rest } = report;
    const users = await source<UsersResponse>('users');
    const usersBefore = await source<UsersResponse>('usersBefore');
    expect(users.users.length).toBeGreaterThan(0);
    const paths = await source<CriticalPathResponse>('paths');
    const { totals, previous, series, startTime, endTime, stepMs } = await source<OverviewResponse>('totals');
    const [agents, models] = [
      await source<OverviewResponse>('agents'),
      await source<OverviewResponse>('models'),
    ];
    const errors = await source<ErrorsResponse>('errors');
    const errorsBefore = await source<ErrorsResponse>('errorsBefore');
    const groupsOf = ({ groups }: OverviewResponse) =>
      groups.map(({ key, totals: now, previous: past }) => ({ key, totals: now, previous: past }));
    const { deploys } = await source<RegressionsResponse>('deploys');
    const sampled = async () => {
      const { traces, sampledTraces, representedTraces, keptShare } =
        await source<SamplingResponse>('sampling');
      return { traces, sampledTraces, representedTraces, keptShare };
    };
    // What is no number of an endpoint is taken from the report; a part that is added to it fails here.
    const { generatedAt, summary, sources, limitsMet, previousStartTime, previousEndTime } = report;
    expect(rest).toEqual({
      generatedAt,
      summary,
      sources,
      ...(limitsMet === undefined ? {} : { limitsMet }),
      previousStartTime,
      previousEndTime,
      startTime,
      endTime,
      stepMs,
      totals,
      previous,
      series,
      agents: groupsOf(agents),
      otherAgents: agents.otherGroups,
      models: groupsOf(models),
      otherModels: models.otherGroups,
      users: users.users.map(({ userId: key, runs, failedRuns, costUsd }) => ({
        key,
        runs,
        failedRuns,
        costUsd,
        previousCostUsd: usersBefore.users.find(({ userId }) => userId === key)?.costUsd ?? null,
      })),
      moreUsers: users.nextCursor !== null,
      paths: { total: paths.total, sampled: paths.sampled, steps: paths.steps.slice(0, 10) },
      errors: {
        total: errors.total,
        groups: errors.groups,
        previousTotal: errorsBefore.total,
        previousGroups: errorsBefore.groups,
        newGroups: errors.errors.filter(({ firstTime }) => firstTime >= startTime).length,
        fresh: errors.errors.filter(({ firstTime }) => firstTime >= startTime).slice(0, 10),
        regressed: errors.errors.filter(({ status }) => status === 'regressed').slice(0, 10),
        frequent: errors.errors.slice(0, 10),
      },
      deploys: report.deploys.filter(({ id }) => deploys.some((deploy) => deploy.id === id)),
      moreDeploys: 0,
      sampling: await sampled(),
      slowest: (await source<RunsResponse>('slowest')).runs,
      dearest: (await source<RunsResponse>('dearest')).runs.filter(({ costUsd }) => costUsd !== null),
    });
    expect([slos.length, firings.length > 0]).toEqual([1, true]);
    const { rows } = await source<LedgerResponse>('coverage');
    expect(coverage.find(({ signal }) => signal === 'traces')).toEqual(
      rows.find(({ signal, project }) => signal === 'traces' && project === 'default'),
    );
    // And the file has none that the answer has not.
    const numbers = new Set<number>();
    JSON.stringify(report, (_name, value: unknown) => {
      if (typeof value === 'number') numbers.add(value);
      return value;
    });
    const { body } = await text('html');
    const shown = [...body.matchAll(/<data value="([^"]*)"/g)].map(([, value]) => Number(value));
    expect(shown.length).toBeGreaterThan(50);
    const ledger = new Set(rows.flatMap((row) => Object.values(row)));
    expect(shown.filter((value) => !numbers.has(value) && !ledger.has(value))).toEqual([]);
  });

  it('compares a day with the same day of the week before, and a filter narrows it', async () => {
    const [day, end] = [86_400_000, Math.ceil(Date.now() / 600_000) * 600_000];
    const at = (ms: number): string => new Date(ms).toISOString();
    const of = `from=${at(end - day)}&to=${at(end)}`;
    const one = reportResponse.parse(await server.read(`/report?${of}`));
    const before = { from: Date.parse(one.previousStartTime), to: Date.parse(one.previousEndTime) };
    expect(before).toEqual({ from: end - 8 * day, to: end - 7 * day });
    expect(Date.parse(one.startTime)).toBe(end - day);
    expect(one.totals.runs).toBe(7);
    expect(one.sampling).toEqual({ traces: 7, sampledTraces: 1, representedTraces: 8, keptShare: 7 / 8 });
    expect(await server.read((one.sources['sampling'] ?? '').replace('/api/v1', ''))).toMatchObject(
      one.sampling ?? {},
    );
    expect(await (await fetch(`${server.ui}/api/v1/report?${of}&format=markdown`)).text()).toContain(
      '1 of 7 traces say so, and all stand for about 8',
    );
    expect(one.previous).toMatchObject({ runs: 2, costUsd: 12 });
    const past = await server.read<OverviewResponse>(
      (one.sources['totalsBefore'] ?? '').replace('/api/v1', ''),
    );
    expect(one.previous).toEqual(past.totals);
    expect(one.agents.find(({ key }) => key === 'reader')?.previous).toMatchObject({ runs: 1 });
    expect(one.agents.find(({ key }) => key === hostile)?.previous).toMatchObject({ runs: 0, costUsd: null });
    expect(one.users.map(({ key, previousCostUsd }) => [key, previousCostUsd])).toEqual([['amara', 12]]);

    // SLOs stand as they stood when the period ended: the two runs of the week before were all that came in their window, and both were good.
    const before3 = `from=${at(end - 3 * day)}&to=${at(end - 2 * day)}`;
    const old = reportResponse.parse(await server.read(`/report?${before3}`));
    expect(old.slos.map(({ state: { status, good, total } }) => [status, good, total])).toEqual([
      ['met', 2, 2],
    ]);
    const before8 = `from=${at(end - 9 * day)}&to=${at(end - 8 * day)}`;
    const empty = reportResponse.parse(await server.read(`/report?${before8}`));
    expect(empty.slos.map(({ state }) => state.status)).toEqual(['no_data']);
    expect(one.slos.map(({ state }) => state.status)).toEqual(['spent']);
    const slosOf = async ({ sources }: ReportResponse) =>
      (await server.read<SlosResponse>((sources['slos'] ?? '').replace('/api/v1', ''))).slos;
    expect(await slosOf(old)).toEqual(old.slos);
    expect(await (await fetch(`${server.ui}/api/v1/report?${before3}&format=markdown`)).text()).not.toContain(
      'has no budget left',
    );

    const narrowed = reportResponse.parse(await server.read(`/report?${of}&q=agent:reader`));
    expect(narrowed).toMatchObject({ q: 'agent:reader', totals: { runs: 4 } });
    expect(narrowed.totals).toEqual(
      (await server.read<OverviewResponse>((narrowed.sources['totals'] ?? '').replace('/api/v1', ''))).totals,
    );
    expect(
      await (
        await fetch(`${server.ui}/api/v1/report?${of}&q=agent:reader&format=markdown&timeZone=Asia/Tokyo`)
      ).text(),
    ).toMatch(/ Asia\/Tokyo, beside [^]*Only what meets the filter agent/);
  });

  it('is one file of HTML without script, with the exact numbers, in which names of others stay text', async () => {
    const { response, body } = await text('html');
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(response.headers.get('content-security-policy')).toMatch(
      /^default-src 'none'; style-src 'sha256-/,
    );
    const tags = new Set([...body.matchAll(/<\/?([a-z0-9]+)/g)].map(([, name]) => name));
    expect(['img', 'script', 'iframe', 'link'].filter((name) => tags.has(name))).toEqual([]);
    expect(tags).toEqual(
      new Set(
        'a bdi body data div figcaption figure h1 h2 head header html main meta p rect section span style svg table tbody td th thead title tr'.split(
          ' ',
        ),
      ),
    );
    expect(body).not.toMatch(/<[^>]*\s(?:on\w+|style)=|\u202E/);
    expect(body).not.toContain('\u001b');
    expect(body).toContain('&lt;img src=x onerror=alert(1)&gt;|[x](javascript:alert(1))`&quot;&#39;&amp;');
    const links = [...body.matchAll(/href="([^"]*)"/g)].map(([, link = '']) => link);
    expect(links.filter((link) => !link.startsWith(`${server.ui}/`))).toEqual([]);
    expect(links).toContain(`${server.ui}/runs/${hexId(32, 7)}`);
    const [, inAll = ''] = /<h2>In all<\/h2>(.*?)<\/section>/s.exec(body) ?? [];
    const shown = ({ totals, previous }: Pick<ReportResponse, 'totals' | 'previous'>): (number | null)[] =>
      (
        [
          'runs',
          'failedRuns',
          'errorRate',
          'p50Ms',
          'p95Ms',
          'ttftP95Ms',
          'llmCalls',
          'inputTokens',
          'outputTokens',
          'costUsd',
        ] as const satisfies readonly (keyof OverviewFacts)[]
      ).flatMap((name) => [totals[name], previous[name]]);
    expect([...inAll.matchAll(/<data value="([^"]*)"/g)].map(([, value]) => Number(value))).toEqual(
      shown(report).filter((value) => value !== null),
    );
  });

  it('is Markdown whose tables hold, whatever names say', async () => {
    const { response, body } = await text('markdown', '&linkBase=https://watch.example/sub/');
    expect(response.headers.get('content-type')).toBe('text/markdown; charset=utf-8');
    expect(body).toContain('\\<img src=x onerror=alert(1)\\>\\|\\[x\\](javascript:alert(1))\\`');
    const widths = body
      .split('\n\n')
      .filter((block) => block.includes('|'))
      .map((block) =>
        block
          .split('\n')
          .filter((line) => line.startsWith('|'))
          .map((line) => line.replaceAll('\\|', '').split('|').length),
      );
    expect(widths.length).toBeGreaterThan(7);
    for (const lines of widths) expect(new Set(lines).size).toBeLessThanOrEqual(1);
    expect(body).toContain(`](<https://watch.example/sub/runs/${hexId(32, 7)}>)`);
    expect(body).not.toMatch(/(?<!\\)\]\((?!<https:\/\/watch\.example\/sub\/)/);
  });

  it('compares the same hours of the clock across changes to and from summer time', async () => {
    const beside = async (timeZone: string, from: string, to: string): Promise<readonly string[]> => {
      const query = new URLSearchParams({ timeZone, from, to }).toString();
      const one = reportResponse.parse(await server.read(`/report?${query}`));
      return [one.previousStartTime, one.previousEndTime].map((time) => time.slice(0, 16));
    };
    // Sundays of 25 and of 23 hours.
    for (const [zone, from, to, before] of [
      ['America/New_York', '2026-11-01T04:00Z', '2026-11-02T05:00Z', ['10-25T04:00', '10-26T04:00']],
      ['Europe/Berlin', '2026-03-28T23:00Z', '2026-03-29T22:00Z', ['03-21T23:00', '03-22T23:00']],
      // A week that holds the change, and the one after it: half an hour on Lord Howe.
      ['Australia/Lord_Howe', '2026-03-29T13:00Z', '2026-04-05T13:30Z', ['03-22T13:00', '03-29T13:00']],
      ['Europe/Berlin', '2026-10-25T23:00Z', '2026-11-01T23:00Z', ['10-18T22:00', '10-25T23:00']],
      ['UTC', '2026-10-25T23:00Z', '2026-11-01T23:00Z', ['10-18T23:00', '10-25T23:00']],
    ] as const)
      expect(
        await beside(zone, from.replace('Z', ':00Z'), to.replace('Z', ':00Z')),
        `${zone} ${from}`,
      ).toEqual(before.map((time) => `2026-${time}`));
    // A year, beside as many whole weeks.
    expect(await beside('Europe/Berlin', '2024-12-31T23:00:00Z', '2025-12-31T23:00:00Z')).toEqual([
      '2023-12-26T23:00',
      '2024-12-25T23:00',
    ]);
  });

  it('is written by the command', async () => {
    const path = join(tmpdir(), `sightline-report-${process.pid}.html`);
    const run = async (...words: string[]) =>
      runFile(process.execPath, [cli, 'report', ...range, ...words], {
        env: { ...process.env, NODE_OPTIONS: '', SIGHTLINE_URL: server.ui },
      });
    await run('--output', path);
    const written = await readFile(path, 'utf8');
    await rm(path);
    expect(written).toMatch(/^<!doctype html>/);
    expect(written).toContain(`href="${server.ui}/runs/${hexId(32, 7)}"`);
    expect((await run()).stdout).toMatch(/^# Report\n/);
    expect((await run('--time-zone', 'Asia/Tokyo')).stdout).toContain(' Asia/Tokyo, beside ');
    await expect(run('--time-zone', 'Mars')).rejects.toThrow('expected the name of a time zone');
    expect(reportResponse.parse(JSON.parse((await run('--json')).stdout)).totals).toEqual(report.totals);
    await expect(run('--format', 'pdf')).rejects.toThrow('--format is "pdf"');
  });

  it('says where it was cut short by the clock of its reader', () => {
    const message =
      'Runs are being settled: what came since 2026-11-25T04:28:06Z and happened before 2026-11-25T03:00:00.5Z is not all here.';
    const cut: ReportResponse = { ...report, limitsMet: [{ limit: 'settling', message }] };
    expect(describeReport(cut, { timeZone: 'Europe/Berlin' }).remarks).toContain(
      'Cut short: Runs are being settled: what came since 2026-11-25 05:28 and happened before 2026-11-25 04:00 is not all here.',
    );
  });

  it('says of an empty period that nothing ran, and refuses what it cannot read', async () => {
    const empty = await server.ask('/report?from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z');
    expect(empty.status).toBe(200);
    expect((empty.body as ReportResponse).summary).toContain('No agent ran.');
    for (const [query, code] of [
      ['from=now&to=-1h', 'bad_time_range'],
      ['format=pdf', 'bad_request'],
      [`linkBase=${encodeURIComponent('javascript:alert(1)')}`, 'bad_request'],
      [`linkBase=${encodeURIComponent('https://a.example/"><b>')}`, 'bad_request'],
    ] as const)
      expect(await server.ask(`/report?${query}`)).toMatchObject({ status: 400, body: { error: { code } } });
  });
});

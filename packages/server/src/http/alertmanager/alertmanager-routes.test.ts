import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { AlertInstance, AlertsResponse, Silence } from '@sightline/schema/api';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { compileMatchers } from '../../alerts/label-matchers.ts';
import { LiveServer } from '../../testing/live-server.ts';
import { filterOf, type Matcher, matchersOf, readMatcher, testOf } from './matchers.ts';

// On a busy machine the first look of a rule takes its time.
vi.setConfig({ testTimeout: 90_000 });

const run = promisify(execFile);
/** It stands beside Alertmanager, which scripts/test.mjs finds or installs. */
const amtool = [join(dirname(process.env['SIGHTLINE_ALERTMANAGER'] ?? '/usr/bin/none'), 'amtool')].find(
  (path) => existsSync(path),
);

interface Told {
  readonly labels: Readonly<Record<string, string>>;
  readonly status: { readonly state: string; readonly silencedBy: readonly string[] };
}

let server: LiveServer;
const ask = async (path: string, init?: RequestInit): Promise<{ status: number; body: unknown }> => {
  const response = await fetch(`${server.ui}/alertmanager/api/v2${path}`, init);
  return { status: response.status, body: await response.json() };
};
const alerts = async (query = ''): Promise<readonly Told[]> => (await ask(`/alerts${query}`)).body as Told[];
const post = async (body: unknown): Promise<{ status: number; body: unknown }> =>
  ask('/silences', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });

beforeAll(async () => {
  server = await LiveServer.start();
  for (const [name, severity] of [
    ['Disk "full"', 'critical'],
    ['Slow', 'warning'],
  ] as const)
    await server.ask('/alerts/rules', 'POST', {
      name,
      kind: 'promql',
      query: 'vector(1)',
      intervalS: 1,
      severity,
      labels: { team: 'web' },
      annotations: { summary: 'Look at it', runbookUrl: 'https://runbooks.example.com/disk' },
    });
  const end = Date.now() + 60_000;
  for (let found: AlertInstance[] = []; found.length < 2; await delay(200)) {
    found = (await server.read<AlertsResponse>('/alerts?state=firing')).alerts;
    if (Date.now() > end) throw new Error('Nothing fires.');
  }
}, 90_000);
afterAll(async () => server.close());

describe('the Alertmanager API', () => {
  it('tells of what fires, by filters, receivers and groups', async () => {
    const all = await alerts();
    expect(new Set(all.map(({ labels }) => labels['alertname']))).toEqual(new Set(['Disk "full"', 'Slow']));
    expect(all[0]).toMatchObject({
      annotations: { summary: 'Look at it', runbook_url: 'https://runbooks.example.com/disk' },
      receivers: [{ name: 'log' }],
      status: { state: 'active', silencedBy: [], inhibitedBy: [] },
      fingerprint: expect.stringMatching(/^[0-9a-f]{16}$/) as string,
      generatorURL: expect.stringMatching(/^http/) as string,
    });
    const one = encodeURIComponent('alertname="Disk \\"full\\""');
    expect((await alerts(`?filter=${one}`)).map(({ labels }) => labels['severity'])).toEqual(['critical']);
    expect(await alerts(`?filter=${encodeURIComponent('severity=~"crit|warn"')}`)).toEqual([]);
    expect(await alerts('?receiver=nobody')).toEqual([]);
    expect(await alerts('?active=false')).toEqual([]);
    expect((await ask('/alerts/groups')).body).toMatchObject([
      { labels: { alertname: expect.any(String) as string }, receiver: { name: 'log' } },
      { receiver: { name: 'log' }, alerts: [{ labels: { team: 'web' } }] },
    ]);
    expect((await ask('/receivers')).body).toEqual([{ name: 'log' }]);
    expect((await ask('/status')).body).toMatchObject({ cluster: { status: 'disabled' } });
  });

  it('makes, tells of and ends silences, which are those of the product', async () => {
    const times = {
      startsAt: new Date(Date.now() - 1_000).toISOString(),
      endsAt: new Date(Date.now() + 3_600_000).toISOString(),
    };
    const made = await post({
      matchers: [{ name: 'alertname', value: 'Disk.*', isRegex: true, isEqual: true }],
      ...times,
      createdBy: 'Ada',
      comment: 'moving',
    });
    const { silenceID } = made.body as { silenceID: string };
    const { silences } = await server.read<{ silences: Silence[] }>('/alerts/silences');
    expect(silences).toMatchObject([{ id: silenceID, who: 'Ada', state: 'active', hits: 1 }]);
    const hidden = (await alerts('?active=false')).map(({ status }) => status);
    expect(hidden).toMatchObject([{ state: 'suppressed', silencedBy: [silenceID] }]);
    expect((await alerts('?silenced=false')).map(({ labels }) => labels['alertname'])).toEqual(['Slow']);
    expect((await ask(`/silence/${silenceID}`)).body).toMatchObject({
      matchers: [{ name: 'alertname', value: 'Disk.*', isRegex: true, isEqual: true }],
      status: { state: 'active' },
    });
    expect((await ask(`/silence/${silenceID}`, { method: 'DELETE' })).status).toBe(200);
    expect((await ask(`/silence/${silenceID}`)).body).toMatchObject({ status: { state: 'expired' } });
  });

  it.each([
    ['GET', '/alerts?filter=nonsense', 400],
    ['GET', `/alerts?filter=${encodeURIComponent('a=~"("')}`, 400],
    ['GET', '/silence/none', 404],
    ['DELETE', '/silence/none', 404],
    ['POST', '/silences', 400],
    ['GET', '/nothing', 404],
  ])('answers a wrong %s %s with %d', async (method, path, status) => {
    const response = await fetch(`${server.ui}/alertmanager/api/v2${path}`, {
      method,
      ...(method === 'POST' ? { headers: { 'content-type': 'application/json' }, body: '{}' } : {}),
    });
    expect(response.status).toBe(status);
    expect((await response.text()).length).toBeGreaterThan(5);
  });

  it.skipIf(amtool === undefined)('is what amtool asks', async () => {
    const tool = async (...args: string[]): Promise<string> =>
      (await run(amtool ?? '', [`--alertmanager.url=${server.ui}/alertmanager`, ...args])).stdout;
    expect(await tool('alert', 'query', 'severity=critical')).toMatch(/Disk "full"/);
    const id = (await tool('silence', 'add', 'alertname=Slow', '--author=Ada', '--comment=x')).trim();
    expect(await tool('silence', 'query')).toContain(id);
    expect(await tool('alert', 'query')).not.toMatch(/Slow/);
    expect(await tool('alert', 'query', '--silenced')).toMatch(/Slow/);
    await tool('silence', 'expire', id);
    expect(await tool('alert', 'query')).toMatch(/Slow/);
    expect(await tool('cluster', 'show')).toContain('disabled');
  });
});

describe('matchers', () => {
  it('mean the same in both languages, there and back', () => {
    const name = fc.constantFrom('alertname', 'severity', 'team', 'has', 'OR');
    const text = fc.oneof(
      fc.constantFrom('', 'a', 'web', 'a b', 'a"b', 'x/y', 'a\\b', '*', 'ä', 'NOT'),
      fc.string({ maxLength: 8 }),
    );
    const pattern = fc.constantFrom('a|web', '.*', '', '(?i)WEB', 'a/b', 'x.+', '[ab]+');
    const one = fc.oneof(
      fc.record({ name, value: text, isRegex: fc.constant(false), isEqual: fc.boolean() }),
      fc.record({ name, value: pattern, isRegex: fc.constant(true), isEqual: fc.boolean() }),
    );
    const labels = fc.dictionary(name, text);
    fc.assert(
      fc.property(fc.array(one, { minLength: 1, maxLength: 4 }), labels, (matchers: Matcher[], given) => {
        const filter = filterOf(matchers);
        const wanted = matchers.every((each) => testOf(each)(given));
        expect(compileMatchers(filter)(given)).toBe(wanted);
        expect(matchersOf(filter).every((each) => testOf(each)(given))).toBe(wanted);
      }),
      { numRuns: 2_000 },
    );
  });

  it('are read as amtool writes them', () => {
    expect(readMatcher('severity=~"a|b"')).toEqual({
      name: 'severity',
      value: 'a|b',
      isRegex: true,
      isEqual: true,
    });
    expect(readMatcher('team!=web')).toEqual({ name: 'team', value: 'web', isRegex: false, isEqual: false });
  });
});

import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type {
  Check,
  ChecksResponse,
  CheckResultsResponse,
  StatusPage,
  StatusPageLink,
} from '@sightline/schema/api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LiveServer } from '../testing/live-server.ts';

const soon = (read: () => Promise<unknown>) => expect.poll(read, { timeout: 20_000, interval: 200 });

describe('checks', { timeout: 60_000 }, () => {
  let server: LiveServer;
  let target: Server;
  let address = '';
  let asked = 0;
  let answer: { status: number; body: string; headers?: Record<string, string> } = {
    status: 200,
    body: 'fine',
  };

  beforeAll(async () => {
    target = createServer((request, response) => {
      asked++;
      response.writeHead(answer.status, answer.headers);
      response.end(answer.body);
      request.resume();
    });
    await new Promise<void>((resolve) => target.listen(0, '127.0.0.1', resolve));
    address = `http://127.0.0.1:${(target.address() as AddressInfo).port}/health`;
    server = await LiveServer.start();
  }, 60_000);
  afterAll(async () => {
    target.closeAllConnections();
    target.close();
    await server.close();
  });

  const make = async (input: Record<string, unknown>): Promise<Check> => {
    const { status, body } = await server.ask('/checks', 'POST', { retries: 0, intervalS: 10, ...input });
    expect(status, JSON.stringify(body)).toBe(200);
    return body as Check;
  };
  const read = async (id: string): Promise<Check> => server.read<Check>(`/checks/${id}`);
  const change = async (made: Check, target: unknown): Promise<void> => {
    const { name, intervalS, timeoutMs, retries, enabled, onStatusPage } = made;
    const input = { name, intervalS, timeoutMs, retries, enabled, onStatusPage, target };
    expect((await server.ask(`/checks/${made.id}`, 'PUT', input)).status).toBe(200);
  };

  it('of HTTP go down with the reason, come up again, and their past is kept', async () => {
    const made = await make({ name: 'shop', target: { kind: 'http', url: address, bodyContains: 'fine' } });
    expect(made).toMatchObject({
      status: 'unknown',
      lastAt: null,
      uptime: { day: { share: null, knownS: 0 } },
    });
    await soon(async () => (await read(made.id)).status).toBe('up');
    answer = { status: 500, body: 'broken' };
    await change(made, made.target);
    await soon(async () => (await read(made.id)).lastReason).toBe('it answered 500, not 200-299');
    answer = { status: 200, body: 'well' };
    await change(made, made.target);
    await soon(async () => (await read(made.id)).lastReason).toBe('the answer has no "fine"');
    answer = { status: 200, body: '{"status":{"db":"ok"}} fine' };
    await change(made, { kind: 'http', url: address, jsonPath: 'status.db', jsonEquals: 'ok' });
    await soon(async () => (await read(made.id)).lastReason).toBe('status.db is not there, not "ok"');
    answer = { status: 200, body: '{"status":{"db":"ok"}}' };
    await change(made, { kind: 'http', url: address, jsonPath: 'status.db', jsonEquals: 'ok' });
    await soon(async () => (await read(made.id)).status).toBe('up');
    const past = await server.read<CheckResultsResponse>(`/checks/${made.id}/results`);
    expect(past.results.map(({ ok }) => ok)).toEqual([true, false, false, false, true]);
    expect(past.spells.map(({ status }) => status)).toEqual(['up', 'down', 'up', 'unknown']);
    const { uptime } = await read(made.id);
    expect(uptime.day.share).toBeGreaterThan(0);
    expect(uptime.day.share).toBeLessThan(1);
  });

  it('try again before a failure counts, and say when there is no answer in time', async () => {
    answer = { status: 503, body: '' };
    const before = asked;
    const made = await make({ name: 'flaky', retries: 2, target: { kind: 'http', url: address } });
    await soon(async () => asked - before).toBeGreaterThan(0);
    expect((await read(made.id)).status).toBe('unknown');
    await soon(async () => asked - before).toBeGreaterThan(1);
    answer = { status: 200, body: '' };
    await soon(async () => (await read(made.id)).status).toBe('up');
    const silent = createServer(() => undefined);
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}/`;
    const slow = await make({ name: 'silent', timeoutMs: 300, target: { kind: 'http', url } });
    await soon(async () => (await read(slow.id)).lastReason).toBe('no answer within 300 ms');
    silent.closeAllConnections();
    silent.close();
  });

  it('of TCP and DNS ask just that', async () => {
    const { port } = target.address() as AddressInfo;
    const open = await make({ name: 'port', target: { kind: 'tcp', host: '127.0.0.1', port } });
    const closed = await make({ name: 'no port', target: { kind: 'tcp', host: '127.0.0.1', port: 1 } });
    const nobody = await make({
      name: 'nobody',
      timeoutMs: 2_000,
      target: { kind: 'dns', host: 'nobody.invalid' },
    });
    await soon(async () => (await read(open.id)).status).toBe('up');
    await soon(async () => (await read(closed.id)).lastReason).toContain('ECONNREFUSED');
    await soon(async () => (await read(nobody.id)).status).toBe('down');
  });

  it('never reach where a machine has its credentials', async () => {
    for (const [name, at] of [
      ['metadata', 'http://169.254.169.254/latest/meta-data'],
      ['disguised', 'http://[::ffff:a9fe:a9fe]/'],
      ['by name', 'http://metadata.google.internal/'],
    ] as const) {
      const made = await make({ name, target: { kind: 'http', url: at } });
      await soon(async () => (await read(made.id)).lastReason).toMatch(/the address leads to .* credentials/);
    }
    const tcp = await make({ name: 'raw', target: { kind: 'tcp', host: '169.254.169.254', port: 80 } });
    await soon(async () => (await read(tcp.id)).lastReason).toContain('credentials');
  });

  it('of a heartbeat wait for its ping', async () => {
    const made = await make({ name: 'nightly', target: { kind: 'heartbeat', graceS: 0 } });
    expect((await server.ask(`/checks/${made.id}/ping`, 'POST')).body).toEqual({ ok: true });
    await soon(async () => (await read(made.id)).status).toBe('up');
    // After an interval without one it is down.
    await soon(async () => (await read(made.id)).lastReason).toMatch(/^no ping for 1\d s$/);
    await server.ask(`/checks/${made.id}/ping`, 'POST');
    await soon(async () => (await read(made.id)).status).toBe('up');
    const other = await server.read<ChecksResponse>('/checks');
    const shop = other.checks.find(({ name }) => name === 'shop');
    expect((await server.ask(`/checks/${shop?.id}/ping`, 'POST')).status).toBe(404);
  });

  it('of a program are made by its first report, and go down when it is gone without a word', async () => {
    const report = async (found: Record<string, unknown>) =>
      server.ask('/checks/reports', 'POST', {
        service: 'checkout',
        name: 'database',
        intervalS: 10,
        ...found,
      });
    const { status, body } = await report({ ok: true, ms: 12 });
    expect(status, JSON.stringify(body)).toBe(200);
    const { id } = body as { id: string };
    expect(await read(id)).toMatchObject({
      name: 'checkout/database',
      target: { kind: 'program', service: 'checkout' },
      status: 'up',
      lastMs: 12,
      onStatusPage: false,
    });
    await report({ ok: false, reason: 'no connection' });
    expect(await read(id)).toMatchObject({ status: 'down', lastReason: 'no connection' });
    // It says that it ends: nobody knows, and nothing is down.
    await report({ ok: true, ended: true });
    expect(await read(id)).toMatchObject({ status: 'unknown' });
    expect((await report({ ok: true })).body).toEqual({ id });
    expect(await read(id)).toMatchObject({ status: 'up' });
    await change(await read(id), { kind: 'program', service: 'checkout', graceS: 0 });
    await report({ ok: true });
    await soon(async () => (await read(id)).lastReason).toMatch(/^no report for 1\d s$/);
    expect(await read(id)).toMatchObject({ status: 'down' });
    const { results, spells } = await server.read<CheckResultsResponse>(`/checks/${id}/results`);
    expect(results.map(({ ok }) => ok).slice(-4)).toEqual([true, true, false, true]);
    expect(spells.map((spell) => spell.status).slice(-4)).toEqual(['unknown', 'down', 'up', 'unknown']);
    const query = encodeURIComponent('sightline_check_up{sightline_check_service="checkout"}');
    const value = async (): Promise<unknown> => {
      const answered = await fetch(`${server.ui}/prometheus/api/v1/query?query=${query}`);
      const { data } = (await answered.json()) as { data: { result: { value: [number, string] }[] } };
      return data.result[0]?.value[1];
    };
    await soon(value).toBe('0');
    await make({ name: 'checkout/other', target: { kind: 'http', url: address } });
    expect((await report({ name: 'other', ok: true })).status).toBe(400);
    expect((await report({ ok: true, intervalS: 1 })).status).toBe(400);
  });

  it('are metrics and spans like any other', async () => {
    const value = async (): Promise<unknown> => {
      const query = encodeURIComponent('sightline_check_up{sightline_check_name="no port"}');
      const answered = await fetch(`${server.ui}/prometheus/api/v1/query?query=${query}`);
      const { data } = (await answered.json()) as { data: { result: { value: [number, string] }[] } };
      return data.result[0]?.value[1];
    };
    await soon(value).toBe('0');
    const spans = async (): Promise<unknown> =>
      (await server.read<{ traces: unknown[] }>('/traces?q=service:sightline-checks%20status:error')).traces
        .length;
    await soon(spans).toBeGreaterThan(0);
  });

  it('refuse what cannot be, with what is wrong', async () => {
    const refused = async (input: Record<string, unknown>): Promise<string> => {
      const { status, body } = await server.ask('/checks', 'POST', { name: 'x', ...input });
      expect(status).toBe(400);
      return (body as { error: { message: string } }).error.message;
    };
    const http = { kind: 'http', url: address };
    expect(await refused({ target: { ...http, url: 'ftp://a/' } })).toContain('target.url');
    expect(await refused({ target: { ...http, status: 'ok' } })).toContain('200-299');
    expect(await refused({ target: http, intervalS: 1 })).toContain('intervalS');
    expect(await refused({ target: { kind: 'tcp', host: 'a b', port: 1 } })).toContain('target.host');
    expect(await refused({ target: http, name: 'shop' })).toContain('already');
    expect((await server.ask('/checks/nothing')).status).toBe(404);
  });

  it('are made as the docs say', async () => {
    const text = readFileSync(join(import.meta.dirname, '../../../../docs/checks.md'), 'utf8');
    const body = /```json\nPOST \/api\/v1\/checks\n(.*?)```/s.exec(text)?.[1] ?? '';
    const { status, body: made } = await server.ask('/checks', 'POST', body);
    expect(status, JSON.stringify(made)).toBe(200);
    expect(made).toMatchObject({ name: 'Payments API', retries: 2, timeoutMs: 10_000 });
    const { id } = made as Check;
    expect((await server.ask(`/checks/${id}`, 'DELETE')).body).toEqual({ deleted: id });
    const promql = /```promql\n(.*?)```/s.exec(text)?.[1] ?? '';
    const answered = await fetch(`${server.ui}/prometheus/api/v1/query?query=${encodeURIComponent(promql)}`);
    expect(answered.status).toBe(200);
  });

  it('stand on a page that can be shared, without script and without what they look at', async () => {
    await make({ name: '<img src=x onerror=alert(1)>', target: { kind: 'http', url: address } });
    await make({ name: 'hidden', onStatusPage: false, target: { kind: 'http', url: address } });
    const { body } = await server.ask('/status-page/link', 'PUT', { shared: true });
    const { path } = body as StatusPageLink;
    const html = await fetch(`${server.ui}${path}`);
    const text = await html.text();
    expect(text).toContain('&lt;img src=x onerror=alert(1)&gt;');
    expect(text).toContain('Something is down');
    expect(text).not.toContain(address);
    expect(text).not.toContain('hidden');
    expect(html.headers.get('content-security-policy')).toContain("default-src 'none'");
    const json = (await (await fetch(`${server.ui}${path}.json`)).json()) as StatusPage;
    expect(json.status).toBe('down');
    expect(json.checks.map(({ name }) => name)).toContain('nightly');
    await server.ask('/status-page/link', 'PUT', { shared: false });
    await delay(2_100);
    expect((await fetch(`${server.ui}${path}`)).status).toBe(404);
  });

  it('stay through the death of the server; the time in between is unknown', async () => {
    const { checks } = await server.read<ChecksResponse>('/checks');
    const port = checks.find(({ name }) => name === 'port');
    await server.kill();
    await server.startAgain();
    const after = await read(port?.id ?? '');
    expect(after.status).toBe('up');
    const before = after.lastAt;
    await soon(async () => (await read(after.id)).lastAt).not.toBe(before);
  });
});

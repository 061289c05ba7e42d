/** Scheduled reports of a whole server: mailed to a mail server on a socket, once, whenever the process is killed. */
import { readdir, readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { inflateSync } from 'node:zlib';
import type {
  ChannelView,
  MadeReport,
  MadeReportsResponse,
  ReportResponse,
  ReportSchedule,
} from '@sightline/schema/api';
import { type ParsedMail, simpleParser } from 'mailparser';
import { SMTPServer } from 'smtp-server';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { openCatalog } from '../catalog/catalog.ts';
import { AgentSpans } from '../query/testing/agent-spans.ts';
import { tracesRequest } from '../query/testing/otlp-json.ts';
import { LiveServer } from '../testing/live-server.ts';
import { pictureHeight, pictureWidth } from './bars-png.ts';

const hostile = `<img src=x onerror=alert(1)> & "cost"`;
const patience = { timeout: 90_000, interval: 100 };
const network = ['--channel-network', '127.0.0.0/8'];
const dayMs = 86_400_000;

describe('scheduled reports', { timeout: 180_000 }, () => {
  let server: LiveServer;
  let mail: SMTPServer;
  let mails: ParsedMail[] = [];
  /** What becomes of a mail before it is taken. */
  let onMail: ((parsed: ParsedMail) => Promise<void>) | undefined;
  const hooks = createServer();
  let told: { readonly path: string; readonly body: string }[] = [];
  const channels: Record<string, string> = {};

  const take = async (stream: Readable): Promise<void> => {
    const parsed = await simpleParser(stream);
    await onMail?.(parsed);
    mails.push(parsed);
  };

  beforeAll(async () => {
    mail = new SMTPServer({
      authOptional: true,
      disabledCommands: ['STARTTLS'],
      onData: (stream, _session, done) => {
        void take(stream).finally(done);
      },
    });
    // A client that is killed resets its connection.
    mail.on('error', () => undefined);
    await new Promise<void>((resolve) => mail.listen(0, '127.0.0.1', resolve));
    hooks.on('request', (request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        told.push({ path: request.url ?? '', body: Buffer.concat(chunks).toString() });
        response.end('ok');
      });
    });
    await new Promise<void>((resolve) => hooks.listen(0, '127.0.0.1', resolve));
    server = await LiveServer.start(network);
    const midnight = Math.floor(Date.now() / dayMs) * dayMs;
    const spans = new AgentSpans(BigInt(midnight - 3_600_000) * 1_000_000n);
    const yesterday = [1, 2, 3].flatMap((trace) => [
      spans.agent(hostile, {
        trace,
        span: trace * 10,
        at: trace * 60,
        lasts: trace,
        ...(trace === 3 ? { error: 'no' } : {}),
      }),
      spans.call('gpt', {
        trace,
        span: trace * 10 + 1,
        parent: trace * 10,
        at: trace * 60,
        lasts: 1,
        cost: 0.5,
      }),
    ]);
    await server.send('traces', tracesRequest('shop', yesterday));
    await server.stored();
    const { port } = mail.server.address() as AddressInfo;
    const hook = `http://127.0.0.1:${(hooks.address() as AddressInfo).port}`;
    for (const [name, settings] of Object.entries({
      mail: {
        type: 'email',
        host: '127.0.0.1',
        port,
        security: 'none',
        from: 'reports@example.com',
        to: ['team@example.com'],
      },
      slack: { type: 'slack_webhook', url: `${hook}/slack` },
      hook: {
        type: 'webhook',
        url: `${hook}/hook`,
        secrets: ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo='],
      },
      pager: { type: 'pagerduty', routingKey: '0123456789abcdef0123456789abcdef' },
    })) {
      const { status, body } = await server.ask('/channels', 'POST', { name, settings });
      expect(status, JSON.stringify(body)).toBe(200);
      channels[name] = (body as ChannelView).id;
    }
  }, 120_000);
  afterAll(async () => {
    await server.close();
    hooks.close();
    hooks.closeAllConnections();
    await new Promise<void>((resolve) => mail.close(() => resolve()));
  });

  const schedule = async (settings: object): Promise<ReportSchedule> => {
    const { status, body } = await server.ask('/reports/schedules', 'POST', {
      timing: { every: 'day', timeZone: 'UTC' },
      ...settings,
    });
    expect(status, JSON.stringify(body)).toBe(200);
    return body as ReportSchedule;
  };
  const made = async (id: string): Promise<readonly MadeReport[]> =>
    (await server.read<MadeReportsResponse>(`/reports?schedule=${id}`)).reports;
  const delivered = async (id: string): Promise<MadeReport> =>
    vi.waitFor(async () => {
      const [newest] = await made(id);
      expect(newest?.deliveries.map(({ state }) => state).join()).toMatch(/^(delivered,?)+$/);
      return newest as MadeReport;
    }, patience);

  it('are sent by hand as mail with pictures, as a summary for Slack, as JSON to a webhook, and kept as a file', async () => {
    [mails, told] = [[], []];
    const { id } = await schedule({
      name: `Morning ${hostile}`,
      channels: [channels['mail'], channels['slack'], channels['hook'], 'log'],
      file: true,
    });
    const sent = await server.ask(`/reports/schedules/${id}/send`, 'POST', {});
    expect(sent.status, JSON.stringify(sent.body)).toBe(200);
    const report = await delivered(id);
    const numbers = await server.read<ReportResponse>(`/reports/${report.id}`);
    expect(numbers.totals).toMatchObject({ runs: 3, failedRuns: 1, costUsd: 1.5 });
    expect([Date.parse(numbers.startTime) % dayMs, Date.parse(numbers.endTime) % dayMs]).toEqual([0, 0]);

    const [received] = mails;
    expect(mails).toHaveLength(1);
    expect(received?.subject).toBe(`Report: Morning ${hostile}`);
    const html = String(received?.html);
    expect(html).not.toMatch(/<img(?! src="(?:cid:|data:image\/png))/);
    expect(html).toContain('&lt;img src=x onerror=alert(1)&gt;');
    expect(html).toContain(numbers.summary.slice(0, 20));
    expect(received?.text).toContain(numbers.summary);
    expect(Buffer.byteLength(html)).toBeLessThan(102_000);
    const pictures = received?.attachments ?? [];
    expect(pictures.map(({ contentType, related }) => [contentType, related])).toEqual(
      Array(3).fill(['image/png', true]),
    );
    // As a reader of PNG takes them: the size in the head, and as many bytes of pixels.
    for (const { content } of pictures) {
      expect([content.readUInt32BE(16), content.readUInt32BE(20)]).toEqual([pictureWidth, pictureHeight]);
      const at = content.indexOf('IDAT');
      const pixels = inflateSync(content.subarray(at + 4, at + 4 + content.readUInt32BE(at - 4)));
      expect(pixels).toHaveLength((pictureWidth + 1) * pictureHeight);
      expect(pixels.some((color) => color === 1)).toBe(true);
    }
    const slack = JSON.parse(told.find(({ path }) => path === '/slack')?.body ?? '') as object;
    expect(JSON.stringify(slack)).toContain('"Runs: "');
    expect(slack).toMatchObject({ blocks: [{ type: 'header' }, { type: 'rich_text' }] });
    const hook = JSON.parse(told.find(({ path }) => path === '/hook')?.body ?? '') as {
      readonly type: string;
      readonly data: { readonly report: ReportResponse };
    };
    expect(hook.type).toBe('report');
    expect(hook.data.report).toEqual(numbers);
    const files = await readdir(join(server.directory, 'reports'));
    expect(files).toHaveLength(1);
    expect(await readFile(join(server.directory, 'reports', files[0] ?? ''), 'utf8')).toContain(
      '<data value="1.5">',
    );
    const page = await fetch(`${server.ui}/api/v1/reports/${report.id}?format=html`);
    expect(await page.text()).toContain('&lt;img src=x onerror=alert(1)&gt;');
  });

  it('that were due while no server ran are sent once, and say so; a killed server sends none twice', async () => {
    [mails, told] = [[], []];
    const { id } = await schedule({ name: 'Daily', channels: [channels['mail']] });
    const paused = await schedule({ name: 'Paused', channels: [channels['mail']], enabled: false });
    expect(paused.nextTime).toBeNull();
    await server.kill();
    const catalog = await openCatalog({ directory: join(server.directory, 'control') });
    await catalog.query(
      `UPDATE report_schedules SET next_at = date_trunc('milliseconds', next_at) - interval '4 days' WHERE name = 'Daily'`,
    );
    await catalog.close();
    // The mail server has the mail, and the power fails before it says so.
    let held: ParsedMail | undefined;
    onMail = async (parsed) => {
      onMail = undefined;
      held = parsed;
      await server.kill();
    };
    await server.startAgain(network);
    await vi.waitFor(() => expect(held).toBeDefined(), patience);
    await server.startAgain(network);
    const report = await delivered(id);
    expect(report.missed).toBeGreaterThanOrEqual(2);
    expect(await made(id)).toHaveLength(1);
    // What was sent again has the same id, so that mail programs show one.
    expect(new Set(mails.map(({ messageId }) => messageId))).toEqual(new Set([held?.messageId]));
    expect(mails.at(-1)?.text).toContain(`${report.missed} reports before it were not made`);

    // Now that it is delivered, another end of the process sends nothing again.
    const before = mails.length;
    await server.kill();
    await server.startAgain(network);
    const other = await schedule({ name: 'Another', channels: [channels['mail']] });
    await server.ask(`/reports/schedules/${other.id}/send`, 'POST', {});
    await delivered(other.id);
    expect(mails.slice(before).map(({ subject }) => subject)).toEqual(['Report: Another']);
    expect(await made(id)).toHaveLength(1);
    expect(await made(paused.id)).toEqual([]);
    const { nextTime } = await server.read<ReportSchedule>(`/reports/schedules/${id}`);
    expect(Date.parse(nextTime ?? '')).toBeGreaterThan(Date.now());
  });

  it('are changed, paused and deleted, and what cannot be is refused', async () => {
    const { id } = await schedule({ name: 'Weekly', timing: { every: 'week', timeZone: 'Europe/Berlin' } });
    const changed = await server.ask(`/reports/schedules/${id}`, 'PUT', {
      name: 'Weekly',
      timing: { every: 'month', dayOfMonth: 31 },
      enabled: false,
    });
    expect(changed.body).toMatchObject({ nextTime: null, timing: { every: 'month', time: '09:00' } });
    for (const [body, said] of [
      [{ name: 'Weekly', timing: { every: 'day' } }, 'named "Weekly" already'],
      [{ name: 'a', timing: { every: 'day', timeZone: 'Mars/Base' } }, 'Europe/Berlin'],
      [{ name: 'a', timing: { every: 'day', time: '24:00' } }, '09:00'],
      [{ name: 'a', timing: { every: 'day' }, channels: [channels['pager']] }, 'takes no reports'],
      [{ name: 'a', timing: { every: 'day' }, channels: ['nobody'] }, 'No channel has the id'],
      [{ name: 'a', timing: { every: 'day' }, q: 'duration>soon' }, 'duration'],
    ] as const) {
      const { status, body: answer } = await server.ask('/reports/schedules', 'POST', body);
      expect([status, JSON.stringify(answer)]).toEqual([
        400,
        expect.stringContaining(JSON.stringify(said).slice(1, -1)),
      ]);
    }
    expect((await server.ask(`/reports/schedules/${id}`, 'DELETE')).status).toBe(200);
    expect((await server.ask(`/reports/schedules/${id}/send`, 'POST', {})).status).toBe(404);
    expect((await server.ask('/reports/nothing')).status).toBe(404);
  });
});

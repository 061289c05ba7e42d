/** Mail by SMTP, against a mail server on a socket; what it took is read by a parser of mail. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { lookup } from 'node:dns';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { nanosFromMs } from '@sightline/base';
import { channelSettings } from '@sightline/schema/api';
import { simpleParser } from 'mailparser';
import { pino } from 'pino';
import { SMTPServer } from 'smtp-server';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { publicReach } from '../../outbound/reach.ts';
import type { Delivery, Notification } from '../notification.ts';
import { openChannel } from './open-channel.ts';
import { hostile, hostileText, notification } from './testing/notifications.ts';

const directory = mkdtempSync(join(tmpdir(), 'sightline-mail-'));
const file = (name: string): string => join(directory, name);
const trusted = getCACertificates('default');

beforeAll(() => {
  execFileSync(
    'openssl',
    [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-days',
      '2',
      '-subj',
      '/CN=mail.test',
    ].concat([
      '-addext',
      'subjectAltName=DNS:mail.test',
      '-keyout',
      file('key.pem'),
      '-out',
      file('cert.pem'),
    ]),
    { stdio: 'ignore' },
  );
});
afterAll(() => {
  setDefaultCACertificates(trusted);
  rmSync(directory, { recursive: true, force: true });
});

interface Taken {
  readonly raw: string;
  readonly to: readonly string[];
  readonly from: string;
  readonly isSecure: boolean;
  readonly user: string | undefined;
}

let servers: SMTPServer[] = [];
afterEach(async () => {
  for (const server of servers) await new Promise<void>((resolve) => server.close(() => resolve()));
  servers = [];
});

async function startMail(options: ConstructorParameters<typeof SMTPServer>[0] = {}) {
  const taken: Taken[] = [];
  const server = new SMTPServer({
    authOptional: true,
    key: readFileSync(file('key.pem'), 'utf8'),
    cert: readFileSync(file('cert.pem'), 'utf8'),
    onAuth: ({ username, password }, _session, done) =>
      password === 'right' ? done(null, { user: username }) : done(new Error('535 no such user')),
    onData: (stream, session, done) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        taken.push({
          raw: Buffer.concat(chunks).toString(),
          to: session.envelope.rcptTo.map(({ address }) => address),
          from: session.envelope.mailFrom === false ? '' : session.envelope.mailFrom.address,
          isSecure: session.secure,
          user: typeof session.user === 'string' ? session.user : undefined,
        });
        done(null, 'queued as 42');
      });
    },
    ...options,
  });
  server.on('error', () => undefined);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.server.address() as AddressInfo;
  return { port, taken };
}

const answers: string[] = [];

async function send(
  port: number,
  changed: object = {},
  sent: Notification = notification(),
  { networks = ['127.0.0.0/8'], timeoutMs = 5_000 } = {},
): Promise<Delivery> {
  const settings = channelSettings.parse({
    type: 'email',
    host: 'mail.test',
    port,
    security: 'none',
    from: 'alerts@example.com',
    to: ['ops@example.com', 'cto@example.com'],
    ...changed,
  });
  const channel = openChannel(settings, {
    reach: publicReach(networks),
    clock: { now: () => nanosFromMs(Date.now()) },
    log: pino({ level: 'silent' }),
    resolve: ((_name: string, _options: object, found: (error: null, all: object[]) => void) =>
      found(null, [{ address: '127.0.0.1', family: 4 }])) as unknown as typeof lookup,
    timeoutMs,
    onAnswer: (answer) => answers.push(answer),
  });
  return channel.deliver(sent, { reference: undefined, signal: new AbortController().signal });
}

describe('a mail', () => {
  it('is readable as HTML and as text, to everybody, with a bar for each value', async () => {
    const { port, taken } = await startMail();
    expect(await send(port)).toEqual({ kind: 'delivered' });
    expect(answers.at(-1)).toContain('queued as 42');
    const [first] = taken;
    expect(first).toMatchObject({ from: 'alerts@example.com', to: ['ops@example.com', 'cto@example.com'] });
    const mail = await simpleParser(first?.raw ?? '');
    expect(mail.subject).toBe('Firing (2): error rate of checkout is 12 % (limit 5 %)');
    expect(mail.text).toContain('Firing: gpt-5 fails');
    expect(mail.text).toContain('Traces: 0af7651916cd43dd8448eb211c80319c');
    expect(mail.html).toContain('width:160px');
    expect(mail.html).toContain('width:93px');
    expect(mail.html).toContain('<a href="https://sightline.example.com/alerts/7">');
    expect(mail.html).not.toMatch(/<(?:img|script|link|iframe)/i);
  });

  it('has the same id when it is sent again, and stands in one thread with its recovery', async () => {
    const { port, taken } = await startMail();
    await send(port);
    await send(port);
    await send(port, {}, notification({ status: 'resolved', dedupeKey: 'rule-7:2' }));
    const mails = await Promise.all(taken.map(async ({ raw }) => simpleParser(raw)));
    const [one, again, over] = mails;
    expect(again?.messageId).toBe(one?.messageId);
    expect(over?.messageId).not.toBe(one?.messageId);
    expect(over?.inReplyTo).toBe(one?.inReplyTo);
    expect(over?.subject).toMatch(/^Resolved/);
  });

  it('makes nothing but text of what is hostile', async () => {
    const { port, taken } = await startMail();
    for (const text of [hostileText, hostileText.repeat(2_000)])
      expect(await send(port, {}, hostile(text))).toEqual({ kind: 'delivered' });
    for (const { raw, to } of taken) {
      expect(to).toEqual(['ops@example.com', 'cto@example.com']);
      expect(raw.length).toBeLessThan(400_000);
      const mail = await simpleParser(raw);
      expect(mail.bcc).toBeUndefined();
      expect([...mail.headers.keys()].toSorted()).toEqual([
        'auto-submitted',
        'content-type',
        'date',
        'from',
        'in-reply-to',
        'message-id',
        'mime-version',
        'references',
        'subject',
        'to',
      ]);
      const markup = typeof mail.html === 'string' ? mail.html : '';
      // Tags are those of the letter alone.
      const tags = new Set([...markup.matchAll(/<\/?([a-z!][a-z0-9]*)/gi)].map(([, tag]) => tag));
      expect(tags).toEqual(
        new Set(['!doctype', 'a', 'body', 'br', 'div', 'h1', 'html', 'p', 'table', 'td', 'th', 'tr']),
      );
      const links = new Set([...markup.matchAll(/href="([^"]*)"/g)].map(([, link]) => link));
      expect([...links]).toEqual(['https://sightline.example.com/alerts/7/gpt-5']);
      expect(markup).not.toMatch(/[\u202A-\u202E\u2066-\u2069\0]|href="(?:javascript|data)/u);
    }
  });
});

describe('the mail server', () => {
  it('is spoken to by STARTTLS or TLS from the start, if it shows a certificate that is trusted', async () => {
    const plain = await startMail();
    const secure = await startMail({ secure: true });
    for (const [{ port }, security] of [
      [plain, 'starttls'],
      [secure, 'tls'],
    ] as const)
      expect(await send(port, { security })).toMatchObject({
        kind: 'retry',
        reason: expect.stringMatching(/certificate/),
      });
    setDefaultCACertificates([...trusted, readFileSync(file('cert.pem'), 'utf8')]);
    expect(await send(plain.port, { security: 'starttls', user: 'me', password: 'right' })).toEqual({
      kind: 'delivered',
    });
    expect(await send(secure.port, { security: 'tls' })).toEqual({ kind: 'delivered' });
    expect(plain.taken).toMatchObject([{ isSecure: true, user: 'me' }]);
    expect(secure.taken).toMatchObject([{ isSecure: true }]);
  });

  it('that offers no STARTTLS gets nothing where it is asked for', async () => {
    const { port, taken } = await startMail({ disabledCommands: ['STARTTLS'] });
    expect(await send(port, { security: 'starttls' })).toMatchObject({ kind: 'refused' });
    expect(taken).toEqual([]);
  });

  it('that knows the user not refuses, and the password is not told', async () => {
    const { port } = await startMail({ allowInsecureAuth: true });
    const delivery = await send(port, { user: 'me', password: 'wrong-password' });
    expect(delivery).toMatchObject({ kind: 'refused' });
    expect(JSON.stringify(delivery)).not.toContain('wrong-password');
  });

  it.each([
    [451, 'retry'],
    [550, 'refused'],
  ])('that answers %s means %s', async (responseCode, kind) => {
    const { port } = await startMail({
      onRcptTo: (_address, _session, done) => done(Object.assign(new Error('not now'), { responseCode })),
    });
    expect(await send(port)).toEqual({ kind, reason: `the mail server answers: ${responseCode} not now` });
  });

  it('that is not there, or says nothing, may be there later', async () => {
    const gone = await startMail();
    await new Promise<void>((resolve) => servers.pop()?.close(() => resolve()));
    expect(await send(gone.port)).toMatchObject({
      kind: 'retry',
      reason: expect.stringContaining('ECONNREFUSED'),
    });
    const slow = await startMail({ onConnect: () => undefined });
    expect(await send(slow.port, {}, notification(), { timeoutMs: 300 })).toEqual({
      kind: 'retry',
      reason: 'the mail server did not answer within 300 ms',
    });
  });

  it('may not be where only this network leads, by name or by address', async () => {
    const { port, taken } = await startMail();
    for (const host of ['mail.test', '127.0.0.1', '::1', '0x7f.1', 'metadata.google.internal'])
      expect(await send(port, { host }, notification(), { networks: [] }), host).toMatchObject({
        kind: 'refused',
        reason: expect.stringMatching(/address leads to/),
      });
    expect(taken).toEqual([]);
  });
});

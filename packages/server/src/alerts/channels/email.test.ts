/** Mail by SMTP, against a mail server on a socket; what it took is read by a parser of mail. */
import type { lookup } from 'node:dns';
import { type AddressInfo, createServer } from 'node:net';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { nanosFromMs } from '@sightline/base';
import { channelSettings } from '@sightline/schema/api';
import { simpleParser } from 'mailparser';
import { pino } from 'pino';
import { SMTPServer } from 'smtp-server';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { publicReach } from '../../outbound/reach.ts';
import { selfSigned } from '../../outbound/self-signed.testing.ts';
import type { Delivery, Notification } from '../notification.ts';
import { openChannel } from './open-channel.ts';
import { hostile, hostileText, notification } from './testing/notifications.ts';

const trusted = getCACertificates('default');
const fitting = selfSigned('mail.test', 2);

afterAll(() => setDefaultCACertificates(trusted));

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
    ...fitting,
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
    setDefaultCACertificates([...trusted, fitting.cert]);
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

  it('is not spoken to where its certificate does not fit, and says why', async () => {
    for (const security of ['starttls', 'tls'] as const)
      for (const [shown, why] of [
        [fitting, /^its certificate is not trusted: self-signed certificate\. .*NODE_EXTRA_CA_CERTS/],
        [
          selfSigned('other.test', 2),
          /^its certificate is not trusted: Hostname.* altnames: DNS:other\.test$/,
        ],
        [selfSigned('mail.test', -1), /^its certificate is not trusted: certificate has expired$/],
      ] as const) {
        setDefaultCACertificates(shown === fitting ? trusted : [...trusted, shown.cert]);
        const { port, taken } = await startMail({ secure: security === 'tls', ...shown });
        const delivery = await send(port, { security, user: 'me', password: 'right' });
        expect(delivery).toMatchObject({ kind: 'retry' });
        const prefix = 'the mail server is not spoken to: ';
        const reason = delivery.kind === 'delivered' ? '' : delivery.reason;
        expect(reason.slice(0, prefix.length)).toBe(prefix);
        expect(reason.slice(prefix.length)).toMatch(why);
        expect(taken).toEqual([]);
      }
  });

  it('gets no password in plain text, whatever it offers', async () => {
    const heard: string[] = [];
    // Takes STARTTLS back, refuses it, or answers in one packet what an attacker has put behind its yes.
    for (const [offer, yes] of [
      ['250 AUTH PLAIN LOGIN', ''],
      ['250-STARTTLS\r\n250 AUTH PLAIN LOGIN', '454 not now'],
      ['250-STARTTLS\r\n250 AUTH PLAIN LOGIN', '220 go ahead\r\n250-evil\r\n250 AUTH PLAIN LOGIN'],
    ] as const) {
      const server = createServer((socket) => {
        socket.on('error', () => undefined);
        socket.write('220 mail.test\r\n');
        socket.on('data', (chunk) => {
          heard.push(chunk.toString('latin1'));
          if (chunk.toString().startsWith('EHLO')) socket.write(`250-mail.test\r\n${offer}\r\n`);
          else socket.write(`${chunk.toString().startsWith('STARTTLS') ? yes : '502 what?'}\r\n`);
        });
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const { port } = server.address() as AddressInfo;
      const delivery = await send(
        port,
        { security: 'starttls', user: 'me', password: 'hush-hush' },
        notification(),
        { timeoutMs: 2_000 },
      );
      expect(delivery.kind).not.toBe('delivered');
      server.close();
    }
    const { port, taken } = await startMail({ allowInsecureAuth: true });
    expect(await send(port, { security: 'none', user: 'me', password: 'right' })).toEqual({
      kind: 'refused',
      reason:
        'the password would be sent unencrypted: choose starttls or tls, or leave user and password out',
    });
    expect(taken).toEqual([]);
    expect(heard.length).toBeGreaterThan(3);
    expect(heard.join('')).not.toMatch(/AUTH|hush|aHVzaC|odXNoL/);
  });

  it('that knows the user not refuses, and the password is not told, however it is repeated', async () => {
    setDefaultCACertificates([...trusted, fitting.cert]);
    const sent = Buffer.from('\0me\0wrong-password').toString('base64');
    const { port } = await startMail({
      onAuth: (_auth, _session, done) => done(new Error(`wrong-password, or ${sent}?`)),
    });
    const delivery = await send(port, { security: 'starttls', user: 'me', password: 'wrong-password' });
    expect(delivery).toEqual({
      kind: 'refused',
      reason: 'the mail server answers: 535 ********, or ********?',
    });
    expect(answers.at(-1)).toBe('535 ********, or ********?');
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

/** One attempt at a check, against servers of the test: certificates made by openssl, a name server on a socket. */
import { createSocket, type Socket } from 'node:dgram';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { checkTarget } from '@sightline/schema/api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CheckOutcome } from '../catalog/checks.ts';
import { beyondMachines, publicReach, type Reach } from '../outbound/reach.ts';
import { type Certificate, selfSigned } from '../outbound/self-signed.testing.ts';
import { probe } from './probe.ts';

async function look(
  target: Record<string, unknown>,
  { reach = beyondMachines, timeoutMs = 5_000 }: { reach?: Reach; timeoutMs?: number } = {},
): Promise<CheckOutcome> {
  const parsed = checkTarget.parse(target);
  if (parsed.kind === 'heartbeat' || parsed.kind === 'program') throw new Error('nothing is asked');
  return probe(parsed, { reach, timeoutMs, nowMs: Date.now() });
}

describe('the certificate of an address', () => {
  const trusted = getCACertificates('default');
  const servers: Server[] = [];
  afterAll(() => {
    setDefaultCACertificates(trusted);
    for (const server of servers) server.close();
  });

  async function show(certificate: Certificate): Promise<string> {
    const server = createServer(certificate, (_request, response) => response.end('fine'));
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return `https://localhost:${(server.address() as AddressInfo).port}/`;
  }

  it('tells how many days it holds, and is too old where that is less than asked for', async () => {
    const certificate = selfSigned('localhost', 5);
    const url = await show(certificate);
    setDefaultCACertificates([...trusted, certificate.cert]);
    const fine = await look({ kind: 'http', url, certificateDaysMin: 4 });
    expect(fine).toMatchObject({ ok: true, reason: null });
    expect(fine.certificateDays).toBeGreaterThan(4.9);
    expect(fine.certificateDays).toBeLessThanOrEqual(5);
    expect(await look({ kind: 'http', url })).toMatchObject({ ok: true });
    expect(await look({ kind: 'http', url, certificateDaysMin: 14 })).toMatchObject({
      ok: false,
      reason: 'its certificate ends in 4 days',
      certificateDays: fine.certificateDays === null ? null : expect.closeTo(fine.certificateDays, 1),
    });
  });

  it.each([
    ['that ended', 'localhost', -1, /^its certificate is not trusted: certificate has expired$/],
    ['of another host', 'other.test', 5, /^its certificate is not trusted: Hostname.*DNS:other\.test$/],
    ['of a CA that nobody knows', '', 5, /^its certificate is not trusted: self-signed .*NODE_EXTRA_CA/],
  ])('%s is a failure that says why', async (_which, host, days, reason) => {
    const certificate = selfSigned(host || 'localhost', days);
    setDefaultCACertificates(host === '' ? trusted : [...trusted, certificate.cert]);
    expect(await look({ kind: 'http', url: await show(certificate) })).toEqual({
      ok: false,
      ms: null,
      reason: expect.stringMatching(reason),
      certificateDays: null,
    });
  });
});

describe('a name at a name server', () => {
  let socket: Socket;
  let server = '';
  let asked: string[] = [];

  beforeAll(async () => {
    socket = createSocket('udp4', (question, { port, address }) => {
      const [name, end] = readName(question);
      asked.push(name);
      const answer = answerTo(name, question.subarray(0, end + 4));
      if (answer !== undefined) socket.send(answer, port, address);
    });
    await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
    server = `127.0.0.1:${socket.address().port}`;
  });
  afterAll(() => socket.close());

  it.each([
    [{ host: 'right.test' }, null],
    [{ host: 'right.test', contains: '192.0.2.7' }, null],
    [{ host: 'right.test', contains: '192.0.2.8' }, 'no A record has "192.0.2.8": 192.0.2.7'],
    [{ host: 'text.test', record: 'TXT', contains: 'v=spf1' }, null],
    [{ host: 'right.test', record: 'MX' }, '"right.test" has no MX record'],
    [{ host: 'gone.test' }, 'there is no name "gone.test" (NXDOMAIN)'],
    [{ host: 'broken.test' }, 'the name server failed to look "broken.test" up (SERVFAIL)'],
    [{ host: 'refused.test' }, 'the name server refuses to look "refused.test" up (REFUSED)'],
  ])('%o: %s', async (target, reason) => {
    expect(await look({ kind: 'dns', server, ...target })).toMatchObject({ ok: reason === null, reason });
  });

  it('that does not answer is a failure after the time-out', async () => {
    expect(await look({ kind: 'dns', server, host: 'silent.test' }, { timeoutMs: 300 })).toEqual({
      ok: false,
      ms: null,
      reason: 'no answer within 300 ms',
      certificateDays: null,
    });
  });

  it('is not asked where checks may not go, or where the address is none', async () => {
    asked = [];
    const reach = publicReach([]);
    for (const [wrong, reason] of [
      [server, 'the name server leads to 127.0.0.1, which is not on the public internet'],
      ['169.254.169.254', /^the name server leads to .* credentials$/],
      ['[::ffff:a9fe:a9fe]', /^the name server leads to .* credentials$/],
      ['300.1.1.1', 'the name server is no address'],
      ['1.1.1.1:99999', 'the name server is no address'],
    ] as const)
      expect((await look({ kind: 'dns', server: wrong, host: 'right.test' }, { reach })).reason).toMatch(
        reason,
      );
    for (const server of ['dns.google', '1.1.1.1/', '1.1.1.1#53', 'a@1.1.1.1', '[::1', ''])
      expect(checkTarget.safeParse({ kind: 'dns', host: 'x', server }).success, server).toBe(false);
    expect(asked).toEqual([]);
  });
});

/** The name that is asked for, and where it ends (RFC 1035, 4.1.2). */
function readName(question: Buffer): [string, number] {
  const parts: string[] = [];
  let at = 12;
  for (let length = question[at] ?? 0; length > 0; length = question[at] ?? 0) {
    parts.push(question.toString('latin1', at + 1, at + 1 + length));
    at += length + 1;
  }
  return [parts.join('.'), at + 1];
}

/** Header and question again, with a code (NOERROR 0, SERVFAIL 2, NXDOMAIN 3, REFUSED 5) and one record at most. */
function answerTo(name: string, asked: Buffer): Buffer | undefined {
  if (name === 'silent.test') return undefined;
  const isText = name === 'text.test';
  const hasAnswer = isText || (name === 'right.test' && asked.readUInt16BE(asked.length - 4) === 1);
  const head = Buffer.from(asked);
  const code = { 'gone.test': 3, 'broken.test': 2, 'refused.test': 5 }[name] ?? 0;
  head.writeUInt16BE(0x81_80 | code, 2);
  head.writeUInt16BE(hasAnswer ? 1 : 0, 6);
  head.fill(0, 8, 12);
  if (!hasAnswer) return head;
  const text = 'v=spf1 -all';
  const data = isText ? Buffer.from([text.length, ...Buffer.from(text)]) : Buffer.from([192, 0, 2, 7]);
  const record = Buffer.from([0xc0, 12, 0, isText ? 16 : 1, 0, 1, 0, 0, 0, 60, 0, data.length]);
  return Buffer.concat([head, record, data]);
}

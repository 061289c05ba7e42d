/** Where requests may go whose address a user chose: over real sockets, with names that a resolver of the test's own looks up. */
import type { lookup, LookupAddress, LookupAllOptions } from 'node:dns';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, isIP } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findHostProblem, findUrlProblem, guardedLookup, publicReach, readNetwork } from './reach.ts';
import { sendRequest } from './send-request.ts';

const internet = publicReach([]);
let server: Server;
let asked = 0;
let port = 0;

beforeAll(async () => {
  server = createServer((_request, response) => {
    asked += 1;
    response.end('here');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ({ port } = server.address() as AddressInfo);
});
afterAll(() => server.close());

describe('the public internet', () => {
  it.each([
    '127.0.0.1',
    '127.255.255.254',
    '10.1.2.3',
    '172.16.0.1',
    '192.168.1.1',
    '100.64.0.1',
    '169.254.169.254',
    '168.63.129.16',
    '0.0.0.0',
    '198.18.0.1',
    '224.0.0.1',
    '255.255.255.255',
    '::1',
    '::',
    'fe80::1',
    'fd00:ec2::254',
    'fc00::1',
    'ff02::1',
    '::ffff:10.0.0.1',
    '::7f00:1',
    '64:ff9b::7f00:1',
    '64:ff9b:1::7f00:1',
    '2002:7f00:1::',
    '2001::1',
    '2001:db8::1',
    'fec0::1',
    '100::1',
  ])('is not %s', (address) => {
    expect(internet.problemOf(address)).toBeDefined();
    const host = isIP(address) === 6 ? `[${address}]` : address;
    expect(findUrlProblem(`http://${host}/`, internet)).toBeDefined();
    expect(findHostProblem(address, internet)).toBeDefined();
  });

  it.each([
    'http://0x7f.1/',
    'http://2130706433/',
    'http://017700000001/',
    'http://127.1/',
    'http://①②⑦.0.0.1/',
    'http://[::ffff:7f00:1]/',
    'http://metadata.google.internal/',
    'http://METADATA/',
    'http://user:secret@example.com/',
    'ftp://example.com/',
    'file:///etc/passwd',
  ])('is not %s', (url) => {
    expect(findUrlProblem(url, internet)).toBeDefined();
  });

  it.each(['8.8.8.8', '1.1.1.1', '2606:4700:4700::1111', '2a00:1450:4001:80b::200e'])('has %s', (address) => {
    expect(internet.problemOf(address)).toBeUndefined();
  });
});

describe('an allowed network', () => {
  const reach = publicReach(['10.0.0.0/8', '192.168.7.7/32', 'fd12::/16', '0.0.0.0/0', '::/0'].slice(0, 3));

  it('is within reach, and nothing beside it', () => {
    for (const inside of ['10.9.8.7', '::ffff:10.9.8.7', '192.168.7.7', 'fd12:1::1'])
      expect(reach.problemOf(inside), inside).toBeUndefined();
    for (const beside of ['11.0.0.1', '192.168.7.8', 'fd13::1', '127.0.0.1'])
      expect(reach.problemOf(beside) === undefined, beside).toBe(beside === '11.0.0.1');
  });

  it('never has the credentials of machines in it, though everything is allowed', () => {
    const everything = publicReach(['0.0.0.0/0', '::/0']);
    expect(everything.problemOf('127.0.0.1')).toBeUndefined();
    for (const machine of [
      '169.254.169.254',
      '::ffff:169.254.169.254',
      'fe80::1',
      '168.63.129.16',
      'fd00:ec2::254',
    ])
      expect(everything.problemOf(machine), machine).toMatch('credentials');
  });

  it.each([
    ['10.0.0.0/8', '10.0.0.0/8'],
    ['10.1.2.3', '10.1.2.3/32'],
    ['fd12::/16', 'fd12::/16'],
    ['::1', '::1/128'],
    ['10.0.0.0/33', undefined],
    ['0x7f.1/8', undefined],
    ['10.0.0.0/', undefined],
    ['example.com', undefined],
    ['', undefined],
  ])('written as %s is read as %s', (text, network) => {
    expect(readNetwork(text)).toBe(network);
  });
});

describe('a name', () => {
  it('that leads inside is refused before anything is sent', async () => {
    for (const addresses of [['127.0.0.1'], ['::1', '127.0.0.1'], ['::ffff:127.0.0.1'], ['169.254.169.254']])
      await expect(post('rebound.test', resolver([addresses]))).rejects.toThrow(/leads to/);
    await expect(post('localhost')).rejects.toThrow(/leads to 127\.0\.0\.1|leads to ::1/);
    expect(asked).toBe(0);
  });

  it('that changes after it was looked at leads where it was looked at: it is asked once for each connection', async () => {
    // Rebinding: public at first, then loopback. The public address is a documentation one, where nobody answers.
    const answers = resolver([['203.0.113.1'], ['127.0.0.1'], ['127.0.0.1']]);
    const reach = {
      problemOf: (address: string) => (address === '203.0.113.1' ? undefined : internet.problemOf(address)),
    };
    const first = post('rebound.test', answers, { reach, timeoutMs: 300 });
    await expect(first).rejects.not.toThrow(/leads to/);
    expect(answers.count).toBe(1);
    await expect(post('rebound.test', answers, { reach })).rejects.toThrow(/leads to 127\.0\.0\.1/);
    expect([answers.count, asked]).toEqual([2, 0]);
  });

  it('that leads to several is connected to at those that are allowed', async () => {
    const reach = publicReach(['127.0.0.1/32']);
    const answer = await post('mixed.test', resolver([['10.0.0.1', '169.254.169.254', '127.0.0.1']]), {
      reach,
    });
    expect(answer).toMatchObject({ status: 200, text: 'here' });
    expect(asked).toBe(1);
  });
});

async function post(name: string, resolve?: Resolver, { reach = internet, timeoutMs = 5_000 } = {}) {
  return sendRequest(`http://${name}:${port}/`, {
    body: '{}',
    headers: {},
    answerBytesMax: 1_000,
    lookup: guardedLookup(reach, resolve),
    signal: AbortSignal.timeout(timeoutMs),
  });
}

type Resolver = typeof lookup & { count: number };

/** As the system's lookup, which is asked for all addresses of a name; another answer each time. */
function resolver(answers: readonly (readonly string[])[]): Resolver {
  const resolve = (
    _name: string,
    _options: LookupAllOptions,
    found: (error: null, all: LookupAddress[]) => void,
  ) => {
    const addresses = answers[Math.min(own.count, answers.length - 1)] ?? [];
    own.count += 1;
    found(
      null,
      addresses.map((address) => ({ address, family: isIP(address) })),
    );
  };
  const own = Object.assign(resolve, { count: 0 }) as unknown as Resolver;
  return own;
}

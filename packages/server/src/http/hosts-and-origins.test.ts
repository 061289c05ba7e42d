/** What each port answers to requests as a browser, a proxy or an attacker would send them: bytes over real sockets. */
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { credentials, makeGenericClientConstructor, Metadata, type ServiceError } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { prepareData } from '../testing/prepared-data.ts';
import { type MainProcess, runMain } from '../testing/run-main.ts';

const directory = mkdtempSync(join(tmpdir(), 'sightline-doors-'));
const servers: MainProcess[] = [];

interface Urls {
  readonly ui: string;
  readonly otlpHttp: string;
  readonly otlpGrpc: string;
}

async function start(name: string, args: readonly string[]): Promise<Urls> {
  const data = join(directory, name);
  await prepareData(data);
  const server = runMain(['--data', data, '--canary-interval', 'off', ...args]);
  servers.push(server);
  return server.ready();
}

let open: Urls;
let closed: Urls;
beforeAll(async () => {
  [open, closed] = await Promise.all([
    start('open', ['--allowed-host', 'Sightline.example.com', '--allowed-origin', 'https://app.example.com']),
    start('closed', ['--host', '0.0.0.0', '--api-key', 'secret', '--allowed-host', 'a.example,b.example']),
  ]);
});
afterAll(async () => {
  for (const server of servers) server.kill('SIGKILL');
  await Promise.all(servers.map(async (server) => server.ended()));
  rmSync(directory, { recursive: true, force: true });
});

interface RawAnswer {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

/** Sends the lines of a request head, and reads until the server closes the connection. */
async function ask(url: string, lines: readonly string[], body = ''): Promise<RawAnswer> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  socket.write(`${[...lines, 'Connection: close'].join('\r\n')}\r\n\r\n${body}`);
  let text = '';
  for await (const piece of socket) {
    text += String(piece);
    // Streams of events never end.
    if (text.includes('text/event-stream')) break;
  }
  socket.destroy();
  const end = text.indexOf('\r\n\r\n');
  const [first = '', ...fields] = text.slice(0, end).split('\r\n');
  const headers = new Map(
    fields.map((field) => {
      const colon = field.indexOf(':');
      return [field.slice(0, colon).toLowerCase(), field.slice(colon + 1).trim()];
    }),
  );
  return { status: Number(first.split(' ')[1]), headers, body: text.slice(end + 4) };
}

const get = (path: string, host: string) => [`GET ${path} HTTP/1.1`, `Host: ${host}`];

describe('a server on loopback', () => {
  it.each([
    '127.0.0.1',
    '127.0.0.1:4300',
    '127.0.0.1:',
    'localhost',
    'LOCALHOST:4300',
    'localhost.',
    'localhost.:4300',
    'ui.localhost:4300',
    '[::1]',
    '[::1]:4300',
    '[::ffff:127.0.0.1]:4300',
    '[fe80::1%25eth0]:4300',
    '[fe80::1%eth0]',
    '192.168.1.20:4300',
    'sightline.example.com',
    'SIGHTLINE.example.com.:443',
  ])('answers to the host %j', async (host) => {
    for (const url of [`${open.ui}/api/v1/services`, `${open.ui}/`, `${open.ui}/health`])
      expect((await ask(url, get(new URL(url).pathname, host))).status).toBe(200);
    expect((await ask(open.otlpHttp, get('/v1/traces', host))).status).toBe(405);
  });

  it.each([
    'evil.example.com:4300',
    'evil.example.com',
    'localhost.evil.example.com',
    'localhost.evil',
    'notlocalhost',
    '.localhost',
    'ui..localhost',
    'localhost..',
    '127.0.0.1.evil.example.com',
    'x.sightline.example.com',
    'sightline.example.com.evil.example',
    '127.1',
    '2130706433',
    '0x7f.0.0.1',
    '127.0.0.1, localhost',
    'localhost:4300:4300',
    'localhost:99999999',
    'user@localhost',
    'localhost/evil.example.com',
    'evil.example.com#localhost',
    'evil.example.com\\.localhost/',
    '[::1',
    '[::1]evil.example.com',
    '[localhost]',
    '::1',
    '.',
    '',
  ])('refuses the host %j on every port and path, naming the option', async (host) => {
    const paths = [
      [open.ui, '/api/v1/services'],
      [open.ui, '/api/v1/tail?signal=logs'],
      [open.ui, '/'],
      [open.ui, '/traces/0123'],
      [open.ui, '/trace/0123'],
      [open.ui, '/theme.js'],
      [open.ui, '/health'],
      [open.ui, '/ready'],
      [open.ui, '/metrics'],
      [open.ui, '/nothing.here'],
    ] as const;
    for (const [url, path] of paths) {
      const answer = await ask(url, get(path, host));
      expect([path, answer.status, JSON.parse(answer.body)]).toMatchObject([
        path,
        403,
        { error: { code: 'host_not_allowed', hint: expect.stringContaining('--allowed-host') as unknown } },
      ]);
    }
    for (const url of [open.ui, open.otlpHttp]) {
      const head = ['POST /v1/traces HTTP/1.1', `Host: ${host}`];
      const answer = await ask(url, [...head, 'Content-Type: application/json', 'Content-Length: 2'], '{}');
      expect(answer.status).toBe(403);
      expect(answer.body).toContain('--allowed-host');
    }
    expect((await ask(open.otlpHttp, get('/', host))).status).toBe(403);
  });

  it('takes the host of a whole address in the request line, and its Host header, for what they say', async () => {
    const cases = [
      ['http://localhost:4300/health', 'localhost', 200],
      ['http://evil.example.com/health', 'localhost', 403],
      ['http://localhost/health', 'evil.example.com', 403],
      ['https://evil.example.com:4300/health', 'localhost', 403],
      ['http://localhost@evil.example.com/health', 'localhost', 403],
      ['http://user@localhost/health', 'localhost', 403],
    ] as const;
    for (const [target, host, status] of cases)
      expect([target, host, (await ask(open.ui, get(target, host))).status]).toEqual([target, host, status]);
  });

  it('refuses a request with no Host or several, and takes HTTP/1.0 without one, as old probes send it', async () => {
    for (const [url, path] of [
      [open.ui, '/health'],
      [open.otlpHttp, '/'],
    ] as const) {
      const none = await ask(url, [`GET ${path} HTTP/1.1`]);
      expect([none.status, none.body]).toEqual([400, expect.stringContaining('no Host header')]);
      for (const second of ['localhost', 'evil.example.com']) {
        const twice = await ask(url, [...get(path, 'localhost'), `hOST: ${second}`]);
        expect([twice.status, twice.body]).toEqual([400, expect.stringContaining('more than one Host')]);
      }
    }
    expect((await ask(open.ui, ['GET /health HTTP/1.0'])).status).toBe(200);
    expect((await ask(open.ui, ['GET /health HTTP/1.0', 'Host: evil.example.com'])).status).toBe(403);
    // X-Forwarded-Host is what its sender likes it to be.
    const forwarded = await ask(open.ui, [
      ...get('/health', 'evil.example.com'),
      'X-Forwarded-Host: localhost',
    ]);
    expect(forwarded.status).toBe(403);
  });

  it.each([
    // [what a browser says, is it answered]
    [['Origin: http://localhost:4300'], true],
    [['Origin: http://LOCALHOST:4300'], true],
    [['Origin: https://localhost:4300'], true],
    [['Sec-Fetch-Site: same-origin', 'Origin: http://localhost:4300'], true],
    [['Sec-Fetch-Site: none'], true],
    [['Origin: https://sightline.example.com'], true],
    [['Origin: http://localhost:3000'], false],
    [['Origin: http://localhost'], false],
    [['Origin: http://127.0.0.1:4300'], false],
    [['Origin: https://evil.example.com'], false],
    [['Origin: https://app.example.com'], false],
    [['Origin: null'], false],
    [['Origin: '], false],
    [['Origin: http://localhost:4300/'], false],
    [['Sec-Fetch-Site: cross-site'], false],
    [['Sec-Fetch-Site: same-site', 'Sec-Fetch-Mode: no-cors', 'Sec-Fetch-Dest: image'], false],
    [['Sec-Fetch-Site: cross-site', 'Sec-Fetch-Mode: navigate', 'Sec-Fetch-Dest: iframe'], false],
    [['Sec-Fetch-Site: CROSS-SITE'], false],
  ] as const)('takes requests to pages and API with %j: %s', async (headers, isAnswered) => {
    const body = '{"name":"k"}';
    const json = ['Content-Type: application/json', `Content-Length: ${body.length}`];
    const requests: (readonly [readonly string[], string?])[] = [
      [get('/api/v1/services', 'localhost:4300')],
      [get('/api/v1/tail?signal=logs', 'localhost:4300')],
      [get('/', 'localhost:4300')],
      [['POST /api/v1/keys HTTP/1.1', 'Host: localhost:4300', ...json], body],
    ];
    for (const [head, sent] of requests) {
      const answer = await ask(open.ui, [...head, ...headers], sent);
      expect([head[0], answer.status]).toEqual([head[0], isAnswered ? 200 : 403]);
      if (!isAnswered) expect(answer.body).toContain('"origin_not_allowed"');
      expect(answer.headers.get('access-control-allow-origin')).toBeUndefined();
    }
  });

  it('opens a link from another site, but changes nothing by one', async () => {
    const link = ['Sec-Fetch-Site: cross-site', 'Sec-Fetch-Mode: navigate', 'Sec-Fetch-Dest: document'];
    expect((await ask(open.ui, [...get('/traces', 'localhost'), ...link])).status).toBe(200);
    const form = ['POST /api/v1/keys HTTP/1.1', 'Host: localhost', 'Content-Length: 0', ...link];
    expect((await ask(open.ui, form)).status).toBe(403);
  });

  it('takes telemetry on both HTTP ports from allowed and loopback origins, refuses others and counts them', async () => {
    for (const url of [open.ui, open.otlpHttp]) {
      const send = async (origin: string) =>
        ask(
          url,
          [
            'POST /v1/traces HTTP/1.1',
            'Host: localhost',
            `Origin: ${origin}`,
            'Content-Type: application/json',
            'Content-Length: 2',
          ],
          '{}',
        );
      for (const origin of ['https://app.example.com', 'http://localhost:3000'])
        expect((await send(origin)).headers.get('access-control-allow-origin')).toBe(origin);
      const refused = await send('https://evil.example.com');
      expect(refused.status).toBe(403);
      expect(refused.body).toContain('--allowed-origin');
      expect(refused.headers.get('access-control-allow-origin')).toBeUndefined();
    }
    const metrics = await (await fetch(`${open.ui}/metrics`)).text();
    expect(metrics).toMatch(/outcome="origin_not_allowed"[^\n]*\} 2\n/);
  });

  it('refuses gRPC under another name or from another origin', async () => {
    const send = async (authority: string | undefined, metadata: Record<string, string> = {}) =>
      exportOverGrpc(open.otlpGrpc, authority, metadata);
    expect(await send(undefined)).toBe('OK');
    expect(await send('localhost:4317')).toBe('OK');
    expect(await send('sightline.example.com')).toBe('OK');
    expect(await send('evil.example.com:4317')).toMatch(/^7 PERMISSION_DENIED: .*--allowed-host/);
    expect(await send('localhost', { host: 'evil.example.com' })).toMatch(/^7 PERMISSION_DENIED: /);
    expect(await send('localhost', { origin: 'http://localhost:3000' })).toBe('OK');
    expect(await send('localhost', { origin: 'https://evil.example.com' })).toMatch(
      /^7 PERMISSION_DENIED: .*--allowed-origin/,
    );
  });

  it('gives every answer the headers that keep browsers from reading, framing and guessing', async () => {
    const requests: readonly (readonly [string, readonly string[]])[] = [
      [open.ui, get('/', 'localhost')],
      [open.ui, get('/traces/0123', 'localhost')],
      [open.ui, get('/theme.js', 'localhost')],
      [open.ui, get('/health', 'localhost')],
      [open.ui, get('/api/v1/services', 'localhost')],
      [open.ui, get('/api/v1/tail?signal=logs', 'localhost')],
      [open.ui, get('/api/v1/nothing', 'localhost')],
      [open.ui, get('/trace/0123', 'localhost')],
      [open.ui, get('/', 'evil.example.com')],
      [open.ui, ['GET / HTTP/1.1']],
      [open.ui, get('/%zz', 'localhost')],
      [open.ui, ['not HTTP']],
      [open.otlpHttp, get('/', 'localhost')],
      [open.otlpHttp, get('/v1/traces', 'localhost')],
      [open.otlpHttp, ['OPTIONS /v1/traces HTTP/1.1', 'Host: localhost', 'Origin: http://localhost:3000']],
      [open.otlpHttp, ['not HTTP']],
    ];
    for (const [url, head] of requests) {
      const { headers } = await ask(url, head);
      expect([head[0], headers.get('content-security-policy')]).toEqual([
        head[0],
        expect.stringMatching(/default-src 'none'.*frame-ancestors 'none'/),
      ]);
      expect(headers.get('content-security-policy')).not.toMatch(/unsafe|https?:|\*/);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('referrer-policy')).toBe('same-origin');
      expect(headers.get('x-frame-options')).toBe('DENY');
      expect(headers.get('cross-origin-resource-policy')).toBe('same-origin');
    }
  });
});

describe('a server beyond loopback', () => {
  it('is known by addresses, allowed names, and any name to who holds a key', async () => {
    const key = 'X-Api-Key: secret';
    const cases = [
      ['/', '192.168.1.20', '', 200],
      ['/', 'a.example', '', 200],
      ['/', 'b.example:443', '', 200],
      ['/', 'sightline', '', 403],
      ['/api/v1/services', 'sightline:4300', '', 403],
      ['/api/v1/services', 'sightline:4300', 'X-Api-Key: guess', 403],
      ['/api/v1/services', 'sightline:4300', key, 200],
      ['/api/v1/services', '127.0.0.1', '', 401],
      ['/metrics', 'sightline', key, 200],
      // What load balancers ask, under whatever name.
      ['/health', 'sightline', '', 200],
      ['/ready', 'sightline', '', 200],
    ] as const;
    for (const [path, host, header, status] of cases) {
      const head = header === '' ? get(path, host) : [...get(path, host), header];
      expect([path, host, header, (await ask(closed.ui, head)).status]).toEqual([path, host, header, status]);
    }
    expect(await exportOverGrpc(closed.otlpGrpc, 'sightline:4317', { 'x-api-key': 'secret' })).toBe('OK');
    expect(await exportOverGrpc(closed.otlpGrpc, 'sightline:4317', {})).toMatch(/^7 PERMISSION_DENIED/);
  });

  it('takes nothing from a foreign page, even with a key', async () => {
    const head = [
      ...get('/api/v1/services', 'a.example'),
      'X-Api-Key: secret',
      'Origin: https://evil.example',
    ];
    expect((await ask(closed.ui, head)).status).toBe(403);
  });
});

describe('the packed SDK', () => {
  it('is given to npm without a key, under known names, and to no foreign page', async () => {
    const fromPage = 'Origin: https://evil.example';
    const cases = [
      [closed.ui, '127.0.0.1:4300', '', true],
      [closed.ui, 'a.example', '', true],
      [closed.ui, 'sightline', '', false],
      [closed.ui, 'a.example', fromPage, false],
      [open.ui, 'localhost:4300', '', true],
      [open.ui, 'sightline.example.com', '', true],
      [open.ui, 'evil.example.com', '', false],
    ] as const;
    for (const [file, [url, host, header, isGiven]] of cases.flatMap((each) =>
      ['/sdk.tgz', '/cli.tgz'].map((path) => [path, each] as const),
    )) {
      const head = header === '' ? get(file, host) : [...get(file, host), header];
      const { status, body } = await ask(url, head);
      // Where nothing is packed yet, whoever may have it is told how it is packed.
      const answer =
        status === 200 ? 'package' : (JSON.parse(body) as { error: { code: string } }).error.code;
      const expected = isGiven
        ? ['package', 'not_found']
        : [header === '' ? 'host_not_allowed' : 'origin_not_allowed'];
      expect(expected, `${host} ${header}`).toContain(answer);
    }
  });
});

describe('a key', () => {
  const make = async (body: object): Promise<string> => {
    const response = await fetch(`${closed.ui}/api/v1/keys`, {
      method: 'POST',
      headers: { 'x-api-key': 'secret', 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'k', ...body }),
    });
    expect(response.status).toBe(200);
    return ((await response.json()) as { key: string }).key;
  };
  const json = { 'content-type': 'application/json' };
  const requests: readonly (readonly [scope: string, send: (key: string) => Promise<Response>])[] = [
    ['read', async (key) => fetch(`${closed.ui}/api/v1/services`, { headers: { 'x-api-key': key } })],
    ['read', async (key) => fetch(`${closed.ui}/metrics`, { headers: { authorization: `Bearer ${key}` } })],
    [
      'ingest',
      async (key) =>
        fetch(`${closed.otlpHttp}/v1/logs`, {
          method: 'POST',
          headers: { ...json, 'x-api-key': key },
          body: '{}',
        }),
    ],
    [
      'write',
      async (key) =>
        fetch(`${closed.ui}/api/v1/annotation-queues`, {
          method: 'POST',
          headers: { ...json, 'x-api-key': key },
          // A queue's name is given once.
          body: JSON.stringify({ name: key }),
        }),
    ],
    ['admin', async (key) => fetch(`${closed.ui}/api/v1/keys`, { headers: { 'x-api-key': key } })],
  ];

  it.each([['ingest'], ['read'], ['write'], ['admin']])(
    'with the scope %s alone opens the requests of that scope alone',
    async (scope) => {
      const key = await make({ scopes: [scope] });
      for (const [needed, send] of requests) {
        const answer = await send(key);
        const text = await answer.text();
        expect([needed, answer.status]).toEqual([needed, needed === scope ? 200 : 403]);
        if (needed !== scope) expect(text).toContain(`needs a key with the scope \\"${needed}\\"`);
      }
      expect(await exportOverGrpc(closed.otlpGrpc, undefined, { 'x-api-key': key })).toMatch(
        scope === 'ingest' ? /^OK$/ : /^7 PERMISSION_DENIED: .*scope "ingest"/,
      );
    },
  );

  it('without scopes has all of them, and no limit', async () => {
    const key = await make({});
    for (const [, send] of requests) expect((await send(key)).status).toBe(200);
    const { keys } = (await (
      await fetch(`${closed.ui}/api/v1/keys`, { headers: { 'x-api-key': key } })
    ).json()) as { keys: object[] };
    expect(keys[0]).toMatchObject({ scopes: ['ingest', 'read', 'write', 'admin'], requestsPerMinute: null });
  });

  it.each([
    [{ scopes: [] }],
    [{ scopes: ['root'] }],
    [{ scopes: ['read', 'read'] }],
    [{ requestsPerMinute: 0 }],
    [{ requestsPerMinute: 1.5 }],
    [{ requestsPerMinute: 1_000_001 }],
  ])('is not made of %j', async (body) => {
    const response = await fetch(`${closed.ui}/api/v1/keys`, {
      method: 'POST',
      headers: { 'x-api-key': 'secret', ...json },
      body: JSON.stringify({ name: 'k', ...body }),
    });
    expect([response.status, await response.json()]).toMatchObject([400, { error: { code: 'bad_request' } }]);
  });

  it('beyond its limit is told when to come again, on every port', async () => {
    const key = await make({ requestsPerMinute: 2 });
    const read = async () => fetch(`${closed.ui}/api/v1/services`, { headers: { 'x-api-key': key } });
    expect([(await read()).status, (await read()).status]).toEqual([200, 200]);
    const refused = await read();
    expect([refused.status, await refused.json()]).toMatchObject([429, { error: { code: 'rate_limited' } }]);
    const seconds = Number(refused.headers.get('retry-after'));
    expect(seconds).toBeGreaterThan(20);
    expect(seconds).toBeLessThanOrEqual(30);
    const sent = await fetch(`${closed.otlpHttp}/v1/traces`, {
      method: 'POST',
      headers: { ...json, 'x-api-key': key },
      body: '{}',
    });
    expect([sent.status, Number(sent.headers.get('retry-after'))]).toEqual([
      429,
      expect.closeTo(seconds, -1),
    ]);
    const overGrpc = await exportOverGrpc(closed.otlpGrpc, undefined, { 'x-api-key': key });
    expect(overGrpc).toMatch(/^8 RESOURCE_EXHAUSTED: .*2 requests a minute.* RetryInfo$/);
  });

  interface Door {
    readonly scope: string;
    readonly method: string;
    readonly url: string;
  }
  /** All that asks for a key over HTTP: each operation of the API, and the doors of other systems. */
  const findDoors = async (): Promise<readonly Door[]> => {
    const { paths } = (await (await fetch(`${closed.ui}/api/v1/openapi.json`)).json()) as {
      paths: Record<string, Record<string, { 'x-scope': string }>>;
    };
    const ofApi = Object.entries(paths).flatMap(([path, operations]) =>
      Object.entries(operations).map(([method, operation]) => ({
        scope: operation['x-scope'],
        method: method.toUpperCase(),
        url: `${closed.ui}/api/v1${path.replaceAll(/\{\w+\}/g, 'some')}`,
      })),
    );
    const of = (scope: string, method: string, base: string, each: readonly string[]): readonly Door[] =>
      each.map((path) => ({ scope, method, url: `${base}${path}` }));
    const queries = ['query', 'query_range', 'query_exemplars', 'series', 'labels'];
    return [
      ...ofApi,
      ...of('ingest', 'POST', closed.otlpHttp, ['/v1/traces', '/v1/logs', '/v1/metrics']),
      ...of('ingest', 'POST', closed.ui, ['/api/default/envelope/', '/api/default/store/']),
      ...of('read', 'GET', `${closed.ui}/prometheus/api/v1/`, [
        ...queries,
        'label/job/values',
        'rules',
        'alerts',
        'metadata',
      ]),
      ...of('read', 'POST', `${closed.ui}/prometheus/api/v1/`, queries),
      ...of('read', 'GET', `${closed.ui}/alertmanager/api/v2/`, [
        'status',
        'receivers',
        'alerts',
        'alerts/groups',
        'silences',
        'silence/some',
      ]),
      ...of('read', 'GET', closed.ui, ['/metrics']),
    ];
  };
  const answers = async (doors: readonly Door[], headers: Readonly<Record<string, string>>) =>
    Promise.all(
      doors.map(async ({ scope, method, url }) => {
        const init = method === 'GET' || method === 'DELETE' ? {} : { body: '{}' };
        const type = url.includes('/prometheus/') ? 'application/x-www-form-urlencoded' : 'application/json';
        const response = await fetch(url, { method, headers: { 'content-type': type, ...headers }, ...init });
        return { door: `${method} ${url}`, scope, status: response.status, text: await response.text() };
      }),
    );

  it('opens no door of another scope, whatever is asked there; without one, and beyond its limit, none is open', async () => {
    const doors = await findDoors();
    expect(doors.length).toBeGreaterThan(270);
    const isOpen = ({ url }: Door) => url.endsWith('/api/v1/openapi.json');
    const shut = doors.filter((door) => !isOpen(door) && door.scope !== 'link');
    const wrong: unknown[] = [];
    for (const scope of ['ingest', 'read', 'write', 'admin']) {
      const key = await make({ scopes: [scope] });
      const others = shut.filter((door) => door.scope !== scope);
      for (const { door, scope: needed, status, text } of await answers(others, { 'x-api-key': key }))
        if (status !== 403 || !/scope \W*(\w+)/.exec(text)?.[1]?.startsWith(needed))
          wrong.push([scope, door, status, text.slice(0, 200)]);
    }
    for (const { door, status } of await answers(shut, {}))
      if (status !== 401) wrong.push(['no key', door, status]);
    const limited = { 'x-api-key': await make({ requestsPerMinute: 1 }) };
    await fetch(`${closed.ui}/api/v1/services`, { headers: limited });
    for (const { door, status } of await answers(shut, limited))
      if (status !== 429) wrong.push(['beyond its limit', door, status]);
    const forLinks = doors.filter((door) => door.scope === 'link');
    expect(forLinks.length).toBe(3);
    for (const headers of [{}, { 'x-api-key': 'secret' }, { 'x-sightline-link': 'secret' }])
      for (const { door, status, text } of await answers(forLinks, headers))
        if (status !== 404 || !text.includes('link_not_valid')) wrong.push(['no link', door, status]);
    expect(wrong).toEqual([]);
  });

  it('has its scope named for each operation of the API', async () => {
    const { paths } = (await (await fetch(`${closed.ui}/api/v1/openapi.json`)).json()) as {
      paths: Record<string, Record<string, { 'x-scope': string }>>;
    };
    const changing = Object.entries(paths).flatMap(([path, operations]) =>
      Object.entries(operations)
        .filter(([method, operation]) => method !== 'get' && operation['x-scope'] === 'read')
        .map(([method]) => `${method} ${path}`),
    );
    // Questions whose words do not fit into an address; nothing is changed by them.
    expect(changing.toSorted()).toEqual([
      'post /alerts/routes/preview',
      'post /alerts/rules/check',
      'post /alerts/rules/test',
      'post /alerts/rules/try',
      'post /alerts/silences/preview',
      'post /dashboards/ask',
      'post /dashboards/import',
      'post /slos/check',
      'post /sql',
    ]);
  });
});

/** `OK`, or `code NAME: details`, and `RetryInfo` where it says when to come again. */
async function exportOverGrpc(
  address: string,
  authority: string | undefined,
  entries: Readonly<Record<string, string>>,
): Promise<string> {
  const asIs = (bytes: Buffer): Buffer => bytes;
  const Client = makeGenericClientConstructor(
    {
      export: {
        path: '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
        requestStream: false,
        responseStream: false,
        requestSerialize: asIs,
        requestDeserialize: asIs,
        responseSerialize: asIs,
        responseDeserialize: asIs,
      },
    },
    'traces',
  );
  const client = new Client(
    address.replace('0.0.0.0', '127.0.0.1'),
    credentials.createInsecure(),
    authority === undefined ? {} : { 'grpc.default_authority': authority },
  );
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(entries)) metadata.set(name, value);
  const send = (
    client as unknown as {
      export(body: Buffer, metadata: Metadata, done: (error: ServiceError | null) => void): void;
    }
  ).export.bind(client);
  const error = await new Promise<ServiceError | null>((resolve) => {
    send(Buffer.alloc(0), metadata, resolve);
  });
  client.close();
  if (error === null) return 'OK';
  const status = String(error.metadata.get('grpc-status-details-bin')[0]);
  return `${error.message}${status.includes('google.rpc.RetryInfo') ? ' RetryInfo' : ''}`;
}

/** What an attacker writes into each door that takes a text, over the wire into a real server that holds rows of another project. */
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createApiKey } from '../catalog/api-keys.ts';
import { openCatalog } from '../catalog/catalog.ts';
import { hexId, tracesRequest } from '../query/testing/otlp-json.ts';
import { LiveServer } from '../testing/live-server.ts';

const secret = 'CANARY-5e77a1';
let server: LiveServer;

beforeAll(async () => {
  server = await LiveServer.start();
  const startNanos = BigInt(Date.now()) * 1_000_000n - 60_000_000_000n;
  const span = { traceId: hexId(32, 1), spanId: hexId(16, 1), startNanos };
  await server.send('traces', tracesRequest('web', [{ ...span, name: 'own' }]));
  await server.send('metrics', gauge('own_metric', 'web', startNanos));
  await server.stored();
  await server.kill();
  const catalog = await openCatalog({ directory: join(server.directory, 'control') });
  await catalog.query("INSERT INTO projects (id, name) VALUES ('others', 'Others')");
  const grant = { name: 'others', scopes: ['ingest'] as const, requestsPerMinute: null };
  const { key } = await createApiKey(catalog, { project: 'others', ...grant });
  await catalog.close();
  await server.startAgain();
  const sent = [
    ['traces', tracesRequest(secret, [{ ...span, name: secret, attributes: { note: secret } }])],
    ['metrics', gauge(secret, secret, startNanos)],
  ] as const;
  for (const [signal, body] of sent) {
    const answer = await fetch(`${server.ui}/v1/${signal}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-api-key': key },
      body: JSON.stringify(body),
    });
    expect(answer.status).toBe(200);
  }
  await server.stored();
}, 120_000);
afterAll(async () => server?.close());

function gauge(name: string, service: string, time: bigint): unknown {
  const attributes = [{ key: 'service.name', value: { stringValue: service } }];
  const dataPoints = [{ timeUnixNano: String(time), asDouble: 1, attributes }];
  return {
    resourceMetrics: [
      { resource: { attributes }, scopeMetrics: [{ metrics: [{ name, gauge: { dataPoints } }] }] },
    ],
  };
}

const texts: readonly string[] = [
  "' OR 1 = 1 --",
  "\\' OR project != \\'",
  '\\',
  "x') UNION ALL SELECT * FROM spans --",
  '{p0:String}',
  '{p0:Identifier} {project:String}',
  'a\0b',
  '\\N',
  '%',
  "['a','b']",
  '`"$(id)${x}\r\n\t',
  '\u{d800}',
  '__proto__',
  'constructor',
  '-1e999',
];
const long = 'a'.repeat(10_000);
const patterns: readonly string[] = [
  '(a{1000}){1000}',
  '((a{100}){100}){100}',
  '(x+x+)+y',
  '(?i)'.repeat(500),
  '(a|b|c)?'.repeat(450),
  '('.repeat(1500) + ')'.repeat(1500),
  '[[:^alpha:]]\\pL\\C',
  "') OR match('",
  'a\0b',
  '(?P<a>',
  '{p0:String}',
];

const quoted = (text: string): string => `"${text.replaceAll(/["\\]/g, (sign) => `\\${sign}`)}"`;

/** Filters that reach the engine with the text in each place where one may stand. */
const filters: readonly string[] = [
  ...texts.flatMap((text) => {
    const value = quoted(text);
    return [
      text,
      value,
      `name:${value}`,
      `name:*${value}*`,
      `attr.${value}:${value}`,
      `resource.${value}:*`,
      `attr.${value}>1`,
      `score.${value}<1`,
      `trace:${value} OR session:${value} OR event:${value}`,
      `NOT span(name:${value} attr.${value}:${value})`,
      `${text}:1 severity:${value}`,
    ];
  }),
  ...patterns.flatMap((pattern) => {
    const written = `/${pattern.replaceAll('/', '\\/')}/`;
    return [`name:${written}`, `attr.x:${written}`, `trace.name:${written}`, `span(message:${written})`];
  }),
];

interface Shape {
  readonly name: string;
  readonly in: string;
  readonly schema?: { readonly type?: string; readonly enum?: readonly unknown[] };
}

/** Nothing of the server's own mistakes, and nothing of another project's. */
function judge(where: string, status: number, body: string): void {
  expect([where, status, status >= 500 ? body : ''], where).toEqual([
    where,
    expect.toSatisfy((code) => code < 500),
    '',
  ]);
  expect(body.includes(secret), where).toBe(false);
}

async function ask(
  path: string,
  body?: unknown,
): Promise<{ readonly status: number; readonly text: string }> {
  const answer = await fetch(`${server.ui}${path}`, {
    ...(body === undefined
      ? {}
      : {
          method: 'POST',
          headers: {
            'content-type':
              body instanceof URLSearchParams ? 'application/x-www-form-urlencoded' : 'application/json',
          },
          body: body instanceof URLSearchParams ? body : JSON.stringify(body),
        }),
    signal: AbortSignal.timeout(20_000),
  });
  return { status: answer.status, text: await answer.text() };
}

async function askAll(all: readonly (readonly [path: string, body?: unknown])[]): Promise<void> {
  const left = [...all];
  const work = async (): Promise<void> => {
    for (let next = left.pop(); next !== undefined; next = left.pop()) {
      const [path, body] = next;
      const { status, text } = await ask(path, body);
      judge(
        `${path.slice(0, 300)} ${body === undefined ? '' : String(JSON.stringify(body)).slice(0, 300)}`,
        status,
        text,
      );
    }
  };
  await Promise.all([work(), work(), work(), work()]);
}

/** Lone surrogates have no form in an address. */
const escaped = (text: string): string => encodeURIComponent(text.toWellFormed());

const needed: Readonly<Record<string, string>> = {
  '/facets': 'signal=spans&fields=service',
  '/fields': 'signal=spans',
  '/histogram': 'signal=spans',
  '/metrics/query': 'name=own_metric',
};

test('the row of the other project is there', async () => {
  const { text } = await ask('/api/v1/traces');
  expect(text).toContain('"own"');
  expect(text).not.toContain(secret);
});

test('every parameter of every page', { timeout: 300_000 }, async () => {
  const { text } = await ask('/api/v1/openapi.json');
  const { paths } = JSON.parse(text) as { paths: Record<string, { get?: { parameters?: Shape[] } }> };
  const all: string[] = [];
  for (const [path, { get }] of Object.entries(paths)) {
    if (get === undefined || path === '/tail') continue;
    const parameters = get.parameters ?? [];
    const others = needed[path] ?? '';
    const address = `/api/v1${path.replaceAll(/\{\w+\}/g, 'x')}`;
    for (const [at, { name, in: place }] of parameters.entries()) {
      if (place === 'query' && name === 'q') continue;
      const every = place === 'path' || ['cursor', 'fields', 'name', 'groupBy', 'sort'].includes(name);
      const some = every
        ? [...texts.filter((_, nth) => nth % 3 === at % 3), long]
        : [texts[at % texts.length] ?? ''];
      for (const each of some)
        all.push(
          place === 'path'
            ? `/api/v1${path.replaceAll(/\{(\w+)\}/g, (_, part: string) => (part === name ? escaped(each.slice(0, 900)) : 'x'))}`
            : `${address}?${name}=${escaped(each)}&${others}`,
        );
    }
  }
  expect(all.length).toBeGreaterThan(150);
  await askAll(all.map((path) => [path] as const));
});

test('filters', { timeout: 300_000 }, async () => {
  const pages = ['/traces', '/spans', '/logs', '/metrics/query'];
  await askAll(
    filters.map((q, at) => {
      const page = pages[at % pages.length] ?? '';
      return [`/api/v1${page}?q=${escaped(q)}&${needed[page] ?? ''}`] as const;
    }),
  );
});

test('filters that are kept, and judged by', { timeout: 120_000 }, async () => {
  const settings = { type: 'regex', pattern: 'x' };
  await askAll(
    filters
      .filter((_, at) => at % 3 === 0)
      .map((q, at) => ['/api/v1/evaluators', { name: `e${at}`, enabled: false, q, settings }] as const),
  );
});

test('SQL', { timeout: 120_000 }, async () => {
  await askAll(
    [...texts, ...patterns].flatMap((text) => {
      const literal = `'${text.replaceAll(/['\\]/g, (sign) => `\\${sign}`)}'`;
      return [
        text,
        `SELECT ${literal}`,
        `SELECT service FROM spans WHERE name = ${literal} OR match(name, ${literal})`,
        `SELECT service AS \`${text.replaceAll(/[`\\]/g, '')}\` FROM spans`,
        `SELECT service FROM spans WHERE name = '${text}'`,
      ].map((query) => ['/api/v1/sql', { query }] as const);
    }),
  );
});

test('a text that looks like a placeholder is a text', async () => {
  const { status, text } = await ask('/api/v1/sql', { query: "SELECT '{p0:String}' AS a" });
  expect([status, (JSON.parse(text) as { rows: unknown }).rows]).toEqual([200, [['{p0:String}']]]);
});

test('names that every object has are names like others, in whatever is sent', async () => {
  for (const [at, name] of ['constructor', '__proto__', 'toString', 'hasOwnProperty'].entries()) {
    const traceId = hexId(32, 100 + at);
    const spanId = hexId(16, 100 + at);
    const startNanos = BigInt(Date.now()) * 1_000_000n - 30_000_000_000n;
    const said = (key: string): string =>
      JSON.stringify([
        { role: name, finish_reason: name, parts: [{ type: name, content: `${key} ${name}` }] },
        { role: 'user', content: [{ type: name, text: name }] },
        { lc: 1, id: [name], kwargs: { content: name } },
        { type: name, content: name, data: { content: name } },
      ]);
    const attributes = {
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': name,
      'gen_ai.request.model': name,
      'gen_ai.response.finish_reasons': name,
      'gen_ai.usage.input_tokens': 10,
      'gen_ai.input.messages': said('asked'),
      'gen_ai.output.messages': said('answered'),
      [name]: name,
    };
    await server.send('traces', tracesRequest(name, [{ traceId, spanId, startNanos, name, attributes }]));
    const envelope = [
      {},
      { type: name },
      {},
      { type: 'event' },
      {
        level: name,
        platform: name,
        fingerprint: [`{{ ${name} }}`, name],
        tags: { [name]: name },
        exception: { values: [{ type: name, value: name, stacktrace: { frames: [{ function: name }] } }] },
      },
    ].map((line) => JSON.stringify(line));
    const sentry = await fetch(`${server.ui}/api/default/envelope/`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-sentry-envelope' },
      body: envelope.join('\n'),
    });
    expect([name, sentry.status]).toEqual([name, 200]);
    await server.stored();
    await askAll(
      [
        ...['', '/graph', '/pipeline', '/cost', '/conversation', `/conversation/${spanId}`].map(
          (part) => `/runs/${traceId}${part}`,
        ),
        `/traces/${traceId}`,
        '/runs',
        '/errors',
        '/logs',
        '/overview',
      ].map((path) => [`/api/v1${path}`] as const),
    );
    const { status, text } = await ask(`/api/v1/runs/${traceId}/conversation`);
    expect([name, status]).toEqual([name, 200]);
    expect(text.toLowerCase()).toContain(`"role":"${name.toLowerCase()}"`);
  }
}, 60_000);

test('PromQL', { timeout: 120_000 }, async () => {
  const values = [...texts, ...patterns, long, '(a|b|c)?'.repeat(12_000), '[a-z]?'.repeat(1600)];
  const queries = values.flatMap((text) => {
    const value = JSON.stringify(text.toWellFormed());
    return [
      text,
      `{${value}}`,
      `{service=~${value}}`,
      `${text}(own_metric)`,
      `own_metric{x!~${value}}`,
      `label_replace(own_metric, "a", "$1", "job", ${value})`,
    ];
  });
  const deep = [
    '1+'.repeat(30_000) + '1',
    '('.repeat(20_000),
    '-'.repeat(20_000) + '1',
    'a or '.repeat(5000) + 'a',
  ];
  const form = (entries: Record<string, string>): URLSearchParams => new URLSearchParams(entries);
  await askAll([
    ...[...queries, ...deep].map((query) => ['/prometheus/api/v1/query', form({ query })] as const),
    ...deep.map((query) => ['/prometheus/api/v1/parse_query', form({ query })] as const),
    ...queries.map((match) => ['/prometheus/api/v1/series', form({ 'match[]': match })] as const),
    ...texts.map((text) => [`/prometheus/api/v1/label/${escaped(text)}/values`] as const),
    [
      '/prometheus/api/v1/series',
      new URLSearchParams(Array.from({ length: 50_000 }, (): [string, string] => ['match[]', 'a'])),
    ],
  ]);
});

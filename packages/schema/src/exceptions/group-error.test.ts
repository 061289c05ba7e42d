import { expect, test } from 'vitest';
import { ErrorGrouper } from './error-grouper.ts';
import { groupError, type ReportedError } from './group-error.ts';
import { parameteriseMessage } from './parameterise.ts';

const error = (said: Partial<ReportedError>): ReportedError => ({
  type: '',
  message: '',
  stack: '',
  service: 'bot',
  name: 'chat',
  operation: '',
  provider: '',
  tool: '',
  ...said,
});

test('failures of models are told apart by their class, whatever the words of the provider', () => {
  const classOf = (type: string, message: string) =>
    groupError(error({ operation: 'llm', provider: 'openai', type, message })).errorClass;
  expect(classOf('RateLimitError', 'Error code: 429 - Rate limit reached for gpt-5.4')).toBe('rate_limit');
  expect(classOf('ThrottlingException', 'Too many requests')).toBe('rate_limit');
  expect(classOf('BadRequestError', "This model's maximum context length is 128000 tokens.")).toBe(
    'context_length',
  );
  expect(classOf('invalid_request_error', 'prompt is too long: 204000 tokens > 200000 maximum')).toBe(
    'context_length',
  );
  expect(
    classOf('BadRequestError', "The response was filtered due to Azure's content management policy"),
  ).toBe('content_filter');
  expect(classOf('APITimeoutError', 'Request timed out.')).toBe('timeout');
  expect(classOf('APIStatusError', 'Overloaded (529)')).toBe('overloaded');
  expect(classOf('KeyError', "'choices'")).toBeUndefined();
  // The words of a program that calls no model say nothing of a model.
  expect(groupError(error({ type: 'RateLimitError', message: 'rate limit' })).errorClass).toBeUndefined();
});

test('a class of a provider is one group, beside those of other providers', () => {
  const keyOf = (provider: string, message: string) =>
    groupError(error({ operation: 'llm', provider, type: 'RateLimitError', message })).key;
  expect(keyOf('openai', 'limit of 10 per minute')).toBe(keyOf('openai', '429: try again in 20 s'));
  expect(keyOf('openai', 'limit')).not.toBe(keyOf('anthropic', 'limit'));
});

test('failures of a tool without a stack go by the tool and what it says', () => {
  const of = (tool: string, message: string) => groupError(error({ operation: 'tool', tool, message }));
  expect(of('search', 'order 10021 not found').key).toBe(of('search', 'order 10022 not found').key);
  expect(of('search', 'order 10021 not found').key).not.toBe(of('fetch', 'order 10021 not found').key);
  expect(of('search', 'x')).toMatchObject({ type: 'search', errorClass: 'tool' });
});

test('without a stack the service counts, and without words the name of the span', () => {
  expect(groupError(error({ message: 'a' })).key).not.toBe(
    groupError(error({ message: 'a', service: 'web' })).key,
  );
  expect(groupError(error({ name: 'GET /orders/10021' })).key).toBe(
    groupError(error({ name: 'GET /orders/7' })).key,
  );
});

test('what the program says is one group is one, with what stands for the usual or beside it', () => {
  const keyOf = (message: string, fingerprint?: unknown) =>
    groupError(
      error({ message, ...(fingerprint !== undefined && { fingerprint: JSON.stringify(fingerprint) }) }),
    ).key;
  expect(keyOf('a', ['checkout'])).toBe(keyOf('b', ['checkout']));
  expect(keyOf('a', ['checkout'])).not.toBe(keyOf('a', ['search']));
  expect(keyOf('a', ['{{ default }}'])).toBe(keyOf('a'));
  expect(keyOf('a', ['{{default}}', 'eu'])).not.toBe(keyOf('a', ['{{default}}', 'us']));
  expect(keyOf('a', ['{{default}}', 'eu'])).not.toBe(keyOf('b', ['{{default}}', 'eu']));
  expect(keyOf('order 17 lost', ['{{ message }}'])).toBe(keyOf('order 99 lost', ['{{ message }}']));
  expect(keyOf('a', [])).toBe(keyOf('a'));
  expect(keyOf('a', { no: 'list' })).toBe(keyOf('a'));
});

test('what Node prints where an exception ends the program is the error that an SDK reports', () => {
  const called = [
    '    at rate (file:///srv/depot/lib/store.js:8:59)',
    '    at file:///srv/depot/bin/main.js:8:1',
  ];
  for (const head of ['Error: no rate for A17', 'Declined: no rate for A17']) {
    const thrown = `${head}\n${called.join('\n')}`;
    const printed = `file:///srv/depot/lib/store.js:8\nexport const rate = (code) => { throw new Error(\`no rate for \${code}\`); };\n                                     ^\n\n${thrown}\n\nNode.js v24.1.0\n`;
    const group = groupError(error({ stack: thrown }));
    expect(group).toMatchObject({ type: head.split(':')[0], culprit: 'store:rate' });
    expect(groupError(error({ stack: printed }))).toEqual(group);
  }
  // A logger has words of its own.
  const thrown = `Error: no rate\n${called.join('\n')}`;
  expect(groupError(error({ stack: `request failed\n${thrown}` }))).toMatchObject({
    type: 'Error',
    key: groupError(error({ stack: thrown })).key,
  });
});

test('a panic of a Rust program without debug information has the calls that it has with it', () => {
  const panicked =
    "thread 'main' panicked at src/main.rs:14:86:\ncalled `Option::unwrap()` on a `None` value\nstack backtrace:";
  const calls = [
    '__rustc::rust_begin_unwind',
    'core::panicking::panic_fmt',
    'core::option::unwrap_failed',
    'depot::stock::Shelf::take',
    'depot::main',
  ];
  const places = [
    '/rustc/59807616e1fa2540724bfbac14d7976d7e4a3860/library/std/src/panicking.rs:689:5',
    '/rustc/59807616e1fa2540724bfbac14d7976d7e4a3860/library/core/src/panicking.rs:80:14',
    '/rustc/59807616e1fa2540724bfbac14d7976d7e4a3860/library/core/src/option.rs:2180:5',
    './src/main.rs:14:86',
    './src/main.rs:31:17',
  ];
  const release = [panicked, ...calls.map((call, at) => `   ${at}: ${call}`)].join('\n');
  const debug = [
    panicked,
    ...calls.flatMap((call, at) => [`   ${at}: ${call}`, `             at ${places[at]}`]),
  ].join('\n');
  expect(groupError(error({ stack: release }))).toMatchObject({
    type: 'panic',
    culprit: 'depot::stock::Shelf:take',
  });
  expect(groupError(error({ stack: release })).key).toBe(groupError(error({ stack: debug })).key);
});

test('a variant has one message and one stack of its group', () => {
  const stack = (line: number, deeper: string) => `Error: broken
    at load (/app/store.js:${line}:3)
    at ${deeper} (/app/node_modules/lib/index.js:9:1)`;
  const [a, b, c] = [stack(1, 'run'), stack(99, 'run'), stack(1, 'walk')].map((each) =>
    groupError(error({ stack: each })),
  );
  expect([b?.key, c?.key]).toEqual([a?.key, a?.key]);
  expect(b?.variant).toBe(a?.variant);
  expect(c?.variant).not.toBe(a?.variant);
});

test('messages lose what differs and keep what does not', () => {
  const rows: readonly (readonly [string, string])[] = [
    ['Order 4711 of ann@example.com took 3.2 s', 'Order <number> of <email> took <duration>'],
    ['GET https://api.example.com/v1/x?id=3 failed with 503', 'GET <url> failed with <number>'],
    ['no row 7d444840-9dc0-11d1-b245-5ffdce74fad2 at 2026-11-21T10:00:00Z', 'no row <uuid> at <date>'],
    ['connect ECONNREFUSED 10.0.3.4:5432', 'connect ECONNREFUSED <ip>'],
    ['commit 4f3a9c1d0b is gone', 'commit <hex> is gone'],
    ['cannot open /var/lib/shop/a.db', 'cannot open <path>'],
    ['utf8 and base64 are names', 'utf8 and base64 are names'],
    ["User 'alice' not found", 'User <quoted> not found'],
    ["Duplicate entry 'ann' for key 'users.email'", "Duplicate entry <quoted> for key 'users.email'"],
    ["Unknown column 'price' in 'field list'", "Unknown column 'price' in 'field list'"],
    ["undefined (reading 'price')", "undefined (reading 'price')"],
    ["it's Bob's", "it's Bob's"],
    ['file ./data/x.csv missing', 'file <path> missing'],
    ['due 21/11/2026, Nov 21, 2026 10:00 AM', 'due <date>, <date> <time>'],
    ['took 1m30s, then 30000 milliseconds', 'took <duration>, then <duration>'],
    ['fe80::1ff:fe23:4567:890a is away', '<ip> is away'],
    ['abc::def in v1.2.3-beta.4', 'abc::def in <version>'],
    ['two\n  lines', 'two lines'],
  ];
  for (const [message, without] of rows) expect(parameteriseMessage(message)).toBe(without);
});

test('texts made to be slow take no longer than others', () => {
  const hostile = [
    'a'.repeat(100_000),
    '1.'.repeat(50_000),
    `${'a@'.repeat(30_000)}`,
    `${'/'.repeat(60_000)}`,
    `at ${'('.repeat(60_000)}:1:1`,
    `    at ${'a.b '.repeat(20_000)}(x.js:1:1)\n`.repeat(3),
    `  File "${'x'.repeat(60_000)}", line 1\n`.repeat(2),
    `\tat ${'a$$'.repeat(20_000)}(A.java:1)\n`,
    `${'goroutine 1 [running]:\n\t/a.go:1\n'.repeat(3000)}`,
    `   at ${'<a>b.'.repeat(15_000)}(x) in c:line 1\n`,
    `#0 ${'a->'.repeat(20_000)}()`,
    `${'0: a::'.repeat(10_000)}\n   at x.rs:1`,
    ':'.repeat(60_000),
    'f:'.repeat(40_000),
  ];
  for (const text of hostile) {
    const began = performance.now();
    groupError(error({ stack: text, message: text, type: text.slice(0, 20_000) }));
    expect(performance.now() - began, text.slice(0, 20)).toBeLessThan(250);
  }
});

test('the grouper gives what groupError gives, and remembers no more than it may', () => {
  const grouper = new ErrorGrouper();
  const seen = new Map<string, string>();
  for (let n = 0; n < 3_000; n += 1) {
    const each = error({ message: `${'abcdefghij'[n % 10]} is missing`, service: `s${n % 500}` });
    const id = Buffer.from(grouper.group(each).fingerprint).toString('hex');
    const { key } = groupError(each);
    expect(seen.get(key) ?? id).toBe(id);
    seen.set(key, id);
  }
  expect(new Set(seen.values()).size).toBe(seen.size);
  const stack = `Error: x\n${Array.from({ length: 30 }, (_, at) => `    at f${at} (/app/m${at}.js:1:1)`).join('\n')}`;
  const repeated = error({ stack });
  expect(grouper.group(repeated)).toBe(grouper.group({ ...repeated }));
});

test('a Go program below /go/src, where many images build, has calls of its own', () => {
  const stack = (root: string) => `goroutine 18 [running]:
runtime/debug.Stack()
	/usr/local/go/src/runtime/debug/stack.go:24 +0x5e
main.(*Server).handle(0xc000018, {0x7f, 0x1})
	${root}/server.go:18 +0x1b
slices.SortFunc[...](...)
	/usr/local/go/src/slices/sort.go:28`;
  const [image, home] = ['/go/src/app', '/home/ann/svc'].map((root) =>
    groupError(error({ stack: stack(root) })),
  );
  expect(image).toMatchObject({ culprit: 'main:Server.handle' });
  expect(image?.key).toBe(home?.key);
});

test('a tool that is called over MCP fails as one that is called at once', () => {
  expect(groupError(error({ operation: 'mcp', tool: 'search' })).errorClass).toBe('tool');
  expect(groupError(error({ operation: 'mcp', tool: '' })).errorClass).toBeUndefined();
});

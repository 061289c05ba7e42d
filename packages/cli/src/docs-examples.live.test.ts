/** Every example of the documentation, run as it stands against a server that the demo and the SDK filled. */
import { spawn } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { gzipSync } from 'node:zlib';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { readFilter } from '@sightline/schema/filter';
import { systemClock } from '@sightline/base';
import { recordedRequests } from '../../../conformance/dialects/recorded-requests.ts';
import { type LiveServer, startLiveServer } from './testing/live-server.ts';
import { sightline } from './testing/run-sightline.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 240_000 });

const here = (file: string): string => fileURLToPath(new URL(file, import.meta.url));
const root = here('../../..');
const page = async (name: string): Promise<string> => readFile(path.join(root, name), 'utf8');

/** The fenced blocks of a page in a language; '' for those without one. */
const blocks = (text: string, language: string): readonly string[] =>
  [...text.matchAll(/^```(\w*)\n(.*?)^```/gms)].flatMap(([, of, block = '']) =>
    of === language ? [block] : [],
  );

let server: LiveServer;
let directory: string;

interface Ended {
  readonly code: number | null;
  readonly output: string;
}

/** A line of a page, by the shell; interrupted after a while where it goes on until somebody does. */
async function shell(line: string, interruptAfterMs?: number): Promise<Ended> {
  const bin = here('../bin/sightline.mjs');
  const script = `set -o pipefail; sightline() { '${process.execPath}' '${bin}' "$@"; }; ${line}`;
  const child = spawn('bash', ['-c', script], {
    cwd: directory,
    detached: true,
    env: { ...process.env, NODE_OPTIONS: '', SIGHTLINE_URL: server.url },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (part: Buffer) => (output += part.toString()));
  const timer =
    interruptAfterMs === undefined
      ? undefined
      : setTimeout(() => process.kill(-(child.pid ?? 0), 'SIGINT'), interruptAfterMs);
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  clearTimeout(timer);
  return { code, output };
}

async function post(to: string, body: unknown): Promise<void> {
  const response = await fetch(`${server.url}${to}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  expect(response.status, await response.clone().text()).toBe(200);
}

/** What the pages name: a request, a trace, a service that said something. */
async function sendWhatPagesName(): Promise<void> {
  const nowMs = Number(systemClock().now() / 1_000_000n);
  const line = {
    timestamp: nowMs - 30_000,
    level: 'error',
    message: 'timed out',
    correlation_id: '6f1c2a90-7d1e-4c9a-8a55-0f6e2f3c1b77',
    trace_id: '4bf92f3577b34da6a3ce929d0e0e4736',
  };
  await post('/api/v1/logs?service=web-api', line);
  await post('/api/v1/logs?service=rag-retriever', { ...line, cache: 'documents', 'cache.hit': true });
  await post('/v1/traces', {
    resourceSpans: [
      {
        resource: { attributes: [{ key: 'service.name', value: { stringValue: 'web-api' } }] },
        scopeSpans: [
          {
            spans: [
              {
                traceId: line.trace_id,
                spanId: '00f067aa0ba902b7',
                name: 'GET /chat',
                startTimeUnixNano: `${nowMs - 31_000}000000`,
                endTimeUnixNano: `${nowMs - 30_000}000000`,
              },
            ],
          },
        ],
      },
    ],
  });
}

beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'sightline-docs-'));
  server = await startLiveServer();
  await cp(here('../../../conformance/log-lines/lines.jsonl'), path.join(directory, 'agent.log.json'));
  // The one line that is none would make the import fail, as it should.
  const lines = (await readFile(path.join(directory, 'agent.log.json'), 'utf8'))
    .split('\n')
    .filter((line) => line.startsWith('{'));
  await writeFile(path.join(directory, 'agent.log.json'), lines.join('\n'));
  await sendWhatPagesName();
  const filled = await sightline(
    ['demo', '--history', '4m', '--rate', '2', '--duration', '0s', '--seed', '7'],
    {
      url: server.url,
    },
  );
  expect(filled.code, filled.stderr).toBe(0);
  const program = await shell(
    `OTEL_EXPORTER_OTLP_ENDPOINT=${server.url} '${process.execPath}' --conditions=source '${here('testing/sdk-program.mjs')}'`,
  );
  expect(program.code, program.output).toBe(0);
});
afterAll(async () => {
  await server.stop();
  await rm(directory, { recursive: true });
});

describe('docs/sql.md', () => {
  test('every statement finds something', async () => {
    const statements = blocks(await page('docs/sql.md'), 'sql').flatMap((block) =>
      block.trim().split(/\n\n(?=--)/),
    );
    expect(statements.length).toBeGreaterThan(4);
    for (const statement of statements) {
      const { code, stdout, stderr } = await sightline(['query', statement, '--json'], { url: server.url });
      expect([statement, code, stderr]).toEqual([statement, 0, '']);
      const { rows } = JSON.parse(stdout) as { rows: unknown[] };
      expect([statement, rows.length > 0]).toEqual([statement, true]);
    }
  });

  test('what traced functions logged is told by SQL as by the command', async () => {
    const statement = blocks(await page('docs/sql.md'), 'sql')
      .flatMap((block) => block.trim().split(/\n\n(?=--)/))
      .find((each) => each.includes('per function'));
    const { stdout } = await sightline(['query', statement ?? '', '--json'], { url: server.url });
    const { rows } = JSON.parse(stdout) as { rows: [string, string, number][] };
    expect(rows.find(([name]) => name === 'load_documents')?.[1]).toBe('2');
  });
});

describe('what the SDK sends', () => {
  const ask = async (...words: string[]) =>
    JSON.parse((await sightline([...words, '--json'], { url: server.url })).stdout) as Record<
      string,
      never[]
    >;

  test('functions and caches have their statistics', async () => {
    const { functions } = await ask('logs', '--stats', 'functions', '--service', 'sdk-program');
    expect(functions).toMatchObject([{ function: 'load_documents', service: 'sdk-program', count: 2 }]);
    const { caches } = await ask('logs', '--stats', 'cache', '--service', 'sdk-program');
    expect(caches).toMatchObject([{ cache: 'embeddings', service: 'sdk-program', hits: 1, misses: 2 }]);
  });

  test('tags are found one by one', async () => {
    for (const q of ['tags:security', 'tags:auth service:sdk-program', 'category:SECURITY tags:sec*']) {
      const found = async () => (await ask('logs', q)).logs?.length;
      await expect.poll(found, { timeout: 30_000, interval: 500, message: q }).toBe(1);
    }
  });
});

describe('what the systems send that Sightline replaces', () => {
  test('their lines are imported, and those that are none are named', async () => {
    const recorded = await readFile(path.join(root, 'conformance/log-lines/lines.jsonl'), 'utf8');
    const now = new Date(Number(systemClock().now() / 1_000_000n)).toISOString();
    const file = path.join(directory, 'replaced.jsonl');
    await writeFile(file, recorded.replaceAll(/"timestamp":"[^"]*"/g, `"timestamp":"${now}"`));
    const imported = await sightline(['import', file], { url: server.url });
    expect([imported.code, imported.stdout, imported.stderr]).toEqual([
      1,
      expect.stringContaining('10 log records'),
      expect.stringContaining('line 11'),
    ]);
    const ask = async (...words: string[]) =>
      JSON.parse(
        (await sightline([...words, '--service', 'replaced', '--json'], { url: server.url })).stdout,
      ) as Record<string, unknown[]>;
    const [line] = recorded.split('\n');
    const { correlation_id } = JSON.parse(line ?? '') as { correlation_id: string };
    const of = async (q: string) => (await ask('logs', q))['logs']?.length;
    expect(await of(`correlation:${correlation_id}`)).toBe(10);
    expect(await of('context.metric.metric_name:cache_hit')).toBe(2);
    expect(await of('category:PERFORMANCE performance_metrics.duration_ms>1 tags:timing')).toBe(2);
    expect(await of('level:error exception.type:ValueError')).toBe(1);
    const { functions } = await ask('logs', '--stats', 'functions');
    expect(functions?.map((each) => (each as { function: string }).function).toSorted()).toEqual([
      'answer_question',
      'retrieve_documents',
    ]);
    const { caches } = await ask('logs', '--stats', 'cache');
    expect(caches).toEqual([
      { cache: 'embeddings', service: 'replaced', hits: 2, misses: 1, hitRate: 2 / 3 },
    ]);
  });

  test('their door takes lines, arrays and gzip, and refuses what is none with the reason', async () => {
    const send = async (
      body: string | Uint8Array<ArrayBuffer>,
      headers: Record<string, string> = {},
      query = '?service=door',
    ) => {
      const response = await fetch(`${server.url}/api/v1/logs${query}`, { method: 'POST', headers, body });
      return [response.status, await response.json()] as const;
    };
    const line = JSON.stringify({ message: 'through the door', level: 'WARNING' });
    expect(await send(`${line}\n\n${line}\nwords`, { 'content-type': 'application/x-ndjson' })).toEqual([
      200,
      { accepted: 2, rejected: 1, message: expect.stringContaining('Line 4') as string },
    ]);
    const zipped = new Uint8Array(gzipSync(`[${line},${line}]`));
    expect(await send(zipped, { 'content-encoding': 'gzip' })).toEqual([
      200,
      { accepted: 2, rejected: 0, message: '' },
    ]);
    for (const [body, query] of [
      ['', '?service=door'],
      ['{"a":1}', ''],
      [line, '?service='],
    ] as const) {
      const [status, answer] = await send(body, {}, query);
      expect([body, status, (answer as { error: { code: string } }).error.code]).toEqual([
        body,
        400,
        query === '?service=' ? 'bad_request' : 'unreadable_payload',
      ]);
    }
    await vi.waitFor(async () => {
      const { stdout } = await sightline(['logs', '"through the door"', '-s', 'door', '--json'], {
        url: server.url,
      });
      expect((JSON.parse(stdout) as { logs: unknown[] }).logs).toHaveLength(4);
    }, 20_000);
  });

  test('their run costs what a hand calculation says', async () => {
    const recording = recordedRequests(
      'replaced-workflow',
      Number(systemClock().now() / 1_000_000n) - 60_000,
    );
    for (const { request } of recording.requests) await post('/v1/traces', request);
    await vi.waitFor(async () => {
      const { stdout } = await sightline(['runs', 'user:user-7 agent:writer', '--json'], { url: server.url });
      const { runs } = JSON.parse(stdout) as { runs: { costUsd: number; inputTokens: number }[] };
      expect(runs.map(({ costUsd, inputTokens }) => [costUsd.toFixed(6), inputTokens])).toEqual([
        ['0.008300', 2100],
      ]);
    }, 30_000);
  });
});

/** Lines that go on until somebody stops them. */
const endless = /--follow|^sightline tail|^sightline demo +#/;
/** What would take minutes, and servers that are not there. */
const instead: readonly (readonly [RegExp, string])[] = [
  [/--history 6h --rate 2/, '--history 1m --rate 2'],
  [/http:\/\/(?:old|new):4300/, 'SERVER'],
  [/http:\/\/127\.0\.0\.1:4300/, 'SERVER'],
  [/^npx sightline/, 'sightline'],
];

test('docs/cli.md: every line does what it says', async () => {
  const lines = blocks(await page('docs/cli.md'), 'sh').flatMap((block) =>
    block
      .trim()
      .split('\n')
      .filter((line) => line.trim() !== ''),
  );
  expect(lines.length).toBeGreaterThan(18);
  const tryLine = async (written: string): Promise<void> => {
    const line = instead
      .reduce((text, [from, to]) => text.replaceAll(new RegExp(from, 'g'), to), written)
      .replaceAll('SERVER', server.url);
    const goesOn = endless.test(line);
    const { code, output } = await shell(line, goesOn ? 6_000 : undefined);
    expect([written, goesOn && code === null ? 130 : code, output.slice(0, 2000)]).toEqual([
      written,
      goesOn ? 130 : 0,
      expect.any(String),
    ]);
  };
  const filling = lines.filter((line) => line.startsWith('sightline demo'));
  // First what reads everything, or stores it once more; then what fills the server, beside what goes on.
  for (const line of lines.filter((each) => !endless.test(each) && !filling.includes(each)))
    await tryLine(line);
  const goingOn = lines.filter((line) => endless.test(line)).map(tryLine);
  for (const line of filling.filter((each) => !endless.test(each))) await tryLine(line);
  await Promise.all(goingOn);
}, 400_000);

describe('docs/query-language.md', () => {
  test('every filter is one, and the server takes it for what it is about', async () => {
    const text = await page('docs/query-language.md');
    const [table = ''] = /\| write \| to find \|\n.*?\n\n/s.exec(text) ?? [];
    const inTables = [...table.matchAll(/^\| (.*?) \| [^|]*\|$/gm)].flatMap(([, cell = '']) =>
      [...cell.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code.replaceAll('\\|', '|')),
    );
    const [about = ''] = /^## Runs and traces\n.*?^## /ms.exec(text) ?? [];
    const inWords = [...about.matchAll(/`([^`]+)`/g)]
      .map(([, code = '']) => code.replaceAll('\n', ' '))
      .filter((code) => !/^(?:span\( … \)|trace\.|api)$/.test(code));
    const whole = blocks(text, '')
      .filter((block) => !block.startsWith('Cannot'))
      .map((block) => block.trim());
    const filters = [...whole, ...inTables, ...inWords].filter(
      (each) => /[:<>="]|^\w+$|OR|AND/.test(each) && !/^(?:>=?|<=?|:)$/.test(each),
    );
    expect(filters.length).toBeGreaterThan(30);
    for (const filter of filters) {
      const [list, key] = /severity|"timed out"/.test(filter) ? ['logs', 'logs'] : ['traces', 'traces'];
      const response = await fetch(
        `${server.url}/api/v1/${list}?${new URLSearchParams({ q: filter, from: '-1h' }).toString()}`,
      );
      const body = (await response.json()) as Record<string, unknown>;
      expect([filter, response.status, Array.isArray(body[key])]).toEqual([filter, 200, true]);
    }
  });

  test('the mistake is told as it stands there', async () => {
    const [told = ''] = blocks(await page('docs/query-language.md'), '').filter((block) =>
      block.startsWith('Cannot'),
    );
    const [, filter = ''] = told.split('\n');
    const result = readFilter(filter, { signal: 'spans', now: systemClock().now() });
    expect(result.ok ? '' : `${result.error.message}\n${result.error.caret}\n`).toBe(told);
  });
});

describe('docs/scores.md and README.md', () => {
  test('the score is stored', async () => {
    const [command = ''] = blocks(await page('docs/scores.md'), '').filter((block) =>
      block.startsWith('curl'),
    );
    const { code, output } = await shell(
      `curl -sf ${command.replace('curl ', '').replaceAll('http://127.0.0.1:4300', '$SIGHTLINE_URL')}`,
    );
    expect([code, output]).toEqual([0, expect.stringContaining('user_feedback')]);
    const found = await sightline(['traces', 'score.user_feedback:*', '--json'], { url: server.url });
    expect(found.stdout).toContain('4bf92f3577b34da6a3ce929d0e0e4736');
  });

  test('the rule is taken as it stands', async () => {
    const [rule = ''] = blocks(await page('docs/scores.md'), 'json');
    const response = await fetch(`${server.url}/api/v1/evaluators`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: rule,
    });
    expect([response.status, await response.text()]).toEqual([
      expect.any(Number),
      expect.stringContaining('supported'),
    ]);
    expect(response.ok).toBe(true);
  });

  test('the program of the README sends its span', async () => {
    const [program = ''] = blocks(await page('README.md'), 'js');
    const file = path.join(root, 'packages/cli/.readme-example.mjs');
    await writeFile(file, program);
    try {
      const { code, output } = await shell(
        `OTEL_EXPORTER_OTLP_ENDPOINT=$SIGHTLINE_URL '${process.execPath}' '${file}'`,
      );
      expect([code, output]).toEqual([0, '']);
    } finally {
      await rm(file);
    }
    await vi.waitFor(async () => {
      const { stdout } = await sightline(['spans', 'name:"say hello" who:world', '--json'], {
        url: server.url,
      });
      expect(stdout).toContain('say hello');
    }, 20_000);
  });
});

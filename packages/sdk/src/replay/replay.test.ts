/** A run with the real clients is recorded, the servers stop, and the program runs again from what was recorded. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { replayTest, ReplayDivergenceError, shutdown, traceTool, traceWorkflow } from '../index.ts';
import { anthropicEvents, chatChunks, chatCompletion, googleContent } from '../test/provider-server.ts';
import { runProgram, type ProgramEnd } from '../test/run-program.ts';

const none = { OTEL_TRACES_EXPORTER: 'none', OTEL_LOGS_EXPORTER: 'none', OTEL_METRICS_EXPORTER: 'none' };
const folder = mkdtempSync(join(tmpdir(), 'sightline-replay-'));
const file = join(folder, 'trace.jsonl');
afterAll(() => rmSync(folder, { recursive: true }));
const mcpServer = join(import.meta.dirname, '../test/programs/mcp-adder.mjs');
let base = { PROVIDER: '', MCP_SERVER: mcpServer, ...none };
let recorded: ProgramEnd;
let requests = 0;
let files = 0;

/** Answers by path, and a rate limit first. */
async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  requests++;
  let text = '';
  for await (const part of request as AsyncIterable<Buffer>) text += part.toString();
  const json = (value: unknown, status = 200) => {
    response.writeHead(status, { 'content-type': 'application/json', 'retry-after-ms': '5' });
    response.end(JSON.stringify(value));
  };
  const stream = async (events: readonly unknown[]) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const event of events) {
      const [name, data] = Array.isArray(event) ? (event as [string, unknown]) : [undefined, event];
      response.write(
        `${name === undefined ? '' : `event: ${name}\n`}data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`,
      );
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    response.end();
  };
  const body = text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
  const path = request.url ?? '';
  if (requests === 1) return json({ error: { message: 'slow down' } }, 429);
  if (path.startsWith('/plain')) return json({ plain: true });
  if (path === '/old/json') return json({ asked: body });
  if (path === '/old/events') return stream([{ n: 1 }, { n: 2 }, { n: 3 }]);
  if (path === '/old/packed') {
    response.writeHead(200, { 'content-type': 'text/plain', 'content-encoding': 'gzip' });
    return void response.end(gzipSync('packed text'));
  }
  if (path === '/old/dies') return void response.destroy();
  if (path.includes('generateContent')) return json(googleContent('Gemini.'));
  if (path.endsWith('/responses'))
    return json({
      id: 'resp_1',
      object: 'response',
      created_at: 1,
      status: 'completed',
      model: 'gpt-5',
      error: null,
      incomplete_details: null,
      output: [
        {
          id: 'm',
          type: 'message',
          role: 'assistant',
          status: 'completed',
          content: [{ type: 'output_text', text: 'Responded.', annotations: [] }],
        },
      ],
      usage: {
        input_tokens: 1,
        output_tokens: 2,
        total_tokens: 3,
        input_tokens_details: { cached_tokens: 0 },
        output_tokens_details: { reasoning_tokens: 0 },
      },
    });
  if (path.endsWith('/messages')) return stream(anthropicEvents);
  if (body['stream'] === true) return stream(chatChunks);
  return json(chatCompletion(`Norway: ${JSON.stringify(body['messages'])}`));
}

beforeAll(async () => {
  const server = createServer((request, response) => void serve(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = { ...base, PROVIDER: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
  recorded = await runProgram('recorded-agent.mjs', { env: { ...base, SIGHTLINE_FILE: file, FAIL: 'yes' } });
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}, 60_000);

/** One trace of the file, each span as `change` leaves it. */
function traceFile(
  root = 'invoke_workflow answer',
  change: (span: OtlpSpan) => void = () => undefined,
): string {
  const requests = readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { resourceSpans?: { scopeSpans: { spans: OtlpSpan[] }[] }[] })
    .filter((request) => request.resourceSpans !== undefined);
  const scopes = requests
    .flatMap((request) => request.resourceSpans ?? [])
    .flatMap(({ scopeSpans }) => scopeSpans);
  const id = scopes.flatMap(({ spans }) => spans).find(({ name }) => name === root)?.traceId;
  for (const scope of scopes) scope.spans = scope.spans.filter((span) => span.traceId === id);
  for (const span of scopes.flatMap(({ spans }) => spans)) change(span);
  const path = join(folder, `one-${++files}.jsonl`);
  writeFileSync(path, requests.map((request) => JSON.stringify(request)).join('\n'));
  return path;
}

interface OtlpSpan {
  readonly name: string;
  readonly traceId: string;
  attributes: { readonly key: string }[];
}

const replay = async (env: Record<string, string> = {}, path = traceFile()) =>
  runProgram('recorded-agent.mjs', { env: { ...base, SIGHTLINE_REPLAY: path, ...env } });
const opened = ({ stderr }: ProgramEnd) => JSON.parse(/OPENED (.*)/.exec(stderr)?.[1] ?? 'null') as unknown;
const result = ({ stdout }: ProgramEnd) =>
  JSON.parse(stdout || 'null') as {
    readonly all?: Record<string, unknown>;
    readonly ran: number;
    readonly error?: readonly [string, string, boolean];
  };

describe('a recorded run', () => {
  it('is answered offline: the same output, no socket, no process, no tool executed', async () => {
    expect(
      [recorded.code, Object.keys(result(recorded).all ?? {}).length],
      recorded.stderr + recorded.stdout,
    ).toEqual([0, 13]);
    const old = result(recorded).all?.['old'] as (readonly [number | string, ...string[]])[];
    expect(old.map(([status, ...texts]) => [status, texts.join('')])).toEqual([
      [200, '{"asked":{"path":"json","question":"Where is Oslo?"}}'],
      [200, [1, 2, 3].map((n) => `data: {"n":${n}}\n\n`).join('')],
      [200, 'packed text'],
      ['ECONNRESET', 'socket hang up'],
    ]);
    const end = await replay();
    expect(end.stderr).toContain('nothing diverged');
    expect(result(end).all).toEqual(result(recorded).all);
    expect([end.code, result(end).ran, opened(end)]).toEqual([0, 0, {}]);
  });

  it('gives parallel calls their own answers whatever order they come in', async () => {
    const end = await replay({ ORDER: 'reversed' });
    expect(end.stderr).toContain('nothing diverged');
    expect(result(end).all).toEqual(result(recorded).all);
  });

  it('is answered from the messages where bodies were not recorded', async () => {
    const path = traceFile(undefined, (span) => {
      if (span.name !== 'invoke_workflow answer')
        span.attributes = span.attributes.filter(({ key }) => !key.startsWith('sightline.exchange'));
    });
    const end = await replay({}, path);
    const { stream, ...rest } = result(end).all ?? {};
    const { stream: streamed, ...others } = result(recorded).all ?? {};
    expect(end.stderr).toContain('nothing diverged');
    expect(rest).toEqual(others);
    const text = (deltas: unknown) =>
      (deltas as ({ content?: string | null } | null)[]).map((delta) => delta?.content ?? '').join('');
    expect(text(stream)).toBe(text(streamed));
    expect(opened(end)).toEqual({});
  });

  it('tells a changed prompt with a diff, refuses it, and ends with its own exit code', async () => {
    const end = await replay({ QUESTION: 'Where is Rome?' });
    expect([end.code, result(end).error?.[1]]).toEqual([5, expect.stringContaining('Sightline replay')]);
    expect(end.stderr).toMatch(/- .*Where is Oslo\?"\n.*\+ .*Where is Rome\?/);
    expect(opened(end)).toEqual({});
  });

  it('answers a changed prompt from the nearest call when told to, and still says so', async () => {
    const end = await replay({ QUESTION: 'Where is Rome?', SIGHTLINE_REPLAY_ON_DIVERGENCE: 'nearest' });
    expect([end.code, result(end).all?.['responses']]).toEqual([5, 'Responded.']);
    expect(end.stderr).toContain('6 divergences');
  });

  it('tells a call that nobody recorded, and one that is not made', async () => {
    const extra = await replay({ EXTRA: 'yes' });
    expect([extra.code, extra.stderr]).toEqual([
      5,
      expect.stringMatching(/chat\/completions is not in the recording/),
    ]);
    const path = traceFile('invoke_workflow fails');
    const missing = await runProgram('recorded-agent.mjs', { env: { ...base, SIGHTLINE_REPLAY: path } });
    expect(missing.stderr).toContain('is not in the recording');
  });

  it('is refused where the file holds no run, or several', async () => {
    const none = await replay({}, join(folder, 'missing.json'));
    expect([none.code, none.stderr]).toEqual([1, expect.stringMatching(/cannot be read/)]);
    const several = await replay({}, file);
    expect(several.stderr).toMatch(/holds 2 traces/);
    expect(opened(several)).toBe(null);
  });

  it('fails again as it failed: class, message and stack', async () => {
    const path = traceFile('invoke_workflow fails');
    const end = await replay({ ONLY: 'fails', FAIL: 'yes' }, path);
    expect(result(end).error).toEqual(result(recorded).error);
    expect([end.code, end.stderr]).toEqual([0, expect.stringContaining('nothing diverged')]);
  });

  it('freezes time, random numbers and ids', async () => {
    const env = { FREEZE: 'yes', SIGHTLINE_REPLAY_FREEZE: 'true' };
    const [one, two] = await Promise.all([replay(env), replay(env)]);
    const frozen = result(one).all?.['frozen'];
    expect(frozen).toEqual(result(two).all?.['frozen']);
    expect(frozen).toEqual([
      expect.any(Number),
      expect.any(Number),
      expect.stringMatching(/^[0-9a-f-]{36}$/),
      expect.any(Number),
      expect.stringMatching(/^[0-9a-f]{16}$/),
    ]);
  });
});

describe('replayTest', () => {
  it('gives back what the program returns, and throws where its calls diverge', async () => {
    const path = traceFile();
    const app = (city: string) => () =>
      traceWorkflow({ name: 'answer' }, () =>
        traceTool({ name: 'weather', arguments: { city } }, () => ({ city: 'made up' })),
      );
    await expect(replayTest(path, app('Oslo'))).rejects.toThrow(/the program did not make it/);
    await expect(replayTest(path, app('Paris'))).rejects.toThrow(ReplayDivergenceError);
    const one = traceFile(undefined, () => undefined);
    keepSpans(one, (name) => name.includes('invoke_workflow') || name.includes('weather'));
    const four = () =>
      traceWorkflow({ name: 'answer' }, () =>
        Promise.all(
          ['Rome', 'Bonn', 'Oslo', 'Lima'].map((city) =>
            traceTool({ name: 'weather', arguments: { city } }, async () => ({ city: 'made up' })),
          ),
        ),
      );
    const answers = await replayTest(one, four);
    expect(answers.map(({ city }) => city)).toEqual(['Rome', 'Bonn', 'Oslo', 'Lima']);
    await shutdown();
  });
});

function keepSpans(path: string, keep: (name: string) => boolean): void {
  const lines = readFileSync(path, 'utf8')
    .split('\n')
    .map((line) => {
      const request = JSON.parse(line) as { resourceSpans: { scopeSpans: { spans: OtlpSpan[] }[] }[] };
      for (const { scopeSpans } of request.resourceSpans)
        for (const scope of scopeSpans) {
          scope.spans = scope.spans.filter(({ name }) => keep(name));
          for (const span of scope.spans)
            span.attributes = span.attributes.filter(({ key }) => !key.startsWith('sightline.exchange'));
        }
      return JSON.stringify(request);
    });
  writeFileSync(path, lines.join('\n'));
}

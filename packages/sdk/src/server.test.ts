/** What the SDK sends, read back from a running Sightline server field by field, over HTTP and over gRPC. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { modest } from '../../server/src/testing/live-server.ts';
import { prepareData } from '../../server/src/testing/prepared-data.ts';
import { type MainProcess, runMain } from '../../server/src/testing/run-main.ts';
import { ensureBuilt, packageRoot } from './test/built-package.ts';
import { runProgram } from './test/run-program.ts';
import { programEnv } from './test/program-env.ts';

const run = promisify(execFile);
let server: MainProcess | undefined;
let urls: Awaited<ReturnType<MainProcess['ready']>>;
const data = mkdtempSync(join(tmpdir(), 'sightline-server-'));

beforeAll(async () => {
  await ensureBuilt();
  await prepareData(data);
  server = runMain(['--data', data, ...modest]);
  urls = await server.ready();
}, 60_000);

afterAll(async () => {
  server?.kill('SIGKILL');
  await server?.ended();
  rmSync(data, { recursive: true });
});

interface ApiSpan {
  readonly name: string;
  readonly spanId: string;
  readonly parentSpanId: string | null;
  readonly operation: string;
  readonly model: string | null;
  readonly inputTokens: number | null;
  readonly costUsd: number | null;
  readonly correlationId: string | null;
  readonly sessionId: string | null;
  readonly userId: string | null;
  readonly status: { readonly code: string };
}

async function read<T>(path: string, ready: (answer: T) => boolean): Promise<T> {
  const deadline = performance.now() + 15_000;
  for (;;) {
    const response = await fetch(`${urls.ui}/api/v1/${path}`);
    const answer = (await response.json()) as T;
    if (response.ok && ready(answer)) return answer;
    if (performance.now() > deadline)
      throw new Error(`${path} never became ready: ${JSON.stringify(answer).slice(0, 500)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

describe.each([
  ['http/protobuf', () => urls.otlpHttp],
  ['grpc', () => `http://${urls.otlpGrpc.replace(/^http:\/\//, '')}`],
])('over %s', (protocol, endpoint) => {
  it('an agent shows up whole: spans, kinds, tokens, cost, session, correlated logs and metrics', async () => {
    const service = `agent-${protocol.replace('/', '-')}`;
    const env = {
      ...programEnv,
      SIGHTLINE_ENDPOINT: endpoint(),
      OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
    };
    const source = join(packageRoot, '../../examples/agent-with-tools.ts');
    await run(process.execPath, [source], {
      env: { ...env, OTEL_RESOURCE_ATTRIBUTES: `service.instance.id=${service}` },
      timeout: 30_000,
    });

    const { traces } = await read<{ traces: { traceId: string; name: string; spanCount: number }[] }>(
      `traces?from=-1h&q=${encodeURIComponent(`resource.service.instance.id:"${service}"`)}`,
      (answer) => (answer.traces[0]?.spanCount ?? 0) >= 8,
    );
    expect(traces[0]?.name).toBe('invoke_workflow weather-question');
    const { spans } = await read<{ spans: ApiSpan[] }>(
      `traces/${traces[0]?.traceId ?? ''}`,
      (answer) => answer.spans.length >= 8,
    );
    const ids = new Set(spans.map((span) => span.spanId));
    expect(spans.filter((span) => span.parentSpanId === null || !ids.has(span.parentSpanId))).toHaveLength(1);
    const operations = Object.fromEntries(spans.map((span) => [span.name, span.operation]));
    expect(operations).toMatchObject({
      'invoke_workflow weather-question': 'workflow',
      'step turn-1': 'step',
      'chat gpt-4o-mini': 'llm',
      'execute_tool weather': 'tool',
    });
    const chat = spans.find((span) => span.name === 'chat gpt-4o-mini');
    expect(chat?.model).toBe('gpt-4o-mini');
    expect(chat?.inputTokens).toBeGreaterThan(0);
    expect(chat?.costUsd).toBeGreaterThan(0);
    expect(new Set(spans.map((span) => [span.sessionId, span.userId].join()))).toEqual(
      new Set(['session-1,user-1']),
    );
    const [correlationId] = spans.map((span) => span.correlationId);
    expect(correlationId).toMatch(/^[0-9a-f-]{36}$/);

    const { logs } = await read<{ logs: { body: string; traceId: string; correlationId: string }[] }>(
      `logs?from=-1h&q=${encodeURIComponent(`trace:${traces[0]?.traceId ?? ''}`)}`,
      (answer) => answer.logs.length >= 8,
    );
    expect(logs.every((log) => log.correlationId === correlationId)).toBe(true);
    const { metrics } = await read<{ metrics: { name: string }[] }>(
      'metrics?from=-1h',
      (answer) => answer.metrics.length > 0,
    );
    expect(metrics.map((metric) => metric.name)).toEqual(
      expect.arrayContaining(['workflow.duration', 'llm.tokens']),
    );
  });
});

interface ApiCheck {
  readonly name: string;
  readonly status: string;
  readonly lastReason: string | null;
  readonly target: { readonly service?: string };
}

it('health checks tell the server by themselves, and are not missed after shutdown', async () => {
  const checkOf = async (name: string, ready: (check: ApiCheck) => boolean): Promise<ApiCheck> => {
    const { checks } = await read<{ checks: ApiCheck[] }>('checks', (answer) =>
      answer.checks.some((check) => check.name === name && ready(check)),
    );
    return checks.find((check) => check.name === name) as ApiCheck;
  };
  const ended = runProgram('health-checks.mjs', {
    env: { SIGHTLINE_URL: urls.ui, SIGHTLINE_ENDPOINT: urls.otlpHttp },
    whileRunning: (child) => {
      void checkOf('checkout/queue', ({ status }) => status === 'down').then(() => child.kill('SIGUSR2'));
    },
  });
  const queue = await checkOf('checkout/queue', ({ status }) => status === 'down');
  // What it says is masked like everything else.
  expect(queue).toMatchObject({ lastReason: expect.stringContaining('no connection for ') as string });
  expect(queue.lastReason).not.toContain('ada@example.com');
  expect(await checkOf('checkout/database', () => true)).toMatchObject({ target: { service: 'checkout' } });
  expect(await ended).toMatchObject({ code: 0, stderr: '' });
  for (const name of ['checkout/queue', 'checkout/database'])
    expect(await checkOf(name, ({ status }) => status === 'unknown')).toMatchObject({ status: 'unknown' });
});

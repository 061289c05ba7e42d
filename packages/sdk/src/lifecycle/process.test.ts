import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { chatCompletion, startProvider } from '../test/provider-server.ts';
import { startGrpcReceiver } from '../test/grpc-receiver.ts';
import { startReceiver, type OtlpReceiver } from '../test/otlp-receiver.ts';
import { runProgram, type ProgramOptions } from '../test/run-program.ts';
import { waitUntil } from '../test/wait-until.ts';
import { temporaryFolder } from '../test/temporary-folder.ts';

/** As in the program `work.ts`. */
const exitFlushMsMax = 800;
let receiver: OtlpReceiver | undefined;
afterEach(() => receiver?.close());

async function run(
  ending: string,
  more: Record<string, string> = {},
  whileRunning?: ProgramOptions['whileRunning'],
) {
  receiver = await startReceiver();
  return runProgram('work.ts', {
    env: { SIGHTLINE_ENDPOINT: receiver.url, ENDING: ending, ...more },
    ...(whileRunning === undefined ? {} : { whileRunning }),
  });
}

function expectAllSent(line: string): void {
  expect(receiver?.text('traces').match(/child work/g)).toHaveLength(1);
  expect(receiver?.text('logs')).toContain(line);
  expect(receiver?.text('metrics')).toContain('child.count');
}

describe('a program that ends', () => {
  it('by itself has sent everything, with its own exit code', async () => {
    const end = await run('exit-code');
    expect([end.code, end.signal]).toEqual([3, null]);
    expect(receiver?.text('traces')).toContain('child work');
    expect(receiver?.text('logs')).toContain('child line');
  });

  it('after awaiting flush at the top level does not hang', async () => {
    expect(await run('flush')).toMatchObject({ code: 0, stdout: 'flushed\n' });
  });

  it('by SIGTERM sends first, and still dies of the signal', async () => {
    const end = await run('signal', {}, (child) => child.stdout?.once('data', () => child.kill('SIGTERM')));
    expect(end.signal).toBe('SIGTERM');
    expect(receiver?.text('traces')).toContain('child work');
  });

  it('by its own signal handler keeps it', async () => {
    const end = await run('own-signal-handler', {}, (child) =>
      child.stdout?.once('data', () => child.kill('SIGTERM')),
    );
    expect([end.code, end.stdout.includes('my own farewell')]).toEqual([7, true]);
  });

  it.each(['reject', 'throw'])(
    'by an uncaught error (%s) sends, and keeps code and message',
    async (ending) => {
      const end = await run(ending);
      expect(end.code).toBe(1);
      expect(end.stderr).toMatch(/nobody caught me|uncaught/);
      expectAllSent('The process ends with an');
    },
  );

  it('by process.exit() sends, and keeps the code', async () => {
    const end = await run('exit');
    expect(end.code).toBe(5);
    expectAllSent('child line');
  });

  it('by process.exit() sends over gRPC too', async () => {
    const grpc = await startGrpcReceiver();
    const end = await runProgram('work.ts', {
      env: { SIGHTLINE_ENDPOINT: grpc.url, ENDING: 'exit', OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' },
    });
    expect(end.code).toBe(5);
    expect(grpc.text('trace')).toContain('child work');
    expect(grpc.text('logs')).toContain('child line');
    expect(grpc.text('metrics')).toContain('child.count');
    grpc.close();
  });

  it('by process.exit() writes its file', async () => {
    const file = join(temporaryFolder(), 'telemetry.jsonl');
    const none = { OTEL_TRACES_EXPORTER: 'none', OTEL_LOGS_EXPORTER: 'none', OTEL_METRICS_EXPORTER: 'none' };
    const end = await runProgram('work.ts', { env: { SIGHTLINE_FILE: file, ENDING: 'exit', ...none } });
    expect(end.code).toBe(5);
    const lines = readFileSync(file, 'utf8').trim().split('\n');
    const kinds = lines.map((line) => Object.keys(JSON.parse(line) as object)[0]);
    expect(new Set(kinds)).toEqual(new Set(['resourceLogs', 'resourceMetrics', 'resourceSpans']));
  });

  it('with --import and NODE_OPTIONS starts nothing twice while it exits', async () => {
    receiver = await startReceiver();
    const register = new URL('../register.ts', import.meta.url).href;
    const end = await runProgram('work.ts', {
      nodeArguments: ['--import', register],
      env: { SIGHTLINE_ENDPOINT: receiver.url, ENDING: 'throw', NODE_OPTIONS: `--import ${register}` },
    });
    expect(end.code).toBe(1);
    expect(receiver.text('traces').match(/child work/g)).toHaveLength(1);
  });

  it.each([
    ['by itself', '', 0],
    ['by an uncaught error', 'throw', 1],
    ['by process.exit()', 'exit', 5],
  ])(
    '%s while the server is down, or never answers, is not held for long',
    async (_how, ending, code) => {
      receiver = await startReceiver();
      const silent = await startReceiver({ silent: true });
      // A request alone would hold the program until it is killed. All run at once, so a busy machine slows each of them.
      const end = async (url: string) =>
        runProgram('work.ts', {
          env: { SIGHTLINE_ENDPOINT: url, ENDING: ending, OTEL_EXPORTER_OTLP_TIMEOUT: '600000' },
        });
      const [answered, down, hanging] = await Promise.all(
        [receiver.url, 'http://127.0.0.1:9', silent.url].map(end),
      );
      silent.close();
      expect([answered?.code, down?.code, hanging?.code]).toEqual([code, code, code]);
      expectAllSent('child line');
      const usualMs = answered?.ms ?? 0;
      for (const held of [down, hanging]) expect(held?.ms).toBeLessThan(exitFlushMsMax + 3 * usualMs);
    },
    60_000,
  );

  it('whose standard error is closed goes on', async () => {
    const end = await run('flush', { SIGHTLINE_LOG_LEVEL: 'TRACE' }, (child) => child.stderr?.destroy());
    expect(end).toMatchObject({ code: 0, stdout: 'flushed\n' });
  });
});

describe('--import @sightline/sdk/register', () => {
  const register = new URL('../register.ts', import.meta.url).href;

  it.each(['openai-esm.mjs', 'openai-cjs.cjs'])('traces %s, which knows nothing of it', async (program) => {
    receiver = await startReceiver();
    const provider = await startProvider({ json: chatCompletion() });
    const end = await runProgram(program, {
      nodeArguments: ['--import', register],
      env: { SIGHTLINE_ENDPOINT: receiver.url, PROVIDER: provider.url, OTEL_SERVICE_NAME: 'plain' },
    });
    expect(end).toMatchObject({ code: 0, stdout: 'Hello.\n' });
    const traces = receiver.text('traces');
    expect(traces).toContain('chat gpt-4o');
    expect(traces.match(/chat gpt-4o/g)).toHaveLength(1);
    expect(traces).toContain('gen_ai.usage.cost');
    expect(provider.exchanges[0]?.headers['traceparent']).toBeTypeOf('string');
    provider.close();
  });

  it('traces the AI SDK and MCP', async () => {
    receiver = await startReceiver();
    const provider = await startProvider({ json: chatCompletion() });
    const end = await runProgram('ai-and-mcp.mjs', {
      nodeArguments: ['--import', register],
      env: { SIGHTLINE_ENDPOINT: receiver.url, PROVIDER: provider.url },
    });
    expect(end).toMatchObject({ code: 0, stdout: 'Hello.\n' });
    for (const name of ['tools/call ping', 'invoke_agent gpt-4o', 'chat gpt-4o'])
      expect(receiver.text('traces')).toContain(name);
    provider.close();
  });

  it('traces OpenAI Agents and LangChain, one span per model call', async () => {
    receiver = await startReceiver();
    const provider = await startProvider({ json: chatCompletion() });
    const end = await runProgram('agents.mjs', {
      nodeArguments: ['--import', register],
      env: { SIGHTLINE_ENDPOINT: receiver.url, PROVIDER: provider.url },
    });
    expect(end).toMatchObject({ code: 0, stdout: 'Hello.\nHello.\n' });
    const traces = receiver.text('traces');
    expect(traces).toContain('invoke_agent Helper');
    expect(traces.match(/chat gpt-4o(?!-)/g)).toHaveLength(1);
    expect(traces.match(/chat gpt-4o-mini/g)).toHaveLength(1);
    provider.close();
  });

  it('costs nothing and sends nothing when switched off', async () => {
    let connections = 0;
    const server = createServer(() => connections++).listen(0, '127.0.0.1');
    await waitUntil(() => server.listening);
    const provider = await startProvider({ json: chatCompletion() });
    const address = server.address() as { port: number };
    const end = await runProgram('openai-esm.mjs', {
      nodeArguments: ['--import', register],
      env: {
        SIGHTLINE_ENDPOINT: `http://127.0.0.1:${address.port}`,
        PROVIDER: provider.url,
        ENABLE_TRACING: 'false',
      },
    });
    expect([end.code, connections]).toEqual([0, 0]);
    provider.close();
    server.close();
  });
});

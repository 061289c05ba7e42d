/** Runs are sent again to a real program, which is killed over it, as is the server; and a run goes on from a step in its middle. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Replay, ReplayBatch, ReplayComparison, ReplayTarget, TraceResponse } from '@sightline/schema/api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LiveServer } from '../testing/live-server.ts';

const program = join(import.meta.dirname, '../../../sdk/src/test/programs/refund-target.mjs');
let live: LiveServer;
let shop: Server;
let shopUrl = '';
let runsFile = '';
const children = new Set<ChildProcess>();
/** What the shop was asked: paths, and the bodies of model calls. */
const asked: string[] = [];

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  let text = '';
  for await (const part of request as AsyncIterable<Buffer>) text += part.toString();
  asked.push(`${request.url ?? ''} ${text}`);
  response.setHeader('content-type', 'application/json');
  if (request.url === '/rates') return void response.end('{"euro":1}');
  const { model } = JSON.parse(text) as { model: string };
  const content = model === 'large' ? 'yes' : 'no';
  response.end(
    JSON.stringify({
      id: 'c',
      object: 'chat.completion',
      model,
      choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content } }],
      usage: { prompt_tokens: 10, completion_tokens: 1, total_tokens: 11 },
    }),
  );
}

/** The program with these words; with none it offers its target until it is killed. */
function run(words: readonly string[], env: Readonly<Record<string, string>> = {}): ChildProcess {
  const child = spawn(process.execPath, [program, ...words], {
    env: {
      PATH: process.env['PATH'],
      SIGHTLINE_URL: live.ui,
      SIGHTLINE_ENDPOINT: live.otlpHttp,
      OTEL_LOG_LEVEL: 'none',
      SHOP: shopUrl,
      RUNS: runsFile,
      ...env,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.add(child);
  child.once('exit', () => children.delete(child));
  return child;
}

async function killed(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL');
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
}

async function record(order: number): Promise<string> {
  const child = run([String(order)]);
  let out = '';
  child.stdout?.on('data', (part: Buffer) => (out += part.toString()));
  await once(child, 'exit');
  return /TRACE (\w+)/.exec(out)?.[1] ?? '';
}

const ran = (): readonly string[] =>
  existsSync(runsFile) ? readFileSync(runsFile, 'utf8').trim().split('\n').filter(Boolean) : [];
const forget = (): void => writeFileSync(runsFile, '');

async function post<T>(path: string, body: unknown): Promise<T> {
  const answer = await live.ask(path, 'POST', body);
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return answer.body as T;
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await delay(50);
}

async function ended(id: string): Promise<Replay> {
  let replay = await live.read<Replay>(`/replays/${id}`);
  await until(async () => {
    replay = await live.read<Replay>(`/replays/${id}`);
    return !['queued', 'running'].includes(replay.state);
  });
  return replay;
}

async function isReady(): Promise<boolean> {
  const { targets } = await live.read<{ targets: ReplayTarget[] }>('/replay-targets');
  return targets.some(({ name, state }) => name === 'refund' && state === 'ready');
}

beforeAll(async () => {
  shop = createServer((request, response) => void serve(request, response));
  await new Promise<void>((resolve) => shop.listen(0, '127.0.0.1', resolve));
  shopUrl = `http://127.0.0.1:${(shop.address() as AddressInfo).port}`;
  live = await LiveServer.start();
  runsFile = join(live.directory, 'runs.txt');
}, 120_000);
afterAll(async () => {
  await Promise.all([...children].map(killed));
  shop.closeAllConnections();
  shop.close();
  rmSync(runsFile, { force: true });
  await live.close();
});

describe('a run that goes on from a step in its middle', () => {
  let traceId = '';
  let spans: TraceResponse['spans'] = [];
  const spanOf = (name: string): string => spans.find((span) => span.name === name)?.spanId ?? '';
  beforeAll(async () => {
    traceId = await record(4712);
    await until(async () => {
      const { status, body } = await live.ask(`/traces/${traceId}`);
      if (status === 200) ({ spans } = body as TraceResponse);
      return spans.some(({ parentSpanId }) => parentSpanId === null);
    });
    run([]);
    await until(isReady);
  }, 60_000);

  it('has what was before it answered from the recording, and asks with the changes', async () => {
    forget();
    asked.length = 0;
    const made = await post<Replay>('/replays', {
      traceId,
      whatIf: {
        spanId: spanOf('chat small'),
        set: { model: 'large', 'messages.0.content': 'Say yes.', temperature: null },
      },
    });
    expect(made.whatIf).toMatchObject({ step: 'chat small', later: 'live' });
    const replay = await ended(made.id);
    expect(replay, JSON.stringify(replay)).toMatchObject({
      state: 'done',
      answer: '{"order":4712,"paid":true}',
      report: null,
    });
    // The order is not looked up and the rates are not read; the model and the payment are real.
    expect(ran()).toEqual(['refund 4712', 'pay 4712']);
    expect(asked).toEqual([
      `/v1/chat/completions ${JSON.stringify({ model: 'large', messages: [{ role: 'system', content: 'Say yes.' }, { role: 'user', content: 'Refund 30?' }] })}`,
    ]);
    let comparison = await live.read<ReplayComparison>(`/replays/${made.id}/comparison`);
    await until(async () => {
      comparison = await live.read<ReplayComparison>(`/replays/${made.id}/comparison`);
      return comparison.stepsLeftOut === null;
    });
    expect(comparison.steps.find(({ name }) => name.includes('pay'))).toMatchObject({ state: 'added' });
  });

  it('may be given what a tool gives back, and may ask what comes later from the recording', async () => {
    forget();
    asked.length = 0;
    const made = await post<Replay>('/replays', {
      traceId,
      whatIf: { spanId: spanOf('execute_tool find order'), result: { order: 4712, euro: 30 }, later: 'recorded' },
    });
    expect(await ended(made.id)).toMatchObject({ state: 'failed', error: 'RangeError: The model says no.' });
    expect([ran(), asked]).toEqual([['refund 4712'], []]);
    const other = await post<Replay>('/replays', {
      traceId,
      whatIf: { spanId: spanOf('execute_tool find order'), result: { order: 4712, euro: 5 }, later: 'recorded' },
    });
    await ended(other.id);
    // The rates are asked for as before; the prompt is another one, so that the model is asked.
    expect(asked.map((line) => line.split(' ')[0])).toEqual(['/v1/chat/completions']);
    expect(asked[0]).toContain('Refund 5?');
  });

  it('says what is wrong with it', async () => {
    const refused = async (whatIf: object) => (await live.ask('/replays', 'POST', { traceId, whatIf })).body;
    expect(await refused({ spanId: 'f'.repeat(16) })).toMatchObject({ error: { code: 'span_not_found' } });
    expect(await refused({ spanId: 'nowhere' })).toMatchObject({ error: { code: 'bad_request' } });
    expect(await live.ask('/replay-claims/nobody/recording')).toMatchObject({ status: 404 });
    await live.ask('/replay-targets/elsewhere', 'PUT', {
      settings: { kind: 'http', url: `${shopUrl}/rates` },
    });
    const served = await live.ask('/replays', 'POST', {
      traceId,
      target: 'elsewhere',
      whatIf: { spanId: spanOf('chat small') },
    });
    expect(served.body).toMatchObject({ error: { hint: expect.stringContaining('--from-span') } });
  });
});

/**
 * The cost of recording and of replaying: a streamed call with and without its body recorded, a call answered from the recording, the disk that
 * recorded streams take, bulk replays of an instant target, and the comparison of two long runs. `npm run bench -- replay`; BENCH_ONLY=disk measures the disk of streams that are not alike.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { zstdCompressSync } from 'node:zlib';
import { seededRandom } from '../packages/base/src/index.ts';
import type { Replay, ReplayBatch, StatusResponse, WorkResponse } from '../packages/schema/src/api/index.ts';
import {
  type Exchange,
  exchangePrefix,
  readExchanges,
  writeExchange,
} from '../packages/sdk/src/replay/exchange.ts';
import { LiveServer } from '../packages/server/src/testing/live-server.ts';
import { hexId, tracesRequest } from '../packages/server/src/query/testing/otlp-json.ts';

interface Measured {
  readonly msPerCall: number;
  readonly cpuMsPerCall: number;
  readonly url: string;
}

const folder = mkdtempSync(join(tmpdir(), 'sightline-replay-bench-'));
const program = join(import.meta.dirname, '../packages/sdk/bench/replay-mode.ts');
const rounds = Number(process.env['BENCH_ROUNDS'] ?? 3);
let ids = 0;
const rows: string[] = [];
const row = (what: string, bound: string, now: string) => rows.push(`| ${what} | ${bound} | ${now} |`);
const ms = (value: number) => `${value.toFixed(2)} ms`;

function once(words: readonly string[], env: Readonly<Record<string, string>> = {}): Measured {
  const output = execFileSync(process.execPath, ['--conditions=source', program, ...words], {
    encoding: 'utf8',
    env: {
      ...process.env,
      OTEL_TRACES_EXPORTER: 'none',
      OTEL_LOGS_EXPORTER: 'none',
      OTEL_METRICS_EXPORTER: 'none',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return JSON.parse(output) as Measured;
}

/** The run that other work on the machine disturbed least. */
function best(words: readonly string[], env: Readonly<Record<string, string>> = {}): Measured {
  const all = Array.from({ length: rounds }, () => once(words, env));
  const least = (of: (each: Measured) => number) => Math.min(...all.map(of));
  return {
    msPerCall: least((each) => each.msPerCall),
    cpuMsPerCall: least((each) => each.cpuMsPerCall),
    url: '',
  };
}

function recording(): void {
  for (const capture of ['masked', 'full']) {
    const env = { CAPTURE: capture };
    const off = best(['streamed-off'], env);
    const on = best(['streamed-on'], env);
    row(
      `a streamed call of 60 pieces that come at once, capture ${capture}: CPU of client and server`,
      '',
      `${ms(off.cpuMsPerCall)} → ${ms(on.cpuMsPerCall)}`,
    );
    const paced = { ...env, CALLS: '3' };
    const slowOff = best(['paced-off'], paced);
    const slowOn = best(['paced-on'], paced);
    const share = ((on.cpuMsPerCall - off.cpuMsPerCall) / slowOff.msPerCall) * 100;
    row(
      `the same, a piece every 20 ms: time of a call`,
      '',
      `${ms(slowOff.msPerCall)} → ${ms(slowOn.msPerCall)}`,
    );
    row(
      `recording a streamed call at that pace: its CPU, as a share of the time of the call`,
      '< 5 %',
      `${share.toFixed(2)} %`,
    );
  }
}

function replaying(): string {
  const file = join(folder, 'run.jsonl');
  // 60 exchanges and more have to stand on spans of their own, which each call has.
  for (const kind of ['plain', 'streamed']) {
    const path = kind === 'plain' ? join(folder, 'plain.jsonl') : file;
    const { url } = once([`${kind}-on`, path], { CALLS: '300' });
    const live = best([`${kind}-off`], { CALLS: '300' });
    const offline = best([`replay-${kind}`, path], { CALLS: '300', RECORDED_URL: url });
    row(
      `a ${kind} call answered offline, CPU of all of it, beside the same call to a server in the process`,
      'adds < 1 ms',
      `${ms(live.cpuMsPerCall)} → ${ms(offline.cpuMsPerCall)}`,
    );
  }
  return file;
}

/** Streams as OpenAI sends them, a word an event, of which no two say the same. */
function differentStreams(count: number): string[] {
  const random = seededRandom(25);
  const draw = (below: number): number => Math.floor(random() * below);
  const letters = (length: number): string =>
    Array.from({ length }, () => String.fromCodePoint(97 + draw(26))).join('');
  const words = Array.from({ length: 60_000 }, () => letters(3 + draw(8)));
  const word = (): string => words[draw(words.length)] ?? '';
  return Array.from({ length: count }, (_, nr) => {
    const event = (delta: object): string =>
      `data: ${JSON.stringify({ id: `chatcmpl-${nr.toString(36).padStart(10, '0')}`, object: 'chat.completion.chunk', created: 1_700_000_000 + nr, model: 'gpt-4o-2024-08-06', service_tier: 'default', choices: [{ index: 0, delta, finish_reason: null }] })}\n\n`;
    const pieces = Array.from({ length: 200 }, () => event({ content: ` ${word()}` }));
    let ms = 300 + draw(400);
    const exchange: Exchange = {
      method: 'POST',
      url: 'https://api.openai.com/v1/chat/completions',
      request: JSON.stringify({
        model: 'gpt-4o',
        stream: true,
        messages: [{ role: 'user', content: `${word()} ${word()} ${word()}?` }],
      }),
      status: 200,
      headers: { 'content-type': 'text/event-stream' },
      body: pieces.join(''),
      chunks: pieces.map((piece) => [Buffer.byteLength(piece), (ms += 10 + draw(30))]),
      durationMs: ms,
    };
    return writeExchange(exchange);
  });
}

function recordedStreams(file: string): string[] {
  return [
    ...readFileSync(file, 'utf8').matchAll(
      /"key":"sightline\.exchange\.0","value":\{"stringValue":("(?:[^"\\]|\\.)*")/g,
    ),
  ].map(([, text = '""']) => JSON.parse(text) as string);
}

async function stored(live: LiveServer, what: string, exchanges: readonly string[]): Promise<void> {
  const bytesOf = async (...names: readonly string[]): Promise<number> => {
    const { disk } = await live.read<StatusResponse>('/status');
    return disk.tables.reduce((sum, { name, bytes }) => sum + (names.includes(name) ? bytes : 0), 0);
  };
  const bodies = exchanges.map((text) => readExchanges({ [`${exchangePrefix}0`]: text })[0]?.body ?? '');
  const textsBefore = await bytesOf('texts');
  const allBefore = await bytesOf('texts', 'spans');
  const now = BigInt(Date.now()) * 1_000_000n;
  const firstId = (ids += 10_000);
  const spans = exchanges.map((text, at) => ({
    traceId: hexId(32, firstId + at),
    spanId: hexId(16, firstId + at),
    name: 'chat gpt-4o',
    startNanos: now,
    attributes: { 'gen_ai.operation.name': 'chat', 'sightline.exchange.0': text },
  }));
  for (let at = 0; at < spans.length; at += 50)
    await live.send('traces', tracesRequest('stored', spans.slice(at, at + 50)));
  await live.stored();
  await atRest(() => bytesOf('texts', 'spans'));
  const texts = (await bytesOf('texts')) - textsBefore;
  const all = (await bytesOf('texts', 'spans')) - allBefore;
  const each = bodies.reduce((sum, body) => sum + zstdCompressSync(body).byteLength, 0);
  const plain = bodies.reduce((sum, body) => sum + body.length, 0);
  const streams = `${bodies.length} ${what} streams of ${Math.round(plain / bodies.length / 1000)} kB, compressed one by one ${Math.round(each / bodies.length)} bytes each, on disk`;
  row(
    `${streams}: the texts`,
    '< 1.3 × what each takes compressed',
    `${(texts / each).toFixed(2)} × (${Math.round(texts / bodies.length)} bytes a call)`,
  );
  row(
    `${streams}: texts and spans, with the times of their pieces and the index of their words`,
    '',
    `${(all / each).toFixed(2)} × (${Math.round(all / bodies.length)} bytes a call)`,
  );
}

/** Until nothing is merged any more. */
async function atRest(bytes: () => Promise<number>): Promise<void> {
  let last = -1;
  for (let same = 0; same < 10;) {
    await delay(1000);
    const now = await bytes();
    same = now === last ? same + 1 : 0;
    last = now;
  }
}

async function post<T>(live: LiveServer, path: string, body: unknown, method = 'POST'): Promise<T> {
  const answer = await live.ask(path, method, body);
  if (answer.status !== 200) throw new Error(JSON.stringify(answer.body).slice(0, 500));
  return answer.body as T;
}

async function bulk(live: LiveServer): Promise<void> {
  const runs = 1000;
  const instant = createServer((request, response) => {
    request.resume();
    request.on('end', () => response.setHeader('content-type', 'application/json').end('{"answer":"yes"}'));
  });
  await new Promise<void>((resolve) => instant.listen(0, '127.0.0.1', resolve));
  const now = BigInt(Date.now()) * 1_000_000n;
  const spans = Array.from({ length: runs }, (_, at) => ({
    traceId: hexId(32, at + 100_000),
    spanId: hexId(16, at + 100_000),
    name: 'invoke_workflow ask',
    startNanos: now,
    attributes: {
      'gen_ai.operation.name': 'invoke_workflow',
      'sightline.input': `{"question":${at}}`,
      'sightline.output': 'yes',
    },
  }));
  await live.send('traces', tracesRequest('bulk', spans));
  await live.stored();
  const settings = {
    kind: 'http',
    url: `http://127.0.0.1:${(instant.address() as AddressInfo).port}/`,
    answerPath: 'answer',
    concurrency: 16,
  };
  await post(live, '/replay-targets/instant', { settings }, 'PUT');
  const { id } = await post<ReplayBatch>(live, '/replay-batches', {
    q: 'service:bulk',
    limit: runs,
    target: 'instant',
    concurrency: 16,
  });
  const beganMs = performance.now();
  for (;;) {
    const { counts } = await live.read<ReplayBatch>(`/replay-batches/${id}/state`);
    if (counts.queued + counts.running === 0) break;
    await delay(20);
  }
  row(
    `bulk replay of ${runs} runs, an instant HTTP target`,
    '≥ 200/s',
    `${Math.round((runs / (performance.now() - beganMs)) * 1000)}/s`,
  );
  instant.closeAllConnections();
  instant.close();
}

async function comparison(live: LiveServer): Promise<void> {
  const steps = 2000;
  const now = BigInt(Date.now()) * 1_000_000n;
  const run = (nr: number) =>
    Array.from({ length: steps }, (_, at) => ({
      traceId: hexId(32, nr),
      spanId: hexId(16, nr * 10_000 + at),
      ...(at === 0 ? {} : { parentSpanId: hexId(16, nr * 10_000 + Math.floor((at - 1) / 4)) }),
      name:
        at === 0 ? 'invoke_workflow long' : `execute_tool tool ${(at * 31 + (at % 50 === 0 ? nr : 0)) % 97}`,
      startNanos: now + BigInt(at) * 1_000_000n,
      attributes: {
        'gen_ai.operation.name': at === 0 ? 'invoke_workflow' : 'execute_tool',
        ...(at === 0 ? { 'sightline.input': '{}' } : { 'gen_ai.tool.name': `tool ${at % 97}` }),
      },
    }));
  await live.send('traces', tracesRequest('long', run(900)));
  await live.send('traces', tracesRequest('long', run(901)));
  await live.stored();
  const ask = { worker: 'bench', places: 1, free: 1, waitMs: 0 };
  await post(live, '/replay-targets/long/work', ask);
  const { id } = await post<Replay>(live, '/replays', { traceId: hexId(32, 900), target: 'long' });
  const { work } = await post<WorkResponse>(live, '/replay-targets/long/work', ask);
  await post(live, '/replay-results', {
    claim: work[0]?.claim,
    failed: false,
    answer: 'yes',
    traceId: hexId(32, 901),
  });
  const times: number[] = [];
  for (let round = 0; round < 15; round++) {
    const beganMs = performance.now();
    await live.read(`/replays/${id}/comparison`);
    times.push(performance.now() - beganMs);
  }
  const sorted = times.toSorted((a, b) => a - b);
  row(
    `comparison of two runs of ${steps} steps`,
    '< 200 ms',
    `${Math.round(sorted[0] ?? 0)} ms best, ${Math.round(sorted[7] ?? 0)} ms median`,
  );
}

console.log(
  `${cpus().length} × ${cpus()[0]?.model ?? ''}, Node ${process.version}, load ${(loadavg()[0] ?? 0).toFixed(1)}, best of ${rounds}\n`,
);
try {
  const isAll = process.env['BENCH_ONLY'] !== 'disk';
  if (isAll) recording();
  const file = isAll ? replaying() : undefined;
  const live = await LiveServer.start();
  try {
    if (file !== undefined) {
      await bulk(live);
      await comparison(live);
      await stored(live, 'similar', recordedStreams(file));
    }
    await stored(live, 'different', differentStreams(600));
  } finally {
    await live.close();
  }
} finally {
  rmSync(folder, { recursive: true });
}
console.log('| promise | bound | now |\n| --- | ---: | ---: |');
console.log(rows.join('\n'));

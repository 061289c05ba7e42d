/** One measurement of recording or replaying in a process of its own; prints JSON. For bench/replay.bench.ts. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { seededRandom } from '@sightline/base';
import {
  flush,
  init,
  memoryExporter,
  replayTest,
  shutdown,
  traceLlmCall,
  traceWorkflow,
} from '../src/index.ts';

const [mode = '', file = ''] = process.argv.slice(2);
const calls = Number(process.env['CALLS'] ?? 200);
const chunks = 60;
const gapMs = mode.startsWith('paced') ? 20 : 0;

const random = seededRandom(7);
/** Letters alone: what looks like a number of a card or a key is masked. */
const words = Array.from({ length: 5_000 }, () =>
  Math.floor(random() * 36 ** 6)
    .toString(36)
    .replaceAll(/\d/g, 'e'),
);

/** Streams an answer of 60 pieces, each its own event, as OpenAI does. */
const server = createServer((request, response) => {
  request.resume();
  request.on('end', () => (request.url === '/plain' ? plain() : void stream()));
  function plain(): void {
    response.setHeader('content-type', 'application/json').end('{"choices":[{"message":{"content":"yes"}}]}');
  }
  async function stream(): Promise<void> {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (let at = 0; at < chunks; at++) {
      const delta = { content: ` ${words[Math.floor(random() * words.length)]}` };
      response.write(
        `data: ${JSON.stringify({ id: 'chatcmpl-0123456789', object: 'chat.completion.chunk', created: 1_700_000_000, model: 'gpt-4o-2024-08-06', choices: [{ index: 0, delta, finish_reason: null }] })}\n\n`,
      );
      await (gapMs > 0 ? sleep(gapMs) : new Promise(setImmediate));
    }
    response.end('data: [DONE]\n\n');
  }
});

async function call(url: string, nr: number): Promise<void> {
  await traceLlmCall({ model: 'gpt-4o', provider: 'openai' }, async () => {
    const path = mode.includes('plain') ? 'plain' : 'v1/chat/completions';
    const response = await fetch(`${url}/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        model: 'gpt-4o',
        stream: true,
        messages: [{ role: 'user', content: `question ${nr}` }],
      }),
    });
    for await (const _part of response.body ?? []);
  });
}

const run = (url: string, count: number) =>
  traceWorkflow({ name: 'many' }, async () => {
    for (let nr = 0; nr < count; nr++) await call(url, nr);
  });

interface Measured {
  readonly msPerCall: number;
  readonly cpuMsPerCall: number;
}

async function measure(work: () => Promise<unknown>, count: number): Promise<Measured> {
  const cpu = process.cpuUsage();
  const beganMs = performance.now();
  await work();
  const { user, system } = process.cpuUsage(cpu);
  return { msPerCall: (performance.now() - beganMs) / count, cpuMsPerCall: (user + system) / 1000 / count };
}

await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
const quiet = { logHandlers: [], processMetrics: false, sampling: { rate: 1 } } as const;
let measured: Measured;
if (mode.startsWith('replay')) {
  init({ ...quiet, exporters: [memoryExporter()] });
  measured = await measure(
    () => replayTest(file, () => run(process.env['RECORDED_URL'] ?? url, calls), { freeze: false }),
    calls,
  );
} else {
  const recordExchanges = mode.endsWith('on');
  const capture = process.env['CAPTURE'] === 'full' ? 'full' : 'masked';
  if (file === '') init({ ...quiet, capture, exporters: [memoryExporter()], recordExchanges });
  else process.env['SIGHTLINE_FILE'] = file;
  if (file !== '') init({ ...quiet, recordExchanges });
  if (file === '') await run(url, Math.min(calls, 20));
  measured = await measure(() => run(url, calls), calls);
  await flush();
}
console.log(JSON.stringify({ ...measured, url }));
await shutdown();
server.closeAllConnections();
server.close();

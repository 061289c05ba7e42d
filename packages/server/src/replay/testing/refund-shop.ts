/** A real program that offers the target `refund`, the shop and the model that it asks, and a server that it reports to. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Replay, ReplayTarget, TraceResponse } from '@sightline/schema/api';
import { LiveServer } from '../../testing/live-server.ts';

const program = join(import.meta.dirname, '../../../../sdk/src/test/programs/refund-target.mjs');

export class RefundShop {
  readonly live: LiveServer;
  /** What the shop was asked: path and body. */
  readonly asked: string[] = [];
  readonly #shop: Server;
  readonly #children = new Set<ChildProcess>();
  readonly #runsFile: string;

  private constructor(live: LiveServer, shop: Server) {
    this.live = live;
    this.#shop = shop;
    this.#runsFile = join(live.directory, 'runs.txt');
    this.forget();
    shop.on('request', (request: IncomingMessage, response: ServerResponse) => {
      void this.#serve(request, response);
    });
  }

  static async open(): Promise<RefundShop> {
    const shop = createServer();
    await new Promise<void>((resolve) => shop.listen(0, '127.0.0.1', resolve));
    return new RefundShop(await LiveServer.start(), shop);
  }

  /** The program with these orders; with none it offers its target until it is killed. */
  start(orders: readonly number[], env: Readonly<Record<string, string>> = {}): ChildProcess {
    const child = spawn(process.execPath, [program, ...orders.map(String)], {
      env: {
        PATH: process.env['PATH'],
        NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'],
        SIGHTLINE_URL: this.live.ui,
        SIGHTLINE_ENDPOINT: this.live.otlpHttp,
        OTEL_LOG_LEVEL: 'none',
        SHOP: `http://127.0.0.1:${(this.#shop.address() as AddressInfo).port}`,
        RUNS: this.#runsFile,
        ...env,
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#children.add(child);
    child.once('exit', () => this.#children.delete(child));
    return child;
  }

  /** The trace of each order, all of them stored. */
  async record(orders: readonly number[]): Promise<readonly string[]> {
    const child = this.start(orders);
    let out = '';
    child.stdout?.on('data', (part: Buffer) => (out += part.toString()));
    await once(child, 'close');
    const traceIds = [...out.matchAll(/TRACE (\w+)/g)].map(([, id = '']) => id);
    for (const id of traceIds)
      await until(async () => (await this.spansOf(id)).some(({ parentSpanId }) => parentSpanId === null));
    await this.live.stored();
    return traceIds;
  }

  async spansOf(traceId: string): Promise<TraceResponse['spans']> {
    const { status, body } = await this.live.ask(`/traces/${traceId}`);
    return status === 200 ? (body as TraceResponse).spans : [];
  }

  /** The steps whose code ran since it was forgotten. */
  ran(): readonly string[] {
    return readFileSync(this.#runsFile, 'utf8').split('\n').filter(Boolean);
  }

  forget(): void {
    writeFileSync(this.#runsFile, '');
    this.asked.length = 0;
  }

  async isReady(): Promise<boolean> {
    const { targets } = await this.live.read<{ targets: ReplayTarget[] }>('/replay-targets');
    return targets.some(({ name, state }) => name === 'refund' && state === 'ready');
  }

  async ended(id: string): Promise<Replay> {
    for (;;) {
      const replay = await this.live.read<Replay>(`/replays/${id}`);
      if (!['queued', 'running'].includes(replay.state)) return replay;
      await delay(50);
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.#children].map(killed));
    this.#shop.closeAllConnections();
    this.#shop.close();
    await this.live.close();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = '';
    for await (const part of request as AsyncIterable<Buffer>) text += part.toString();
    this.asked.push(`${request.url ?? ''} ${text}`);
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
}

export async function killed(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await delay(50);
}

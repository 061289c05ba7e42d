import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { LedgerResponse, TelemetrySignal } from '@sightline/schema/api';
import { recordedRequests } from '../../../../conformance/dialects/recorded-requests.ts';
import { prepareData } from './prepared-data.ts';
import { type MainProcess, runMain } from './run-main.ts';

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** What the canary writes takes a second of CPU each time. */
export const modest: readonly string[] = ['--canary-interval', '60'];

/** The server as users have it: a process with a data directory of its own, spoken to over its sockets only. */
export class LiveServer {
  readonly directory: string;
  #main: MainProcess;
  #urls: { readonly ui: string; readonly otlpHttp: string };

  private constructor(directory: string, main: MainProcess, urls: { ui: string; otlpHttp: string }) {
    this.directory = directory;
    this.#main = main;
    this.#urls = urls;
  }

  static async start(more: readonly string[] = []): Promise<LiveServer> {
    const directory = await mkdtemp(join(tmpdir(), 'sightline-live-'));
    await prepareData(directory);
    const main = runMain(['--data', directory, ...modest, ...more]);
    return new LiveServer(directory, main, await main.ready());
  }

  get ui(): string {
    return this.#urls.ui;
  }

  get otlpHttp(): string {
    return this.#urls.otlpHttp;
  }

  /** One request to the API; `path` begins after `/api/v1`. */
  async ask(path: string, method = 'GET', body?: unknown): Promise<Answer> {
    const response = await fetch(`${this.ui}/api/v1${path}`, {
      method,
      ...(body === undefined
        ? {}
        : {
            headers: { 'content-type': 'application/json' },
            body: typeof body === 'string' ? body : JSON.stringify(body),
          }),
    });
    const text = await response.text();
    return { status: response.status, body: text === '' ? undefined : (JSON.parse(text) as unknown) };
  }

  /** What the API answers; throws unless it is 200. */
  async read<T>(path: string): Promise<T> {
    const { status, body } = await this.ask(path);
    if (status !== 200) throw new Error(`${path} answers with ${status}: ${JSON.stringify(body)}`);
    return body as T;
  }

  /** One export request as OTLP/JSON; a receiver that asks to come again is asked again, as exporters do. */
  async send(signal: TelemetrySignal, request: unknown): Promise<void> {
    const until = Date.now() + 60_000;
    for (;;) {
      const response = await fetch(`${this.otlpHttp}/v1/${signal}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(request),
      });
      const answer = await response.text();
      if (response.ok && !answer.includes('rejected')) return;
      if (![429, 503].includes(response.status) || Date.now() > until)
        throw new Error(`The receiver refused the ${signal}: ${response.status} ${answer}`);
      await delay(200);
    }
  }

  /** What a real SDK sent, as if it had happened at `startMs`. Gives the ids of its traces. */
  async sendRecording(dialect: string, startMs: number): Promise<readonly string[]> {
    const recording = recordedRequests(dialect, startMs);
    for (const { signal, request } of recording.requests) await this.send(signal, request);
    return recording.traceIds;
  }

  /** Resolves when everything that was acknowledged can be read, and its runs are settled. */
  async stored(): Promise<void> {
    const until = Date.now() + 60_000;
    for (;;) {
      const { rows, runs } = await this.read<LedgerResponse>('/ledger');
      if (rows.every(({ pending }) => pending === 0) && runs.unsettledMs === null) return;
      if (Date.now() > until) throw new Error('What was sent is still not stored.');
      await delay(50);
    }
  }

  /** What the process that runs now has logged. */
  stderr(): string {
    return this.#main.stderr();
  }

  /** Ends the process as a power cut does. */
  async kill(): Promise<void> {
    this.#main.kill('SIGKILL');
    await this.#main.ended();
  }

  /** A new process over the same data. */
  async startAgain(args: readonly string[] = [], env: Readonly<Record<string, string>> = {}): Promise<void> {
    this.#main = runMain(['--data', this.directory, ...modest, ...args], env);
    this.#urls = await this.#main.ready();
  }

  async close(): Promise<void> {
    await this.kill();
    await rm(this.directory, { recursive: true, force: true });
  }
}

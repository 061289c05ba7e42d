/**
 * Offers a target to the server: asks it for work, again and again, over a connection that this process opens. Nothing here keeps the
 * process alive unless it is told to, and nothing throws into it; a server that is away is asked ever less often.
 */
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { hostname } from 'node:os';
import { randomUUID } from 'node:crypto';
import { ROOT_CONTEXT } from '@opentelemetry/api';
import { suppressTracing } from '@opentelemetry/core';
import { EnvironmentReader } from '../config/environment.ts';
import { runInContext } from '../runtime/context.ts';
import { sayOnce } from '../core/diagnostics.ts';
import { currentRuntime } from '../runtime/runtime.ts';
import { SightlineConfigError } from '../core/sdk-error.ts';
import { parseJson } from '../replay/exchange.ts';
import type { Recording } from '../replay/recording.ts';
import { runInReplay } from '../replay/replay-scope.ts';
import { ReplaySession } from '../replay/replay-session.ts';
import { currentReplay } from '../replay/replay-slot.ts';
import { describeReplay } from '../replay/report.ts';
import { captureValue } from '../masking/capture-value.ts';
import { maskOf } from '../tracing/capture.ts';
import { describeError } from '../core/span-handle.ts';
import type { Replayed, TargetOptions } from './target-options.ts';

type Run = (input: unknown, replay: Replayed) => Promise<unknown>;

interface Work {
  readonly replayId: string;
  readonly claim: string;
  readonly sourceTraceId: string;
  readonly input: unknown;
  readonly context: unknown;
  readonly whatIf?: WhatIf | null;
}

/** From which step on calls are made, and what is changed at it. */
interface WhatIf {
  readonly spanId: string;
  readonly set?: Readonly<Record<string, unknown>>;
  readonly result?: unknown;
  readonly later: 'live' | 'recorded';
}

interface WorkAnswer {
  readonly work: readonly Work[];
  readonly cancelled: readonly string[];
}

const waitMs = 8_000;
const retryMsMin = 1_000;
const retryMsMax = 30_000;
const resultAttempts = 5;
const answerCharactersMax = 500_000;
const reportCharactersMax = 20_000;
/** Of the server: the longest is the recording of a run. */
const answerBytesMax = 200 * 1024 * 1024;
/** One name once: a module that is loaded twice must not take twice as much. */
const served = new Set<string>();

export function serveTarget(name: string, run: Run, options: TargetOptions): void {
  const env = new EnvironmentReader(process.env);
  const connects = options.connect ?? env.boolean('SIGHTLINE_TARGETS') ?? true;
  if (
    !connects ||
    served.has(name) ||
    currentReplay() !== undefined ||
    process.env['SIGHTLINE_REPLAY'] !== undefined
  )
    return;
  served.add(name);
  const worker = new TargetWorker(name, run, {
    url: (options.url ?? env.text('SIGHTLINE_URL') ?? 'http://127.0.0.1:4300').replace(/\/+$/, ''),
    apiKey: env.text('SIGHTLINE_API_KEY'),
    places: Math.min(Math.max(options.concurrency ?? 4, 1), 100),
    keepAlive: options.keepAlive ?? false,
  });
  // After the program's own set-up, which may call init.
  setImmediate(() => void worker.serve());
}

interface WorkerOptions {
  readonly url: string;
  readonly apiKey: string | undefined;
  readonly places: number;
  readonly keepAlive: boolean;
}

class TargetWorker {
  readonly #name: string;
  readonly #run: Run;
  readonly #options: WorkerOptions;
  readonly #worker = `${hostname()}:${process.pid}:${randomUUID().slice(0, 8)}`;
  readonly #running = new Map<string, AbortController>();
  #wake: (() => void) | undefined;

  constructor(name: string, run: Run, options: WorkerOptions) {
    this.#name = name;
    this.#run = run;
    this.#options = options;
  }

  async serve(): Promise<void> {
    let retryMs = retryMsMin;
    for (;;) {
      const { places } = this.#options;
      const free = places - this.#running.size;
      const answer = await this.#post<WorkAnswer>(
        `/api/v1/replay-targets/${encodeURIComponent(this.#name)}/work`,
        {
          worker: this.#worker,
          places,
          free,
          running: [...this.#running.keys()],
          // While something runs its lease is renewed often; with no place free there is nothing to wait for.
          waitMs: free === 0 ? 0 : waitMs,
          whatIf: true,
        },
      );
      if (answer === undefined) {
        await this.#pause(retryMs);
        retryMs = Math.min(retryMs * 2, retryMsMax);
        continue;
      }
      retryMs = retryMsMin;
      for (const claim of answer.cancelled)
        this.#running.get(claim)?.abort(new Error('The replay was cancelled.'));
      for (const work of answer.work) void this.#perform(work);
      if (free === 0) await this.#pause(waitMs);
    }
  }

  async #perform({ replayId, claim, sourceTraceId, input, context, whatIf }: Work): Promise<void> {
    const abort = new AbortController();
    this.#running.set(claim, abort);
    const startedMs = performance.now();
    let traceId: string | null = null;
    const started = (id: string) => (traceId = /^0+$/.test(id) ? null : id);
    const end = {
      failed: false,
      answer: null as string | null,
      error: null as string | null,
      report: null as string | null,
    };
    const run = async (): Promise<unknown> =>
      this.#run(input, { replayId, sourceTraceId, context, signal: abort.signal, started });
    try {
      const value =
        whatIf === undefined || whatIf === null
          ? await runInContext(ROOT_CONTEXT, run)
          : await this.#runFrom(whatIf, claim, (report) => (end.report = report), run);
      const mask = maskOf(currentRuntime());
      if (value !== undefined)
        end.answer = captureValue(
          value,
          { charactersMax: answerCharactersMax, itemsMax: 20_000, depthMax: 64 },
          mask,
        );
    } catch (error) {
      const { type, message } = describeError(error);
      end.failed = true;
      const text = `${type}: ${message}`;
      end.error = (maskOf(currentRuntime())?.(text) ?? text).slice(0, 10_000);
    }
    const result = { claim, ...end, traceId, durationMs: performance.now() - startedMs };
    for (let attempt = 0; attempt < resultAttempts; attempt++) {
      if ((await this.#post('/api/v1/replay-results', result)) !== undefined) break;
      await this.#pause(retryMsMin * 2 ** attempt);
    }
    this.#running.delete(claim);
    this.#wake?.();
  }

  /** Before the step the recording answers, from it on calls are made. */
  async #runFrom(
    { spanId, set, result, later }: WhatIf,
    claim: string,
    report: (text: string) => void,
    run: () => Promise<unknown>,
  ): Promise<unknown> {
    const recording = await this.#ask<Recording>('GET', `/api/v1/replay-claims/${claim}/recording`);
    if (recording === undefined)
      throw new SightlineConfigError(
        'The recording of the run',
        'could not be read from the server',
        'Use "sightline replay <trace> --offline".',
      );
    const session = new ReplaySession(recording, { from: spanId, set, result, later });
    try {
      return await runInReplay(session, run);
    } finally {
      const divergences = session.finish();
      if (divergences.length > 0)
        report(
          describeReplay(recording.traceId, session.answered, divergences).slice(0, reportCharactersMax),
        );
    }
  }

  async #pause(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    if (!this.#options.keepAlive && this.#running.size === 0) timer.unref();
    this.#wake = resolve;
    await promise;
    clearTimeout(timer);
  }

  /** Undefined where the server did not take it. */
  async #post<T>(path: string, body: unknown): Promise<T | undefined> {
    return this.#ask('POST', path, JSON.stringify(body));
  }

  async #ask<T>(method: 'GET' | 'POST', path: string, text?: string): Promise<T | undefined> {
    const { url, apiKey, keepAlive } = this.#options;
    const { promise, resolve } = Promise.withResolvers<T | undefined>();
    runInContext(suppressTracing(ROOT_CONTEXT), () => {
      const sent = (url.startsWith('https:') ? requestHttps : requestHttp)(
        `${url}${path}`,
        {
          method,
          agent: false,
          timeout: waitMs * 3,
          headers: {
            ...(text === undefined
              ? {}
              : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
            ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }),
          },
        },
        (response) => {
          let answer = '';
          response.setEncoding('utf8');
          response.on('data', (part: string) => {
            answer += part;
            if (answer.length > answerBytesMax) response.destroy();
          });
          response.on('close', () => resolve(undefined));
          response.on('error', () => resolve(undefined));
          response.on('end', () => {
            if (response.statusCode === 200) return resolve(parseJson(answer) as T | undefined);
            const { statusCode = 0 } = response;
            if (statusCode >= 400 && statusCode < 500)
              sayOnce(
                `target:${this.#name}:${statusCode}`,
                `The target ${this.#name} is refused by ${url}: ${answer.slice(0, 300)}`,
              );
            resolve(undefined);
          });
        },
      );
      if (!keepAlive) sent.on('socket', (socket) => this.#running.size === 0 && socket.unref());
      sent.on('timeout', () => sent.destroy());
      sent.on('error', () => resolve(undefined));
      sent.end(text);
    });
    return promise;
  }
}

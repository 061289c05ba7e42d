/** Experiments: a function over the items of a dataset. Every item is a trace; the server judges, compares and keeps what came. */
import { inPieces } from '@sightline/base';
import { withTotals, type Totals } from '../agent/totals.ts';
import { traceWorkflow } from '../agent/workflow.ts';
import { askServer, type ServerOptions } from '../runtime/ask-server.ts';
import { activeContext, activeSpan, runInContext } from '../runtime/context.ts';
import { flush } from '../lifecycle/init.ts';
import { currentRuntime } from '../runtime/runtime.ts';
import { capture } from '../tracing/capture.ts';
import { describeError } from '../core/span-handle.ts';
import { readDataset, requestBytesMax } from './datasets.ts';
import type { DatasetItem, ExperimentScore, ExperimentSummary, ServerEvaluator } from './experiment-types.ts';

/** A number, a verdict, or both with a reason. */
export type OwnScore =
  | number
  | boolean
  | { readonly value?: number | null; readonly label?: string | null; readonly comment?: string | null };

export interface Judged<Output> {
  readonly input: DatasetItem['input'];
  readonly output: Output;
  readonly expected: DatasetItem['expected'];
  readonly metadata: DatasetItem['metadata'];
  readonly durationMs: number;
}

/** Code of your own: gives scores by name, or one score under the name of its key. */
export type OwnEvaluator<Output> = (
  judged: Judged<Output>,
) => OwnScore | undefined | Promise<OwnScore | undefined>;

export interface ExperimentOptions<Output> extends ServerOptions {
  readonly name: string;
  /** Name of a dataset of the server. */
  readonly dataset: string;
  readonly datasetVersion?: number;
  readonly split?: string;
  /** What is tried: gets an item’s input. What it throws is a result, too. */
  readonly target: (input: never, item: DatasetItem) => Output | Promise<Output>;
  /** By the name of the score: code of your own, or settings of one of the server’s evaluators such as `{ type: 'expected' }`. */
  readonly evaluators?: Readonly<Record<string, OwnEvaluator<Output> | ServerEvaluator>>;
  /** Names of scores that are better when lower. */
  readonly lowerIsBetter?: readonly string[];
  readonly repeats?: number;
  /** Items at a time. Default: 4. */
  readonly concurrency?: number;
  /** Ends a call of the target that takes longer, as a failure. Default: 300,000. */
  readonly timeoutMs?: number;
  readonly description?: string;
  readonly metadata?: Readonly<Record<string, string>>;
  /** Called after every batch of results. */
  readonly onProgress?: (done: number, planned: number) => void;
  /** Stops it; what came so far is kept. */
  readonly signal?: AbortSignal;
}

export interface ExperimentRun extends ExperimentSummary {
  /** Address of its page. */
  readonly page: string;
}

const answerMs = 600_000;
const resultsTogether = 20;
const resultBytesMax = 500_000;

/**
 * Tries a function on every item of a dataset, and sends what came to the server.
 *
 * @throws SightlineServerError where the server refuses or is away, and results would be lost.
 * @example
 * const run = await experiment({
 *   name: 'shorter prompt',
 *   dataset: 'capitals',
 *   target: async (input: { country: string }) => answer(input.country),
 *   evaluators: { right: { type: 'expected' }, short: ({ output }) => output.length < 80 },
 * });
 */
export async function experiment<Output>(options: ExperimentOptions<Output>): Promise<ExperimentRun> {
  const server: ServerOptions = {
    ...(options.url === undefined ? {} : { url: options.url }),
    ...(options.apiKey === undefined ? {} : { apiKey: options.apiKey }),
  };
  const { repeats = 1, concurrency = 4, split } = options;
  const own: [string, OwnEvaluator<Output>][] = [];
  const evaluators: unknown[] = [];
  for (const [name, evaluator] of Object.entries(options.evaluators ?? {}))
    if (typeof evaluator === 'function') own.push([name, evaluator]);
    else evaluators.push({ name, settings: evaluator });
  const begun = await askServer<ExperimentSummary>({
    ...server,
    method: 'POST',
    path: '/experiments',
    timeoutMs: answerMs,
    body: {
      name: options.name,
      dataset: options.dataset,
      target: { kind: 'program', name: options.target.name },
      evaluators,
      repeats,
      concurrency: Math.min(32, concurrency),
      ...(options.datasetVersion === undefined ? {} : { datasetVersion: options.datasetVersion }),
      ...(split === undefined ? {} : { split }),
      ...(options.lowerIsBetter === undefined ? {} : { lowerIsBetter: options.lowerIsBetter }),
      ...(options.description === undefined ? {} : { description: options.description }),
      ...(options.metadata === undefined ? {} : { metadata: options.metadata }),
    },
  });
  const sender = new ResultSender(begun, server, options.onProgress);
  try {
    await forEachOf(jobsOf(begun, server), concurrency, options.signal, async ({ item, repeat }) =>
      sender.add(await runItem(begun, { item, repeat }, { ...options, own })),
    );
    await sender.sendAll();
  } catch (error) {
    await finish(server, begun.id, 'failed', describeError(error).message).catch(() => undefined);
    throw error;
  }
  await flush({ timeoutMs: 5_000 });
  const isStopped = options.signal?.aborted === true;
  const summary = await finish(server, begun.id, isStopped ? 'stopped' : 'done', null);
  const base = (options.url ?? process.env['SIGHTLINE_URL'] ?? 'http://127.0.0.1:4300').replace(/\/+$/, '');
  return {
    ...summary,
    page: `${base}/experiments?dataset=${encodeURIComponent(begun.dataset)}&ids=${begun.id}`,
  };
}

async function finish(
  server: ServerOptions,
  id: string,
  state: 'done' | 'stopped' | 'failed',
  reason: string | null,
): Promise<ExperimentSummary> {
  return askServer({
    ...server,
    method: 'POST',
    path: `/experiments/${id}/finish`,
    body: { state, reason },
    timeoutMs: 60_000,
  });
}

/** One result, as the server takes it. */
interface NewResult {
  readonly itemId: string;
  readonly repeat: number;
  readonly traceId: string | null;
  readonly output: unknown;
  readonly error: string | null;
  readonly durationMs: number;
  readonly costUsd: number | null;
  readonly inputTokens: number | null;
  readonly outputTokens: number | null;
  readonly documents: readonly string[];
  readonly scores: Readonly<Record<string, ExperimentScore>>;
}

interface Job {
  readonly item: DatasetItem;
  readonly repeat: number;
}

async function* jobsOf(
  { dataset, datasetVersion, split, repeats }: ExperimentSummary,
  server: ServerOptions,
): AsyncGenerator<Job> {
  for await (const item of readDataset(dataset, { ...server, version: datasetVersion, split }))
    for (let repeat = 0; repeat < repeats; repeat += 1) yield { item, repeat };
}

/** So many at a time; the first failure ends it when those that are under way have ended. */
async function forEachOf<T>(
  source: AsyncGenerator<T>,
  concurrency: number,
  signal: AbortSignal | undefined,
  work: (each: T) => Promise<void>,
): Promise<void> {
  let failure: { readonly error: unknown } | undefined;
  await Promise.all(
    Array.from({ length: Math.max(1, concurrency) }, async () => {
      while (failure === undefined && signal?.aborted !== true) {
        try {
          const next = await source.next();
          if (next.done === true) return;
          await work(next.value);
        } catch (error) {
          failure ??= { error };
        }
      }
    }),
  );
  await source.return(undefined);
  if (failure !== undefined) throw failure.error;
}

async function runItem<Output>(
  { id, name, dataset }: ExperimentSummary,
  { item, repeat }: Job,
  {
    target,
    own,
    timeoutMs = 300_000,
  }: ExperimentOptions<Output> & { readonly own: readonly [string, OwnEvaluator<Output>][] },
): Promise<NewResult> {
  let traceId: string | null = null;
  let totals: Totals | undefined;
  let output: Output | undefined;
  let error: string | null = null;
  const begunMs = performance.now();
  const call = async (): Promise<void> => {
    const entered = withTotals(activeContext());
    totals = entered.totals;
    await runInContext(entered.context, async () =>
      traceWorkflow(
        {
          name,
          attributes: {
            'sightline.experiment.id': id,
            'sightline.experiment.name': name,
            'sightline.dataset.name': dataset,
            'sightline.dataset.item.id': item.id,
          },
        },
        async (span) => {
          traceId = activeSpan()?.spanContext().traceId ?? null;
          const runtime = currentRuntime();
          const input = runtime === undefined ? undefined : capture(runtime, item.input);
          if (input !== undefined) span.setAttributes({ 'input.value': input });
          output = await withinMs(Promise.resolve(target(item.input as never, item)), timeoutMs);
          const answer = runtime === undefined ? undefined : capture(runtime, output);
          if (answer !== undefined) span.setAttributes({ 'output.value': answer });
        },
      ),
    );
  };
  try {
    await call();
  } catch (thrown) {
    error = describeError(thrown).message.slice(0, 5_000);
  }
  const durationMs = performance.now() - begunMs;
  const scores = error === null ? await judge(own, { ...item, output: output as Output, durationMs }) : {};
  const isPriced = totals !== undefined && totals.llmCalls > 0 && totals.unpricedCalls === 0;
  const bounded = boundedJson(output);
  return {
    itemId: item.id,
    repeat,
    traceId,
    output: error === null ? bounded : null,
    error,
    durationMs,
    costUsd: isPriced ? (totals?.costUsd ?? null) : null,
    inputTokens: totals === undefined || totals.llmCalls === 0 ? null : totals.inputTokens,
    outputTokens: totals === undefined || totals.llmCalls === 0 ? null : totals.outputTokens,
    documents: [],
    scores,
  };
}

/** A score that cannot be made is told, and the others count. */
async function judge<Output>(
  own: readonly [string, OwnEvaluator<Output>][],
  { input, output, expected, metadata, durationMs }: Judged<Output>,
): Promise<Record<string, ExperimentScore>> {
  const scores: Record<string, ExperimentScore> = {};
  for (const [name, evaluator] of own) {
    try {
      const score = readScore(await evaluator({ input, output, expected, metadata, durationMs }));
      if (score !== undefined) scores[name] = score;
    } catch (error) {
      scores[name] = { value: null, label: 'error', comment: describeError(error).message.slice(0, 1_000) };
    }
  }
  return scores;
}

function readScore(given: OwnScore | undefined): ExperimentScore | undefined {
  if (given === undefined || given === null) return undefined;
  if (typeof given === 'number')
    return { value: Number.isFinite(given) ? given : null, label: null, comment: null };
  if (typeof given === 'boolean')
    return { value: given ? 1 : 0, label: given ? 'pass' : 'fail', comment: null };
  const { value = null, label = null, comment = null } = given;
  return { value: value !== null && Number.isFinite(value) ? value : null, label, comment };
}

/** As JSON; what is no JSON becomes text, and what is too long is cut. */
function boundedJson(output: unknown): unknown {
  let text: string | undefined;
  try {
    text = JSON.stringify(output);
  } catch {
    return String(output).slice(0, resultBytesMax);
  }
  if (text === undefined) return null;
  return Buffer.byteLength(text) > resultBytesMax
    ? `${text.slice(0, resultBytesMax)}… (cut)`
    : (JSON.parse(text) as unknown);
}

async function withinMs<T>(work: Promise<T>, timeoutMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`The target did not answer within ${timeoutMs} ms.`)),
      timeoutMs,
    );
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

/** Results on their way: some at a time, one request after the other. */
class ResultSender {
  readonly #experiment: ExperimentSummary;
  readonly #server: ServerOptions;
  readonly #onProgress: ((done: number, planned: number) => void) | undefined;
  #waiting: NewResult[] = [];
  #sending: Promise<void> = Promise.resolve();
  #done = 0;

  constructor(
    experiment: ExperimentSummary,
    server: ServerOptions,
    onProgress: ((done: number, planned: number) => void) | undefined,
  ) {
    this.#experiment = experiment;
    this.#server = server;
    this.#onProgress = onProgress;
  }

  async add(result: NewResult): Promise<void> {
    this.#waiting.push(result);
    if (this.#waiting.length >= resultsTogether) await this.sendAll();
  }

  async sendAll(): Promise<void> {
    const results = this.#waiting.splice(0);
    const before = this.#sending;
    this.#sending = (async () => {
      await before;
      for (const piece of inPieces(results, { itemsMax: resultsTogether, bytesMax: requestBytesMax }))
        await this.#send(piece);
    })();
    await this.#sending;
  }

  async #send(results: readonly NewResult[]): Promise<void> {
    const question = {
      ...this.#server,
      method: 'POST' as const,
      path: `/experiments/${this.#experiment.id}/results`,
      body: { results },
      timeoutMs: answerMs,
    };
    // A second time the same results replace themselves.
    await askServer<unknown>(question).catch(async (error: unknown) => {
      if ((error as { code?: unknown }).code !== 'server_unreachable') throw error;
      await new Promise((resolve) => setTimeout(resolve, 2_000));
      return askServer(question);
    });
    this.#done += results.length;
    this.#onProgress?.(this.#done, this.#experiment.planned);
  }
}

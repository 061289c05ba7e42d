/** Experiments: a function over the items of a dataset. Every item is a trace; the server judges, compares and keeps what came. */
import { randomUUID } from 'node:crypto';
import { BatchSender } from '@sightline/base';
import { withTotals, type Totals } from '../agent/totals.ts';
import { traceWorkflow } from '../agent/workflow.ts';
import { askServer, type ServerOptions, SightlineServerError } from '../runtime/ask-server.ts';
import { activeContext, activeSpan, runInContext } from '../runtime/context.ts';
import { flush } from '../lifecycle/init.ts';
import { currentRuntime } from '../runtime/runtime.ts';
import { capture, maskOf } from '../tracing/capture.ts';
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
  /** The id of an experiment that was stopped or whose program left: only items that it has no result of are tried. It keeps its version, split, repeats and evaluators of the server. */
  readonly resume?: string;
}

export interface ExperimentRun extends ExperimentSummary {
  /** Address of its page. */
  readonly page: string;
}

const answerMs = 600_000;
/** The server waits a minute for the next sign of a runner. */
const heartbeatMs = 20_000;
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
  const runner = randomUUID();
  const begun =
    options.resume === undefined
      ? await askServer<ExperimentSummary>({
          ...server,
          method: 'POST',
          path: '/experiments',
          timeoutMs: answerMs,
          body: {
            name: options.name,
            dataset: options.dataset,
            runner,
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
        })
      : await resume(server, { id: options.resume, dataset: options.dataset, runner });
  const finished =
    options.resume === undefined ? new Set<string>() : await readFinished(server, options.resume);
  let done = finished.size;
  const sender = new BatchSender<NewResult>({
    send: async (results) => {
      await sendResults(server, begun.id, { results, runner });
      done += results.length;
      options.onProgress?.(done, begun.planned);
    },
    itemsMax: resultsTogether,
    bytesMax: requestBytesMax,
  });
  // Somebody stopped it, or another program took it over.
  const lost = new AbortController();
  const heart = setInterval(() => {
    const beat = {
      ...server,
      method: 'POST',
      path: `/experiments/${begun.id}/heartbeat`,
      body: { runner },
    } as const;
    void askServer({ ...beat, timeoutMs: heartbeatMs, inBackground: true }).catch((error: unknown) => {
      if ((error as { code?: unknown }).code !== 'server_unreachable') lost.abort();
    });
  }, heartbeatMs).unref();
  const signal = AbortSignal.any([lost.signal, ...(options.signal === undefined ? [] : [options.signal])]);
  try {
    await forEachOf(
      jobsOf(begun, server, finished),
      options.concurrency ?? begun.concurrency,
      signal,
      async ({ item, repeat }) => sender.add(await runItem(begun, { item, repeat }, { ...options, own })),
    );
    if (!lost.signal.aborted) await sender.flush();
  } catch (error) {
    await finish(server, begun.id, 'failed', messageOf(error)).catch(() => undefined);
    throw error;
  } finally {
    clearInterval(heart);
  }
  await flush({ timeoutMs: 5_000 });
  const summary = lost.signal.aborted
    ? await askServer<ExperimentSummary>({ ...server, path: `/experiments/${begun.id}`, timeoutMs: 60_000 })
    : await finish(server, begun.id, options.signal?.aborted === true ? 'stopped' : 'done', null);
  const base = (options.url ?? process.env['SIGHTLINE_URL'] ?? 'http://127.0.0.1:4300').replace(/\/+$/, '');
  return {
    ...summary,
    page: `${base}/experiments?dataset=${encodeURIComponent(begun.dataset)}&ids=${begun.id}`,
  };
}

async function resume(
  server: ServerOptions,
  { id, dataset, runner }: { readonly id: string; readonly dataset: string; readonly runner: string },
): Promise<ExperimentSummary> {
  const path = `/experiments/${encodeURIComponent(id)}`;
  const found = await askServer<ExperimentSummary>({ ...server, path, timeoutMs: answerMs });
  if (found.dataset !== dataset)
    throw new SightlineServerError(
      'bad_request',
      `The experiment ${id} is about the dataset "${found.dataset}", and not "${dataset}". Name that one.`,
    );
  const body = { runner };
  return askServer({ ...server, method: 'POST', path: `${path}/resume`, body, timeoutMs: answerMs });
}

async function readFinished(server: ServerOptions, id: string): Promise<ReadonlySet<string>> {
  const finished = new Set<string>();
  for (let cursor: string | null = ''; cursor !== null;) {
    const query = new URLSearchParams({ limit: '5000', ...(cursor === '' ? {} : { cursor }) });
    const path = `/experiments/${id}/results?${query.toString()}`;
    const page: {
      readonly results: readonly { readonly itemId: string; readonly repeat: number }[];
      readonly nextCursor: string | null;
    } = await askServer({ ...server, path, timeoutMs: answerMs });
    for (const { itemId, repeat } of page.results) finished.add(`${repeat} ${itemId}`);
    cursor = page.nextCursor;
  }
  return finished;
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
  finished: ReadonlySet<string>,
): AsyncGenerator<Job> {
  for await (const item of readDataset(dataset, { ...server, version: datasetVersion, split }))
    for (let repeat = 0; repeat < repeats; repeat += 1)
      if (!finished.has(`${repeat} ${item.id}`)) yield { item, repeat };
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
    error = messageOf(thrown).slice(0, 5_000);
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
      scores[name] = { value: null, label: 'error', comment: messageOf(error).slice(0, 1_000) };
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

function messageOf(error: unknown): string {
  const { message } = describeError(error);
  return maskOf(currentRuntime())?.(message) ?? message;
}

/** As JSON, masked; what is no JSON becomes text, and what is too long is cut. */
function boundedJson(output: unknown): unknown {
  const masked = (text: string) => maskOf(currentRuntime())?.(text) ?? text;
  let json: string | undefined;
  try {
    json = JSON.stringify(output);
  } catch {
    return masked(String(output)).slice(0, resultBytesMax);
  }
  if (json === undefined) return null;
  const text = masked(json);
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

async function sendResults(
  server: ServerOptions,
  id: string,
  body: { readonly results: readonly NewResult[]; readonly runner: string },
): Promise<void> {
  const question = {
    ...server,
    method: 'POST' as const,
    path: `/experiments/${id}/results`,
    body,
    timeoutMs: answerMs,
  };
  // A second time the same results replace themselves.
  await askServer<unknown>(question).catch(async (error: unknown) => {
    if ((error as { code?: unknown }).code !== 'server_unreachable') throw error;
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    return askServer(question);
  });
}

/** `sightline experiments`: runs one over a dataset with a program or a prompt, goes on with one that was stopped, lists and compares. The parts follow each other in this order. */
import { spawn } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { text as readText } from 'node:stream/consumers';
import { BatchSender, formatCostUsd, formatDurationMs, inPieces } from '@sightline/base';
import {
  comparisonResponse,
  datasetItemsResponse,
  datasetRequestBytesMax,
  type DatasetItem,
  experiment,
  experimentScore,
  type Experiment,
  experimentsResponse,
  type FinishedResultsResponse,
  finishedResultsResponse,
  experimentSummary,
  type ExperimentSummary,
  newResultsResponse,
  type NewResult,
} from '@sightline/schema/api';
import { SightlineError } from '@sightline/schema/errors';
import { chooseAction } from '../arguments/choose-action.ts';
import { badOption } from '../arguments/options.ts';
import type { Command, Invocation } from '../command.ts';
import { askAfterInterrupt } from '../client/after-interrupt.ts';
import { type ExitCode, exitCodes, Interrupted } from '../exit-code.ts';

const actions = ['list', 'run', 'prompt', 'compare', 'pin'] as const;

export const experimentsCommand: Command = {
  name: 'experiments',
  summary: 'Try a program or a prompt on a dataset, and compare: list, run, prompt, compare, pin.',
  positionals: '<list|run|prompt|compare|pin> [dataset or ids…] [-- command…]',
  positionalCount: { min: 1, max: 100 },
  options: {
    name: { type: 'string', value: 'text', about: 'With run and prompt: what this experiment is called.' },
    evaluator: {
      type: 'string',
      value: 'names',
      about:
        'With run and prompt: evaluators of the project, with commas between them; expected compares with what items expect.',
      initial: 'expected',
    },
    score: {
      type: 'string',
      value: 'name=command',
      about:
        'With run: a command of yours that judges each answer. It gets {"input", "expected", "metadata", "output"} on its standard input and prints a number, true or false, or {"value", "label", "comment"}.',
    },
    split: { type: 'string', value: 'name', about: 'Only items of this split.' },
    repeats: { type: 'string', value: 'count', about: 'Times per item.', initial: '1' },
    concurrency: { type: 'string', value: 'count', about: 'Items at a time.', initial: '4' },
    timeout: {
      type: 'string',
      value: 'time',
      about: 'With run: how long the command may take for an item.',
      initial: '5m',
    },
    resume: {
      type: 'string',
      value: 'id',
      about:
        'With run: goes on with an experiment that was stopped; what it has results of is not run again.',
    },
    connection: { type: 'string', value: 'name', about: 'With prompt: where models are asked.' },
    prompt: {
      type: 'string',
      value: 'name@version',
      about: 'With prompt: which one, such as greet@production.',
    },
    model: { type: 'string', value: 'model', about: 'With prompt: instead of the prompt’s own.' },
    'fail-on-worse': {
      type: 'boolean',
      about: 'With compare: ends with 1 where a score is surely worse than the baseline.',
    },
  },
  details:
    'run starts the command once per item: the input comes on its standard input (text as it is, other values as JSON), its standard output is the answer, an\n' +
    'exit code other than 0 is a failure. TRACEPARENT in its environment leads its spans into the trace of the item.',
  examples: [
    {
      line: 'sightline experiments run capitals --name shorter -- node answer.mjs',
      about: 'a program of yours',
    },
    {
      line: 'sightline experiments run capitals --resume 1f0c… -- node answer.mjs',
      about: 'goes on after Ctrl-C',
    },
    {
      line: 'sightline experiments prompt capitals --prompt greet@latest --connection OpenAI',
      about: 'a stored prompt, on the server',
    },
    {
      line: 'sightline experiments compare 1f0c… 9a2b… --fail-on-worse',
      about: 'with the pinned baseline, for CI',
    },
  ],
  run: async (invocation) => {
    const [word = '', ...rest] = invocation.positionals;
    const action = chooseAction('experiments', actions, word);
    if (action === 'list') return list(invocation, rest[0]);
    if (rest.length === 0)
      throw badOption(
        `experiments ${action} needs ${action === 'compare' || action === 'pin' ? 'ids' : 'the name of a dataset'}.`,
      );
    if (action === 'compare') return compare(invocation, rest);
    if (action === 'pin') return pin(invocation, rest[0] ?? '');
    return action === 'prompt' ? tryPrompt(invocation, rest[0] ?? '') : run(invocation, rest);
  },
};

async function list({ client, output }: Invocation, dataset: string | undefined): Promise<ExitCode> {
  const answer = await client.get('experiments', { dataset, limit: 50 }, experimentsResponse);
  if (output.json) output.document(answer);
  else
    for (const each of answer.experiments)
      output.line(`${each.id}  ${each.isBaseline ? '*' : ' '} ${summaryLine(each)}`);
  return answer.experiments.length === 0 ? exitCodes.notFound : exitCodes.ok;
}

function summaryLine({
  name,
  dataset,
  state,
  results,
  planned,
  errors,
  scores,
  p50Ms,
  costUsd,
}: ExperimentSummary): string {
  return [
    name,
    dataset,
    state,
    results === planned ? `${results} results` : `${results} of ${planned} results`,
    ...(errors === 0 ? [] : [`${errors} failed`]),
    ...scores.map(({ name: score, passed, count, average }) =>
      passed === null
        ? `${score} ${average === null ? '-' : average.toPrecision(3)}`
        : `${score} ${passed}/${count}`,
    ),
    ...(p50Ms === null ? [] : [`p50 ${formatDurationMs(p50Ms)}`]),
    ...(costUsd === null ? [] : [formatCostUsd(costUsd)]),
  ].join('  ');
}

function bodyOf({ options }: Invocation, dataset: string) {
  const names = (options.text('evaluator') ?? 'expected')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  const split = options.text('split');
  return {
    dataset,
    name: options.text('name') ?? `${dataset} ${new Date().toISOString().slice(0, 16)}`,
    repeats: options.integer('repeats', { min: 1, max: 20 }) ?? 1,
    concurrency: options.integer('concurrency', { min: 1, max: 32 }) ?? 4,
    ...(split === undefined ? {} : { split }),
    evaluators: names.map((name) =>
      name === 'expected'
        ? { name: 'as_expected', settings: { type: 'expected' } }
        : { name, settings: { type: 'stored' } },
    ),
  };
}

async function tryPrompt(invocation: Invocation, dataset: string): Promise<ExitCode> {
  const { client, options, output, signal } = invocation;
  const [, name = '', version = 'production'] =
    /^([^@]+)(?:@(.+))?$/.exec(options.text('prompt') ?? '') ?? [];
  const connection = options.text('connection');
  const model = options.text('model');
  if (name === '' || connection === undefined)
    throw badOption('experiments prompt needs --prompt and --connection.');
  const target = {
    kind: 'prompt',
    prompt: { name, version },
    connection,
    ...(model === undefined ? {} : { model }),
  };
  const begun = await client.post('experiments', { ...bodyOf(invocation, dataset), target }, experiment);
  let now = await client.get(`experiments/${begun.id}`, {}, experimentSummary);
  while (now.state === 'running' && !signal.aborted) {
    output.progress(now.results / Math.max(1, now.planned), `${now.results} of ${now.planned}`);
    await new Promise((resolve) => setTimeout(resolve, 500));
    now = await client.get(`experiments/${begun.id}`, {}, experimentSummary);
  }
  return tellEnd(invocation, now);
}

function tellEnd({ output, client }: Invocation, ended: ExperimentSummary): ExitCode {
  output.status('');
  if (output.json) output.document(ended);
  else {
    output.line(`${ended.id}  ${summaryLine(ended)}`);
    if (ended.reason !== null) output.note(ended.reason);
    output.note(`${client.url}/experiments?dataset=${encodeURIComponent(ended.dataset)}&ids=${ended.id}`);
  }
  return ended.state === 'done' ? exitCodes.ok : exitCodes.failure;
}

interface Job {
  readonly item: DatasetItem;
  readonly repeat: number;
}

const resultsTogether = 20;
/** The server waits a minute for the next sign of a runner. */
const heartbeatMs = 20_000;

async function run(invocation: Invocation, [dataset = '', ...command]: readonly string[]): Promise<ExitCode> {
  const { client, options, output, signal } = invocation;
  const [program, ...args] = command;
  if (program === undefined)
    throw badOption(
      'experiments run needs a command behind --.',
      'sightline experiments run capitals -- node answer.mjs',
    );
  const timeoutMs = options.durationMs('timeout') ?? 300_000;
  const scorer = readScorer(options.text('score'));
  const resumed = options.text('resume');
  const runner = randomUUID();
  const target = { kind: 'program', name: command.join(' ').slice(0, 200) };
  const begun =
    resumed === undefined
      ? await client.post('experiments', { ...bodyOf(invocation, dataset), target, runner }, experiment)
      : await resume(invocation, { id: resumed, dataset, runner });
  const path = `experiments/${begun.id}`;
  const finished = resumed === undefined ? new Set<string>() : await readFinished(invocation, path);
  let done = finished.size;
  const tellProgress = (): void =>
    output.progress(done / Math.max(1, begun.planned), `${done} of ${begun.planned}`);
  const sender = new BatchSender<NewResult>({
    send: async (results) => {
      await client.post(`${path}/results`, { results, runner }, newResultsResponse);
      done += results.length;
      tellProgress();
    },
    itemsMax: resultsTogether,
    bytesMax: datasetRequestBytesMax,
  });
  // Somebody stopped it, or another program took it over.
  const lost = new AbortController();
  const heart = setInterval(() => {
    void client.post(`${path}/heartbeat`, { runner }, experiment).catch((error: unknown) => {
      if (error instanceof SightlineError && error.code === 'bad_request') lost.abort();
    });
  }, heartbeatMs);
  const over = AbortSignal.any([signal, lost.signal]);
  const jobs = jobsOf(invocation, begun, finished);
  let failure: Error | undefined;
  await Promise.all(
    Array.from({ length: begun.concurrency }, async () => {
      while (failure === undefined && !over.aborted) {
        try {
          const next = await jobs.next();
          if (next.done === true) return;
          const job = { begun, job: next.value, program, args, scorer, timeoutMs, signal: over };
          const result = await runJob(invocation, job);
          if (result !== undefined) await sender.add(result);
        } catch (error) {
          failure ??= asError(error);
        }
      }
    }),
  );
  if (failure === undefined && !over.aborted)
    await sender.flush().catch((error: unknown) => (failure = asError(error)));
  clearInterval(heart);
  if (signal.aborted) {
    await sender.flush().catch(() => undefined);
    const ask = async (at: string, body: unknown): Promise<void> =>
      askAfterInterrupt(invocation, `${path}/${at}`, { method: 'POST', body });
    for (const results of inPieces(sender.takeUnsent(), { itemsMax: 100, bytesMax: datasetRequestBytesMax }))
      await ask('results', { results, runner });
    await ask('finish', { state: 'stopped', reason: 'Interrupted.' });
    output.status('');
    output.note(
      `Stopped. Go on with: sightline experiments run ${dataset} --resume ${begun.id} -- ${command.join(' ')}`,
    );
    throw new Interrupted();
  }
  if (lost.signal.aborted) return tellEnd(invocation, await client.get(path, {}, experimentSummary));
  const state = failure === undefined ? 'done' : 'failed';
  const reason = failure?.message ?? null;
  const ended = await client.post(`${path}/finish`, { state, reason }, experimentSummary);
  if (failure !== undefined) throw failure;
  return tellEnd(invocation, ended);
}

async function resume(
  { client }: Invocation,
  { id, dataset, runner }: { readonly id: string; readonly dataset: string; readonly runner: string },
): Promise<Experiment> {
  const path = `experiments/${encodeURIComponent(id)}`;
  const found = await client.get(path, {}, experimentSummary);
  if (found.dataset !== dataset)
    throw badOption(
      `The experiment "${found.name}" is about the dataset ${found.dataset}, and not ${dataset}.`,
      `sightline experiments run ${found.dataset} --resume ${id} -- …`,
    );
  return client.post(`${path}/resume`, { runner }, experiment);
}

async function readFinished({ client }: Invocation, path: string): Promise<ReadonlySet<string>> {
  const finished = new Set<string>();
  let cursor: string | undefined;
  do {
    const page: FinishedResultsResponse = await client.get(
      `${path}/results`,
      { limit: 5_000, cursor },
      finishedResultsResponse,
    );
    for (const { itemId, repeat } of page.results) finished.add(keyOf(itemId, repeat));
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return finished;
}

const keyOf = (itemId: string, repeat: number): string => `${repeat} ${itemId}`;

async function* jobsOf(
  { client }: Invocation,
  { dataset, datasetVersion, split, repeats }: Experiment,
  finished: ReadonlySet<string>,
): AsyncGenerator<Job> {
  let cursor: string | undefined;
  do {
    const page = await client.get(
      `datasets/${encodeURIComponent(dataset)}/items`,
      { limit: 200, version: datasetVersion, split: split === '' ? undefined : split, cursor },
      datasetItemsResponse,
    );
    for (const item of page.items)
      for (let repeat = 0; repeat < repeats; repeat += 1)
        if (!finished.has(keyOf(item.id, repeat))) yield { item, repeat };
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
}

interface JobToRun {
  readonly begun: Experiment;
  readonly job: Job;
  readonly program: string;
  readonly args: readonly string[];
  readonly scorer: Scorer | undefined;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** Undefined where it was broken off: whoever goes on with the experiment runs it. */
async function runJob(
  invocation: Invocation,
  { begun, job, program, args, scorer, timeoutMs, signal }: JobToRun,
): Promise<NewResult | undefined> {
  const traceId = randomBytes(16).toString('hex');
  const spanId = randomBytes(8).toString('hex');
  const startMs = Date.now();
  const begunMs = performance.now();
  const input = typeof job.item.input === 'string' ? job.item.input : JSON.stringify(job.item.input);
  const { text, error } = await answerOf(program, args, {
    input,
    timeoutMs,
    env: {
      ...invocation.env,
      TRACEPARENT: `00-${traceId}-${spanId}-01`,
      SIGHTLINE_DATASET_ITEM: job.item.id,
    },
    signal,
  });
  if (signal.aborted) return undefined;
  const durationMs = performance.now() - begunMs;
  await sendSpan(invocation, {
    begun,
    itemId: job.item.id,
    traceId,
    spanId,
    startMs,
    durationMs,
    input,
    text,
    error,
  }).catch((error: unknown) => {
    // It has run: its result counts although Ctrl-C came before its span went.
    if (!signal.aborted) throw error;
  });
  const output = error === null ? jsonOrText(text) : null;
  const scores =
    scorer === undefined || error !== null
      ? {}
      : await scoresOf(scorer, { item: job.item, output, timeoutMs, env: invocation.env, signal });
  if (signal.aborted) return undefined;
  return {
    itemId: job.item.id,
    repeat: job.repeat,
    traceId,
    output,
    error,
    durationMs,
    costUsd: null,
    inputTokens: null,
    outputTokens: null,
    documents: [],
    scores,
  };
}

interface Scorer {
  readonly name: string;
  readonly command: string;
}

function readScorer(text: string | undefined): Scorer | undefined {
  if (text === undefined) return undefined;
  const [, name, command] = /^([\w.-]{1,100})=(.+)$/s.exec(text) ?? [];
  if (name === undefined || command === undefined)
    throw badOption(
      `--score is "${text}", but takes name=command.`,
      "sightline experiments run capitals --score 'short=node short.mjs' -- node answer.mjs",
    );
  return { name, command };
}

/** Scores an answer with the user's own code; where that fails, the score says so. */
async function scoresOf(
  { name, command }: Scorer,
  {
    item,
    output,
    ...rest
  }: { readonly item: DatasetItem; readonly output: NewResult['output'] } & Pick<
    Parameters<typeof answerOf>[2],
    'timeoutMs' | 'env' | 'signal'
  >,
): Promise<NewResult['scores']> {
  const { input, expected, metadata } = item;
  const asked = JSON.stringify({ input, expected, metadata, output });
  const { text, error } = await answerOf('sh', ['-c', command], { ...rest, input: asked });
  const failed = (comment: string) => ({
    [name]: { value: null, label: 'error', comment: comment.slice(0, 1_000) },
  });
  if (error !== null) return failed(error);
  const given = jsonOrText(text);
  if (typeof given === 'number') return { [name]: { value: given, label: null, comment: null } };
  if (typeof given === 'boolean')
    return { [name]: { value: given ? 1 : 0, label: given ? 'pass' : 'fail', comment: null } };
  const read = experimentScore.partial().safeParse(given);
  if (!read.success)
    return failed(
      `It printed ${text.slice(0, 200)}, and no number, boolean or {"value", "label", "comment"}.`,
    );
  const { value = null, label = null, comment = null } = read.data;
  return { [name]: { value, label, comment } };
}

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));

const answerBytesMax = 500_000;

async function answerOf(
  program: string,
  args: readonly string[],
  {
    input,
    timeoutMs,
    env,
    signal,
  }: {
    readonly input: string;
    readonly timeoutMs: number;
    readonly env: Invocation['env'];
    readonly signal: AbortSignal;
  },
): Promise<{ readonly text: string; readonly error: string | null }> {
  const timeout = AbortSignal.timeout(timeoutMs);
  const child = spawn(program, args, {
    env,
    stdio: ['pipe', 'pipe', 'pipe'],
    signal: AbortSignal.any([timeout, signal]),
  });
  // A program may end before it has read its input.
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  const ended = new Promise<string | null>((resolve) => {
    child.once('error', (error) =>
      resolve(timeout.aborted ? `No answer within ${timeoutMs} ms.` : error.message),
    );
    child.once('close', (code, by) => resolve(code === 0 ? null : `The command ended with ${code ?? by}.`));
  });
  const [text, said, error] = await Promise.all([readText(child.stdout), readText(child.stderr), ended]);
  if (error !== null) return { text: '', error: `${error} ${said.trim().slice(-2_000)}`.trim() };
  return Buffer.byteLength(text) > answerBytesMax
    ? { text: '', error: `The answer is longer than ${answerBytesMax} bytes.` }
    : { text: text.trimEnd(), error: null };
}

function jsonOrText(text: string): NewResult['output'] {
  try {
    return JSON.parse(text) as NewResult['output'];
  } catch {
    return text;
  }
}

interface SpanToSend {
  readonly begun: Experiment;
  readonly itemId: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly startMs: number;
  readonly durationMs: number;
  readonly input: string;
  readonly text: string;
  readonly error: string | null;
}

/** The item as a span: the spans of the program are below it where it reads TRACEPARENT. */
async function sendSpan({ client }: Invocation, given: SpanToSend): Promise<void> {
  const { begun, itemId, traceId, spanId, startMs, durationMs, input, text, error } = given;
  const attributes = {
    'gen_ai.operation.name': 'invoke_workflow',
    'gen_ai.workflow.name': begun.name,
    'sightline.experiment.id': begun.id,
    'sightline.experiment.name': begun.name,
    'sightline.dataset.name': begun.dataset,
    'sightline.dataset.item.id': itemId,
    'input.value': input,
    'output.value': text,
  };
  const span = {
    traceId,
    spanId,
    name: `invoke_workflow ${begun.name}`,
    kind: 1,
    startTimeUnixNano: `${BigInt(startMs) * 1_000_000n}`,
    endTimeUnixNano: `${BigInt(startMs) * 1_000_000n + BigInt(Math.round(durationMs * 1e6))}`,
    attributes: Object.entries(attributes).map(([key, stringValue]) => ({ key, value: { stringValue } })),
    status: error === null ? {} : { code: 2, message: error },
  };
  const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'sightline-experiments' } }] };
  const response = await client.fetch('/v1/traces', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      resourceSpans: [{ resource, scopeSpans: [{ scope: { name: 'sightline.cli' }, spans: [span] }] }],
    }),
  });
  await client.check(response);
}

async function compare({ client, output, options }: Invocation, ids: readonly string[]): Promise<ExitCode> {
  const answer = await client.get(
    'experiments/compare',
    { ids: ids.join(','), limit: 20, show: 'regressions' },
    comparisonResponse,
  );
  const worse = answer.comparisons.flatMap(({ id, scores }) =>
    scores.filter(({ verdict }) => verdict === 'worse').map(({ name }) => `${nameOf(id)}: ${name}`),
  );
  function nameOf(id: string): string {
    return answer.experiments.find((each) => each.id === id)?.name ?? id;
  }
  if (output.json) output.document(answer);
  else {
    output.line(`Baseline: ${nameOf(answer.baseline)}`);
    for (const { id, scores } of answer.comparisons)
      for (const { name, baseline, candidate, interval, verdict, pairs } of scores.filter(
        (score) => score.pairs > 0,
      ))
        output.line(
          `${nameOf(id)}  ${name}  ${number(baseline)} → ${number(candidate)}  ${interval === null ? '' : `[${number(interval.low)}, ${number(interval.high)}]  `}${verdict} (${pairs} items)`,
        );
    for (const { itemId, results } of answer.items)
      output.line(
        `  worse: ${itemId}  ${results.map((result) => short(result?.error ?? result?.output ?? null)).join('  |  ')}`,
      );
    const { all, regressions, improvements } = answer.counts;
    output.note(`${regressions} of ${all} items are worse, ${improvements} better.`);
  }
  if (!options.has('fail-on-worse') || worse.length === 0) return exitCodes.ok;
  output.note(`Surely worse: ${worse.join(', ')}.`);
  return exitCodes.failure;
}

const number = (value: number | null): string =>
  value === null ? '-' : String(Number(value.toPrecision(4)));
const short = (value: unknown): string =>
  (typeof value === 'string' ? value : JSON.stringify(value)).replaceAll(/\s+/g, ' ').slice(0, 60);

async function pin({ client, output }: Invocation, id: string): Promise<ExitCode> {
  const path = `experiments/${encodeURIComponent(id)}/baseline`;
  const pinned = await client.put(path, { isBaseline: true }, experiment);
  if (output.json) output.document(pinned);
  else output.line(`${pinned.name} is the baseline of ${pinned.dataset}.`);
  return exitCodes.ok;
}

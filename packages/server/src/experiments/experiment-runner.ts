/**
 * Runs the experiments whose target is a prompt: in the one server that holds the lease, item by item, so that a server which takes over after a
 * crash goes on where results are missing.
 */
import { randomBytes } from 'node:crypto';
import type { Clock } from '@sightline/base';
import { sleep } from '@sightline/base';
import type { PlaygroundEvent, PromptContent } from '@sightline/schema/api';
import { promptMessage, promptTarget } from '@sightline/schema/api';
import { renderMessages, variablesOf } from '@sightline/schema/prompts';
import { SightlineError } from '@sightline/schema/errors';
import type { Logger } from 'pino';
import { z } from 'zod';
import { BackgroundLooks } from '../background/background-looks.ts';
import type { CatalogDatabase } from '../catalog/catalog-database.ts';
import { listItems, type StoredItem } from '../catalog/datasets.ts';
import {
  endExperiment,
  type FinishedResult,
  giveExperimentsBack,
  keepExperiment,
  listFinished,
  putResults,
  stopLeftExperiments,
  type StoredExperiment,
  takeExperiment,
  waitForRunners,
} from '../catalog/experiments.ts';
import { findPromptVersion } from '../catalog/find-prompt-version.ts';
import type { JudgeSurroundings } from '../evaluation/judge/evaluate-with-judge.ts';
import { callModel, providerOf } from '../playground/call-model.ts';
import {
  type ConnectionSurroundings,
  openConnection,
  type OpenConnection,
} from '../playground/connections.ts';
import type { TelemetryStore } from '../storage/telemetry-store.ts';
import { judgeResults, recordExperimentScores } from './judge-results.ts';
import { promptRunSpan } from './prompt-run-span.ts';

export interface ExperimentRunnerOptions {
  readonly catalog: CatalogDatabase;
  readonly store: TelemetryStore;
  readonly clock: Clock;
  readonly log: Pick<Logger, 'warn'>;
  /** Told apart from other servers on the same control plane. */
  readonly owner: string;
  readonly models: ConnectionSurroundings;
  readonly judgeSurroundings: (project: string) => Promise<JudgeSurroundings>;
  /** Takes telemetry as if it came through a receiver. */
  readonly send: (telemetry: {
    readonly project: string;
    readonly signal: 'traces';
    readonly request: Uint8Array;
  }) => Promise<unknown>;
}

const lookMs = 10_000;
const keepEveryMs = 5_000;
const itemsTogether = 200;
/** Where every one of so many results failed, the rest would, too. */
const failuresMax = 20;

export class ExperimentRunner {
  readonly #options: ExperimentRunnerOptions;
  readonly #looks: BackgroundLooks;
  /** Separate, so that an experiment that runs here does not keep others from being stopped. */
  readonly #stops: BackgroundLooks;
  readonly #stopping = new AbortController();

  constructor(options: ExperimentRunnerOptions) {
    this.#options = options;
    this.#looks = new BackgroundLooks({
      look: async () => this.#look(),
      retryMs: lookMs,
      log: options.log,
      failure: 'An experiment could not be run; trying again.',
    });
    this.#stops = new BackgroundLooks({
      look: async () => {
        await stopLeftExperiments(options.catalog);
        this.#stops.lookIn(lookMs);
      },
      retryMs: lookMs,
      log: options.log,
      failure: 'Experiments whose program left could not be stopped; trying again.',
    });
  }

  start(): void {
    this.#looks.lookIn(0);
    // While no server was there, no program could say that it was.
    void this.#stops
      .inTurn(async () => waitForRunners(this.#options.catalog))
      .catch((error: unknown) => {
        this.#options.log.warn({ err: error }, 'The programs that run experiments could not be waited for.');
      })
      .finally(() => this.#stops.lookIn(lookMs));
  }

  /** To be called after an experiment began. */
  changed(): void {
    void this.#looks
      .inTurn(async () => this.#look())
      .catch((error: unknown) => {
        this.#options.log.warn({ err: error }, 'An experiment could not be run; trying again.');
      });
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all([this.#looks.stop(), this.#stops.stop()]);
    await giveExperimentsBack(this.#options.catalog, this.#options.owner).catch(() => undefined);
  }

  async #look(): Promise<void> {
    const { catalog, owner } = this.#options;
    while (!this.#stopping.signal.aborted) {
      const taken = await takeExperiment(catalog, owner);
      if (taken === undefined) break;
      await this.#run(taken);
    }
    this.#looks.lookIn(lookMs);
  }

  async #run(experiment: StoredExperiment): Promise<void> {
    const { catalog, owner } = this.#options;
    const over = new AbortController();
    const signal = AbortSignal.any([this.#stopping.signal, over.signal]);
    const keeping = (async () => {
      while (!signal.aborted) {
        await sleep(keepEveryMs, signal);
        if (!signal.aborted && !(await keepExperiment(catalog, experiment.id, owner).catch(() => true)))
          over.abort();
      }
    })();
    try {
      const failure = await this.#runItems(experiment, signal);
      if (!signal.aborted)
        await endExperiment(catalog, experiment.id, {
          state: failure === undefined ? 'done' : 'failed',
          reason: failure ?? null,
        });
    } catch (error) {
      if (!(error instanceof SightlineError) || error.status >= 500) throw error;
      await endExperiment(catalog, experiment.id, { state: 'failed', reason: error.message });
    } finally {
      over.abort();
      await keeping;
    }
  }

  /** Why it failed as a whole, if it did. */
  async #runItems(experiment: StoredExperiment, signal: AbortSignal): Promise<string | undefined> {
    const { catalog } = this.#options;
    const asked = await this.#open(experiment);
    const finished = await this.#readFinished(experiment.id);
    let failures = 0;
    let isFine = finished.size > 0;
    let reason: string | undefined;
    let after = '-1';
    while (!signal.aborted) {
      const items = await listItems(catalog, {
        datasetId: experiment.datasetId,
        version: experiment.datasetVersion,
        split: experiment.split === '' ? undefined : experiment.split,
        after,
        limit: itemsTogether,
      });
      const jobs = items.flatMap((item) =>
        Array.from({ length: experiment.repeats }, (_, repeat) => ({ item, repeat })).filter(
          ({ repeat }) => !finished.has(`${repeat} ${item.id}`),
        ),
      );
      const work = jobs.values();
      await Promise.all(
        Array.from({ length: experiment.concurrency }, async () => {
          for (const job of work) {
            if (signal.aborted || reason !== undefined) return;
            const error = await this.#runOne(experiment, { ...job, asked, signal });
            if (error === null) isFine = true;
            else failures += 1;
            if (!isFine && failures >= failuresMax)
              reason = `Its first ${failures} calls failed; the last one: ${error}`;
          }
        }),
      );
      if (reason !== undefined || items.length < itemsTogether) return reason;
      after = items.at(-1)?.place ?? after;
    }
    return undefined;
  }

  async #readFinished(id: string): Promise<ReadonlySet<string>> {
    const finished = new Set<string>();
    const limit = 10_000;
    let after: FinishedResult | undefined;
    for (;;) {
      const page = await listFinished(this.#options.catalog, id, { after, limit });
      for (const { itemId, repeat } of page) finished.add(`${repeat} ${itemId}`);
      if (page.length < limit) return finished;
      after = page.at(-1);
    }
  }

  async #open({ project, target }: StoredExperiment): Promise<Asked> {
    const { catalog, models } = this.#options;
    const { prompt, content, connection, model } = promptTarget.parse(target);
    const opened = await openConnection(project, connection, models);
    const stored =
      prompt === undefined ? undefined : (await findPromptVersion(catalog, project, prompt)).found;
    const asked = stored?.content ?? content;
    if (asked === undefined)
      throw new SightlineError('bad_request', 'The target names no prompt.', {
        hint: 'Give target.prompt or target.content.',
      });
    const named = model ?? asked.model;
    if (named === undefined)
      throw new SightlineError('bad_request', 'Neither the target nor its prompt names a model.', {
        hint: 'Give target.model.',
      });
    return {
      connection: opened,
      content: { ...asked, model: named },
      prompt:
        prompt === undefined || stored === undefined
          ? undefined
          : { name: prompt.name, version: stored.version },
    };
  }

  /** Why it failed; null where it did not. */
  async #runOne(
    experiment: StoredExperiment,
    {
      item,
      repeat,
      asked,
      signal,
    }: {
      readonly item: StoredItem;
      readonly repeat: number;
      readonly asked: Asked;
      readonly signal: AbortSignal;
    },
  ): Promise<string | null> {
    const { catalog, store, clock, send } = this.#options;
    const { project } = experiment;
    const judge = await this.#options.judgeSurroundings(project);
    const content = contentFor(asked.content, item.input);
    const startMs = Number(clock.now() / 1_000_000n);
    const begun = performance.now();
    const run = {
      answer: '',
      toolCalls: [] as { id: string; name: string; arguments: unknown }[],
      error: null as string | null,
    };
    let end: Extract<PlaygroundEvent, { type: 'end' }> | undefined;
    const call = { connection: asked.connection, content, stubs: {}, stepsMax: 1 };
    const { reach } = this.#options.models;
    for await (const event of callModel(call, { reach, prices: judge.prices, nowMs: judge.nowMs, signal })) {
      if (event.type === 'text') run.answer += event.text;
      if (event.type === 'tool-call')
        run.toolCalls.push({ id: event.id, name: event.name, arguments: event.arguments });
      if (event.type === 'end') end = event;
      if (event.type === 'error') run.error = event.message;
    }
    // What a stop broke off is asked again by whoever goes on.
    if (signal.aborted) return null;
    const durationMs = performance.now() - begun;
    const ids = { traceId: randomBytes(16).toString('hex'), spanId: randomBytes(8).toString('hex') };
    await send({
      project,
      signal: 'traces',
      request: promptRunSpan({
        ...ids,
        ...run,
        experiment: { id: experiment.id, name: experiment.name, dataset: experiment.dataset },
        itemId: item.id,
        repeat,
        provider: providerOf[asked.connection.protocol],
        content,
        prompt: asked.prompt,
        startMs,
        endMs: startMs + durationMs,
        end,
      }),
    });
    const answered =
      run.answer === '' && run.toolCalls.length > 0
        ? { toolCalls: run.toolCalls.map(({ name, arguments: given }) => ({ name, arguments: given })) }
        : run.answer;
    const result = {
      itemId: item.id,
      repeat,
      traceId: ids.traceId,
      output: run.error === null ? (answered as StoredItem['input']) : null,
      error: run.error,
      durationMs,
      costUsd: end?.costUsd ?? null,
      inputTokens: end?.inputTokens ?? null,
      outputTokens: end?.outputTokens ?? null,
      documents: [],
      scores: {},
    };
    const context = { store, clock, project, share: 'background' as const };
    const judged = await judgeResults(context, [{ result, item }], {
      evaluators: experiment.evaluators,
      judge,
    });
    const results = judged.map((each) => each.result);
    const outcome = await putResults(catalog, experiment.id, { results, runner: this.#options.owner });
    if (outcome !== 'kept') return run.error;
    const judges = new Set(
      experiment.evaluators.flatMap(({ name, settings }) => (settings.type === 'judge' ? [name] : [])),
    );
    await recordExperimentScores(context, experiment.id, { results, judges });
    return run.error;
  }
}

interface Asked {
  readonly connection: OpenConnection;
  readonly content: PromptContent;
  readonly prompt: { readonly name: string; readonly version: number } | undefined;
}

/**
 * Members of the input fill the variables of their names, an input that is no object fills each. A prompt without variables is followed by the input
 * as what the user says, or by its messages where it has some.
 */
export function contentFor(content: PromptContent, input: StoredItem['input']): PromptContent {
  const names = variablesOf(content.messages);
  const isObject = typeof input === 'object' && input !== null && !Array.isArray(input);
  if (names.length > 0) {
    const values = isObject ? input : Object.fromEntries(names.map((name) => [name, input]));
    return { ...content, messages: renderMessages(content.messages, values) };
  }
  const given = isObject ? readMessages(input['messages']) : undefined;
  const text = typeof input === 'string' ? input : JSON.stringify(input);
  return {
    ...content,
    messages: [...content.messages, ...(given ?? [{ role: 'user' as const, content: text }])],
  };
}

function readMessages(value: unknown): PromptContent['messages'] | undefined {
  const read = z.array(promptMessage).min(1).safeParse(value);
  return read.success ? read.data : undefined;
}

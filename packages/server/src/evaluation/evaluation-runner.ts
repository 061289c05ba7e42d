/**
 * Judges new traces in the background. A round looks at what arrived since the last one, waits until a trace is quiet and its root is there,
 * and runs every rule that wants it. Rounds follow each other and never overlap. The backlog is told by when rows came in. How far it got is kept in the control plane; after a crash a round is
 * repeated, and what it had scored is known by its id. Models judge beside the rounds (`judge-lane.ts`): one that hangs delays nobody's next round.
 */
import { type Clock, sleep } from '@sightline/base';
import type { Logger } from 'pino';
import type { PriceBook } from '@sightline/schema/conventions';
import { SightlineError } from '@sightline/schema/errors';
import { addItems, listQueues } from '../catalog/annotation-queues.ts';
import type { CatalogDatabase } from '../catalog/catalog-database.ts';
import { giveUpLeases, takeLease, writeProgress } from '../catalog/evaluation-progress.ts';
import {
  findEvaluator,
  findTracesRun,
  listEvaluatedProjects,
  listEvaluators,
  type StoredEvaluator,
} from '../catalog/evaluators.ts';
import { matchTraces } from '../query/evaluation/match-traces.ts';
import {
  type Arrival,
  findKnownScores,
  findQuietTraces,
  readEngineSeconds,
  readHeads,
  type TraceHead,
} from '../query/evaluation/quiet-traces.ts';
import { failureText } from '../query/store-failure.ts';
import { type QueryContext, Reader } from '../query/reader.ts';
import type { TelemetryStore } from '../storage/telemetry-store.ts';
import type { JudgeSurroundings } from './judge/evaluate-with-judge.ts';
import { type JudgeJob, JudgeLane } from './judge-lane.ts';
import { partsOf } from './judged-parts.ts';
import { type RunJob, runEvaluator, runEvaluators } from './run-evaluator.ts';
import { isSampled, scoreIdOf } from './sampling.ts';
import { readFacts, readTraceFacts, type TraceFacts } from './trace-facts.ts';

export interface RunnerOptions {
  readonly store: TelemetryStore;
  readonly catalog: CatalogDatabase;
  readonly clock: Clock;
  readonly log: Logger;
  /** Tells servers on one control plane apart, and is the same after a restart, which then need not wait for its own lease. */
  readonly owner: string;
  readonly readVariable: (name: string) => string | undefined;
  readonly pricesOf: (project: string) => Promise<Pick<PriceBook, 'priceOf'>>;
  /** A trace is judged when nothing of it arrived for this long. Undefined: never by itself, only by hand. */
  readonly quietMs: number | undefined;
  readonly intervalMs?: number;
}

export interface EvaluationRunner {
  status(): { state: 'idle' | 'running' | 'failing'; waiting: number; lastError: string | null };
  /** What judging needs, for a single run by hand. */
  judgeSurroundings(project: string): Promise<JudgeSurroundings>;
  stop(): Promise<void>;
}

/** How long a trace without its root is waited for after its last arrival. */
const rootWaitSeconds = 600;
/** A load may take this long between being stamped and being seen. */
const overlapSeconds = 120;
/** What came in before is not judged any more, however long nobody was there to do it. */
const backlogSecondsMax = 2 * 86_400;
const pageSize = 1_000;
const pagesPerRound = 10;
/** Traces that are read, judged and written together. */
const batchSize = 50;
const recentMax = 200_000;
/** Beyond these, a trace without its root is judged as it is. */
const heldMax = 5_000;
const leaseMs = 30_000;

interface ProjectState {
  cursorSeconds: number;
  /** Traces judged or dropped within the overlap, with the arrival they were judged at. */
  readonly recent: Map<string, number>;
  /** Quiet, but without a root yet. */
  readonly held: Map<string, number>;
  /** Until the rounds have come this far, code may have judged already what they find; -Infinity once they have. */
  carefulUntilSeconds: number;
  /** From when on judges had no room for what was found. */
  refusedSinceSeconds: number;
}

export function startEvaluationRunner(options: RunnerOptions): EvaluationRunner {
  const runner = new Runner(options);
  runner.start();
  return runner;
}

class Runner implements EvaluationRunner {
  readonly #options: RunnerOptions;
  readonly #states = new Map<string, ProjectState>();
  readonly #stopping = new AbortController();
  readonly #lane = new JudgeLane(async (job) => this.#judgeOne(job));
  #timer: NodeJS.Timeout | undefined;
  #round: Promise<void> = Promise.resolve();
  #waiting = 0;
  #isRunning = false;
  #lastError: string | null = null;

  constructor(options: RunnerOptions) {
    this.#options = options;
  }

  start(): void {
    if (this.#options.quietMs === undefined) return;
    const intervalMs = this.#options.intervalMs ?? 2_000;
    const next = (): void => {
      this.#timer = setTimeout(() => {
        this.#round = this.#safeRound().finally(() => {
          if (!this.#stopping.signal.aborted) next();
        });
      }, intervalMs).unref();
    };
    next();
  }

  status(): ReturnType<EvaluationRunner['status']> {
    const isRunning = this.#isRunning || this.#lane.size > 0;
    const state = this.#lastError !== null ? 'failing' : isRunning ? 'running' : 'idle';
    return { state, waiting: this.#waiting + this.#lane.size, lastError: this.#lastError };
  }

  async judgeSurroundings(project: string): Promise<JudgeSurroundings> {
    const { clock, pricesOf, readVariable } = this.#options;
    return {
      readVariable,
      prices: await pricesOf(project),
      nowMs: () => Number(clock.now() / 1_000_000n),
      signal: this.#stopping.signal,
      pause: sleep,
    };
  }

  async stop(): Promise<void> {
    clearTimeout(this.#timer);
    this.#stopping.abort();
    await this.#round;
    await this.#lane.stop();
    await giveUpLeases(this.#options.catalog, this.#options.owner).catch(() => undefined);
  }

  async #safeRound(): Promise<void> {
    try {
      const projects = await listEvaluatedProjects(this.#options.catalog);
      for (const known of this.#states.keys())
        if (!projects.some(({ project }) => project === known)) {
          this.#states.delete(known);
          this.#lane.forget(known);
        }
      // What goes wrong with one project is not the others' concern.
      const failures: unknown[] = [];
      for (const { project, since } of projects)
        await this.#roundOf(project, since).catch((error: unknown) => failures.push(error));
      if (failures.length === 0) this.#lastError = null;
      else this.#fail(failures[0]);
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#isRunning = false;
      this.#waiting = 0;
    }
  }

  #fail(error: unknown): void {
    if (this.#stopping.signal.aborted) return;
    const message = failureText(error);
    // A store that is away would fill the log.
    if (message !== this.#lastError)
      this.#options.log.error({ err: error }, 'A round of evaluation failed; it is tried again.');
    this.#lastError = message;
  }

  async #roundOf(project: string, since: Date): Promise<void> {
    const { catalog, clock, owner, quietMs, store } = this.#options;
    const context: QueryContext = { store, clock, project, share: 'background' };
    const now = await readEngineSeconds(new Reader(context));
    const untilSeconds = now - Math.ceil((quietMs ?? 0) / 1000);
    const stored = await takeLease(catalog, { project, owner, leaseMs, begin: new Date((now - 60) * 1000) });
    if (stored === undefined) {
      this.#states.delete(project);
      this.#lane.forget(project);
      return;
    }
    const state = this.#states.get(project) ?? {
      // What came while no rule was there to want it is not judged afterwards.
      cursorSeconds: Math.floor(Math.max(stored.getTime(), since.getTime()) / 1000),
      recent: new Map<string, number>(),
      held: new Map<string, number>(),
      carefulUntilSeconds: untilSeconds,
      refusedSinceSeconds: Infinity,
    };
    this.#states.set(project, state);
    if (state.refusedSinceSeconds < Infinity && this.#lane.hasRoom(project)) goBack(state);
    let after: Arrival | undefined;
    for (let page = 0; page < pagesPerRound && !this.#stopping.signal.aborted; page += 1) {
      const sinceSeconds = Math.max(state.cursorSeconds - overlapSeconds, now - backlogSecondsMax);
      const traces = await findQuietTraces(new Reader(context), {
        sinceSeconds,
        untilSeconds,
        after,
        limit: pageSize,
      });
      const again = page === 0 ? [...state.held] : [];
      await this.#judge(context, state, { arrivals: traces, again, now });
      after = traces.at(-1);
      if (traces.length < pageSize) break;
    }
    if (this.#stopping.signal.aborted) return;
    state.cursorSeconds =
      after === undefined
        ? untilSeconds
        : Math.max(state.cursorSeconds, Math.min(untilSeconds, after.lastSeconds));
    if (state.cursorSeconds >= state.carefulUntilSeconds) state.carefulUntilSeconds = -Infinity;
    const keptSince = state.cursorSeconds - overlapSeconds;
    for (const [traceId, last] of state.recent) if (last < keptSince) state.recent.delete(traceId);
    const oldest = Math.min(
      state.cursorSeconds,
      state.refusedSinceSeconds,
      this.#lane.oldestOf(project),
      ...state.held.values(),
    );
    await writeProgress(catalog, { project, owner, arrived: new Date(oldest * 1000) });
  }

  async #judge(
    context: QueryContext,
    state: ProjectState,
    {
      arrivals,
      again,
      now,
    }: {
      readonly arrivals: readonly Arrival[];
      /** Those that wait for their root. */
      readonly again: readonly (readonly [string, number])[];
      readonly now: number;
    },
  ): Promise<void> {
    const fresh = arrivals.filter(
      ({ traceId, lastSeconds }) => (state.recent.get(traceId) ?? -1) < lastSeconds,
    );
    const candidates = new Map([
      ...again,
      ...fresh.map(({ traceId, lastSeconds }) => [traceId, lastSeconds] as const),
    ]);
    if (candidates.size === 0) return;
    const heads = await readHeads(new Reader(context), [...candidates.keys()]);
    const ready = new Map<string, TraceHead>();
    for (const [traceId, last] of candidates) {
      const head = heads.get(traceId);
      const isReady =
        head !== undefined &&
        (head.hasRoot ||
          last < now - rootWaitSeconds ||
          (state.held.size >= heldMax && !state.held.has(traceId)));
      if (isReady) ready.set(traceId, head);
      if (isReady || head === undefined) {
        state.held.delete(traceId);
        if (state.recent.size < recentMax) state.recent.set(traceId, last);
      } else state.held.set(traceId, last);
    }
    if (ready.size === 0) return;
    try {
      await this.#evaluate(context, state, { traces: ready, arrivals: candidates });
      await this.#fillQueues(context, ready);
    } catch (error) {
      // The next round looks at them again, and knows what was judged already.
      for (const traceId of ready.keys()) state.recent.delete(traceId);
      state.carefulUntilSeconds = now;
      throw error;
    }
  }

  async #evaluate(
    context: QueryContext,
    state: ProjectState,
    {
      traces,
      arrivals,
    }: {
      readonly traces: ReadonlyMap<string, TraceHead>;
      /** When the last of a trace had arrived. */
      readonly arrivals: ReadonlyMap<string, number>;
    },
  ): Promise<void> {
    const evaluators = (await listEvaluators(this.#options.catalog, context.project)).filter(
      ({ enabled }) => enabled,
    );
    const wanted = new Map<string, StoredEvaluator[]>();
    const isCareful = state.carefulUntilSeconds > -Infinity;
    const broken: RunJob[] = [];
    for (const evaluator of evaluators) {
      const chosen = await this.#tracesFor(context, evaluator, traces, isCareful).catch((error: unknown) =>
        filterProblem(error),
      );
      if (typeof chosen === 'string') {
        for (const traceId of sampledOf(evaluator, traces).keys())
          broken.push({ rule: evaluator, trace: { traceId, unreadable: chosen } });
        continue;
      }
      for (const traceId of chosen)
        if (!isJudge(evaluator)) wanted.set(traceId, [...(wanted.get(traceId) ?? []), evaluator]);
        else {
          const lastSeconds = arrivals.get(traceId) ?? state.cursorSeconds;
          this.#queue(state, { project: context.project, evaluatorId: evaluator.id, traceId, lastSeconds });
        }
    }
    if (broken.length > 0) {
      const judge = await this.judgeSurroundings(context.project);
      await runEvaluators(broken, { context, catalog: this.#options.catalog, judge, save: true });
    }
    if (wanted.size === 0) return;
    this.#isRunning = true;
    this.#waiting = [...wanted.values()].reduce((sum, rules) => sum + rules.length, 0);
    const { catalog, owner } = this.#options;
    // Neighbours in time lie near each other in the store.
    const inOrder = [...wanted].toSorted(([a], [b]) => compareStarts(traces.get(a), traces.get(b)));
    // Patterns over thousands of traces may take minutes; nobody else must think that this server is gone.
    const renewal = setInterval(() => {
      takeLease(catalog, { project: context.project, owner, leaseMs, begin: new Date(0) }).catch(
        () => undefined,
      );
    }, leaseMs / 3).unref();
    try {
      for (let at = 0; at < inOrder.length && !this.#stopping.signal.aborted; at += batchSize)
        await this.#runCode(context, traces, inOrder.slice(at, at + batchSize));
    } finally {
      clearInterval(renewal);
    }
  }

  async #runCode(
    context: QueryContext,
    heads: ReadonlyMap<string, TraceHead>,
    batch: readonly (readonly [string, readonly StoredEvaluator[]])[],
  ): Promise<void> {
    const parts = new Set(batch.flatMap(([, rules]) => rules.flatMap(({ settings }) => partsOf(settings))));
    const read = async (some: readonly string[]): Promise<ReadonlyMap<string, TraceFacts>> =>
      readFacts(context, new Map([...heads].filter(([traceId]) => some.includes(traceId))), parts);
    const ids = batch.map(([traceId]) => traceId);
    // Too much for one statement: each by itself, and what is too much even so is told.
    const facts = await read(ids).catch(async (error: unknown) => {
      if (!isTooMuch(error)) throw error;
      return eachAlone(ids, read);
    });
    const jobs = batch.flatMap(([traceId, rules]): RunJob[] => {
      const trace = facts.get(traceId);
      return trace === undefined ? [] : rules.map((rule) => ({ rule, trace }));
    });
    const judge = await this.judgeSurroundings(context.project);
    await runEvaluators(jobs, { context, catalog: this.#options.catalog, judge, save: true });
    this.#waiting -= batch.reduce((sum, [, rules]) => sum + rules.length, 0);
  }

  /**
   * A judge is paid for and judges a trace once. Code judges again what grew, and the new score replaces the old; but what may have been
   * judged before a restart is not.
   */
  async #tracesFor(
    context: QueryContext,
    evaluator: StoredEvaluator,
    traces: ReadonlyMap<string, TraceHead>,
    isCareful: boolean,
  ): Promise<readonly string[]> {
    const sampled = sampledOf(evaluator, traces);
    const matched = [...(await matchTraces(new Reader(context), evaluator.q, sampled))];
    if ((!isJudge(evaluator) && !isCareful) || matched.length === 0) return matched;
    const [known, run] = await Promise.all([
      findKnownScores(
        new Reader(context),
        matched.map((traceId) => scoreIdOf(evaluator.id, traceId)),
      ),
      findTracesRun(this.#options.catalog, { id: evaluator.id, traceIds: matched }),
    ]);
    return matched.filter(
      (traceId) =>
        !known.has(scoreIdOf(evaluator.id, traceId)) &&
        !run.has(traceId) &&
        !this.#lane.has(evaluator.id, traceId),
    );
  }

  /** What a judge has no room for is found again once it has: until then it is not said to be looked at. */
  #queue(state: ProjectState, job: JudgeJob): void {
    if (this.#lane.add(job)) return;
    state.refusedSinceSeconds = Math.min(state.refusedSinceSeconds, job.lastSeconds);
  }

  async #judgeOne({ project, evaluatorId, traceId }: JudgeJob): Promise<void> {
    const { catalog, clock, store } = this.#options;
    const context: QueryContext = { store, clock, project, share: 'background' };
    try {
      const rule = await findEvaluator(catalog, { project, id: evaluatorId });
      if (rule?.enabled !== true || this.#stopping.signal.aborted) return;
      const trace = await readTraceFacts(context, traceId).catch((error: unknown) =>
        unreadable(traceId, error),
      );
      const judge = await this.judgeSurroundings(project);
      await runEvaluator({ rule, trace }, { context, catalog, judge, save: true });
    } catch (error) {
      if (!this.#stopping.signal.aborted)
        this.#options.log.warn({ err: error, traceId }, 'A trace could not be judged; its judge goes on.');
    }
  }

  async #fillQueues(context: QueryContext, traces: ReadonlyMap<string, TraceHead>): Promise<void> {
    const { catalog } = this.#options;
    for (const queue of await listQueues(catalog, context.project)) {
      if (!queue.follow) continue;
      const matched = await matchTraces(new Reader(context), queue.q, sampledOf(queue, traces)).catch(
        (error: unknown) => filterProblem(error),
      );
      if (typeof matched === 'string')
        this.#options.log.warn({ queue: queue.name }, `A queue is not filled. ${matched}`);
      else if (matched.size > 0) await addItems(catalog, queue.id, [...matched]);
    }
  }
}

/** To what judges had no room for. */
function goBack(state: ProjectState): void {
  const since = state.refusedSinceSeconds;
  state.carefulUntilSeconds = Math.max(state.carefulUntilSeconds, state.cursorSeconds);
  state.cursorSeconds = Math.min(state.cursorSeconds, since);
  state.refusedSinceSeconds = Infinity;
  for (const [traceId, last] of state.recent) if (last >= since) state.recent.delete(traceId);
}

async function eachAlone(
  traceIds: readonly string[],
  read: (traceIds: readonly string[]) => Promise<ReadonlyMap<string, TraceFacts>>,
): Promise<ReadonlyMap<string, RunJob['trace']>> {
  const found = new Map<string, RunJob['trace']>();
  for (const traceId of traceIds) {
    const alone = await read([traceId]).catch((error: unknown) => unreadable(traceId, error));
    const trace = 'unreadable' in alone ? alone : alone.get(traceId);
    if (trace !== undefined) found.set(traceId, trace);
  }
  return found;
}

/** A trace that is too large to be read fails its runs; a store that is away fails the round, which is repeated. */
function unreadable(traceId: string, error: unknown): Extract<RunJob['trace'], { unreadable: string }> {
  if (!isTooMuch(error)) throw error;
  return { traceId, unreadable: `The trace could not be read: ${error.message}` };
}

/** Why a filter cannot be applied, which is its rule's failure alone. Throws what is not the filter's fault. */
function filterProblem(error: unknown): string {
  if (error instanceof SightlineError && (error.code === 'bad_filter' || isTooMuch(error)))
    return `The filter of the rule could not be applied: ${error.message}`;
  throw error;
}

function sampledOf(
  { sampleRate }: { readonly sampleRate: number },
  traces: ReadonlyMap<string, TraceHead>,
): ReadonlyMap<string, TraceHead> {
  return new Map([...traces].filter(([traceId]) => isSampled(traceId, sampleRate)));
}

const isTooMuch = (error: unknown): error is SightlineError =>
  error instanceof SightlineError && error.code === 'query_limit';

function compareStarts(a: TraceHead | undefined, b: TraceHead | undefined): number {
  return Number((a?.startNanos ?? 0n) - (b?.startNanos ?? 0n));
}

const isJudge = ({ settings }: Pick<StoredEvaluator, 'settings'>): boolean => settings.type === 'judge';

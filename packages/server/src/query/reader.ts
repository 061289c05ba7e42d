import type { Clock } from '@sightline/base';
import { RowBinary } from '../storage/row-binary.ts';
import {
  type QueryLimits,
  type QueryOptions,
  type QueryResult,
  StoreError,
  type TelemetryStore,
} from '../storage/telemetry-store.ts';
import type { AskedOnce } from './asked-once.ts';
import type { JoinedModels } from './agents/model-names.ts';
import type { KeptAnswers } from './kept-answers.ts';
import type { RunCache } from './agents/run-cache.ts';
import type { AlertSpells } from './prometheus/alert-series.ts';
import { queryTimeMsMax } from './query-bounds.ts';
import type { Sql } from './sql/sql.ts';
import { explainFailure } from './store-failure.ts';
import type { Window } from './time-range.ts';

export interface LimitMet {
  readonly limit: 'time' | 'rows' | 'memory' | 'bytes' | 'spans' | 'series' | 'points' | 'settling';
  readonly message: string;
}

/** What every read model is given. */
export interface QueryContext {
  readonly store: TelemetryStore;
  readonly clock: Clock;
  readonly project: string;
  /** The share in which its queries have their turn, and whether somebody still waits for the answer. */
  readonly share?: QueryOptions['share'];
  readonly signal?: QueryOptions['signal'];
  /** Runs that were read lately; without it each is read anew. */
  readonly runs?: RunCache | undefined;
  /** Resolves when the runs of what was just stored are settled, or after a moment. */
  readonly settle?: (() => Promise<void>) | undefined;
  /** Where several ask at one moment: what was asked already is not asked again. */
  readonly once?: AskedOnce | undefined;
  /** Names of models that were read lately; without it they are read anew. */
  readonly names?: KeptAnswers<JoinedModels> | undefined;
  /** For PromQL over alerts; without it nothing is known of them. */
  readonly alertSpells?: AlertSpells | undefined;
  /** The range whose names of models the answers have, whatever else they look at: that of all panels of a request. */
  readonly namesFrom?: Window | undefined;
}

/**
 * Runs the statements of one request. They share one time budget, and every failure comes out as a SightlineError. The
 * limits that were met without failing are collected for the answer's `limitsMet`.
 */
export class Reader {
  readonly clock: Clock;
  readonly project: string;
  readonly runs: RunCache | undefined;
  readonly alertSpells: AlertSpells | undefined;
  readonly names: KeptAnswers<JoinedModels> | undefined;
  readonly namesFrom: Window | undefined;
  /** Undefined where it was waited for. */
  #settle: (() => Promise<void>) | undefined;
  readonly #store: TelemetryStore;
  readonly #turn: Pick<QueryOptions, 'share' | 'signal'>;
  #deadlineMs: number;
  readonly #limitsMet: LimitMet[] = [];
  readonly #once: AskedOnce | undefined;

  constructor(
    { store, clock, project, share, signal, runs, settle, once, names, namesFrom, alertSpells }: QueryContext,
    timeMsMax = queryTimeMsMax,
  ) {
    this.#store = store;
    this.#turn = { share, signal };
    this.clock = clock;
    this.project = project;
    this.runs = runs;
    this.alertSpells = alertSpells;
    this.names = names;
    this.namesFrom = namesFrom;
    this.#settle = settle;
    this.#once = once;
    this.#deadlineMs = clock.monotonicMs() + timeMsMax;
  }

  /** See `QueryContext`. Waiting takes nothing of the time for the answer. */
  async settle(): Promise<void> {
    const settle = this.#settle;
    if (settle === undefined) return;
    this.#settle = undefined;
    const beganMs = this.clock.monotonicMs();
    await settle();
    this.#deadlineMs += this.clock.monotonicMs() - beganMs;
  }

  async rows<Row>(statement: Sql, limits: Partial<QueryLimits> = {}): Promise<readonly Row[]> {
    const result = await this.result<Row>(statement, limits);
    return result.rows;
  }

  /** Like `rows`, but where the statement meets a limit the answer goes on without it, and says so. */
  async tryRows<Row>(statement: Sql, limits: Partial<QueryLimits> = {}): Promise<readonly Row[] | undefined> {
    try {
      const result = await this.#run<Row>(statement, limits);
      return result.rows;
    } catch (error) {
      if (!(error instanceof StoreError) || error.kind !== 'limit') throw explainFailure(error);
      const limit = error.limit ?? 'time';
      this.meet({
        limit,
        message: `The search stopped at its ${limit} limit; older items were not looked at.`,
      });
      return undefined;
    }
  }

  async result<Row>(statement: Sql, limits: Partial<QueryLimits> = {}): Promise<QueryResult<Row>> {
    try {
      return await this.#run<Row>(statement, limits);
    } catch (error) {
      throw explainFailure(error);
    }
  }

  /** The rows of an answer of megabytes: see `TelemetryStore.queryBinary`. */
  async binary(statement: Sql, limits: Partial<QueryLimits> = {}): Promise<RowBinary> {
    const written = statement.toStatement();
    const ask = async (): Promise<Uint8Array> =>
      this.#store.queryBinary(written, { ...this.#turn, timeMsMax: this.#timeLeft(), ...limits });
    try {
      const bytes = await (this.#once === undefined ? ask() : this.#once.binary(written, limits, ask));
      return new RowBinary(bytes);
    } catch (error) {
      throw explainFailure(error);
    }
  }

  meet(limit: LimitMet): void {
    if (!this.#limitsMet.some((met) => met.message === limit.message)) this.#limitsMet.push(limit);
  }

  /** For the answer: `{ limitsMet }` where a limit was met, else nothing. */
  get limitsMet(): { limitsMet?: LimitMet[] } {
    return this.#limitsMet.length === 0 ? {} : { limitsMet: [...this.#limitsMet] };
  }

  async #run<Row>(statement: Sql, limits: Partial<QueryLimits>): Promise<QueryResult<Row>> {
    const written = statement.toStatement();
    const ask = async (): Promise<QueryResult<Row>> =>
      this.#store.query<Row>(written, { ...this.#turn, timeMsMax: this.#timeLeft(), ...limits });
    return this.#once === undefined ? ask() : this.#once.rows(written, limits, ask);
  }

  #timeLeft(): number {
    const left = Math.floor(this.#deadlineMs - this.clock.monotonicMs());
    if (left <= 0) throw new StoreError('limit', 'The time of this request is used up.', { limit: 'time' });
    return left;
  }
}

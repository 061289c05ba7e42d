import type { UnixNano } from '@sightline/base';
import type { TelemetrySignal } from '@sightline/schema/api';
import type { OwnedPrices } from '@sightline/schema/conventions';
import type { QueryShare, QueueState } from './query-share.ts';

/** A journal segment ready to be loaded: length-delimited `Envelope` messages of one signal, see ingest/envelope.ts. */
export interface SegmentFile {
  readonly signal: TelemetrySignal;
  /** Absolute path; readable until `load` settles. */
  readonly path: string;
  readonly byteLength: number;
  /** Its content, where the caller has read and checked it. */
  readonly bytes?: Uint8Array;
  /** Unique for this content. Loading the same token again adds nothing. */
  readonly token: string;
}

/** One score, as it is kept. Ids are hex; '' where there is none. */
export interface ScoreRow {
  readonly project: string;
  readonly id: string;
  readonly timeNanos: string;
  readonly isDeleted?: true;
  readonly traceId: string;
  readonly spanId: string;
  readonly sessionId: string;
  readonly responseId: string;
  readonly service: string;
  readonly name: string;
  readonly value: number | null;
  readonly label: string;
  readonly comment: string;
  readonly source: string;
  readonly who: string;
  readonly evaluatorId: string;
  readonly judgeModel: string;
  readonly judgeInputTokens: number | null;
  readonly judgeOutputTokens: number | null;
  readonly judgeCostUsd: number | null;
}

/** What somebody typed, and whose rows it may see. */
export interface UntrustedStatement {
  readonly sql: string;
  readonly project: string;
}

/** ClickHouse SQL with `{name:Type}` placeholders. Values never reach the text. */
export interface Statement {
  readonly sql: string;
  readonly params?: Readonly<Record<string, unknown>>;
}

/** The bounds of one query. Every query has all of them; see `defaultQueryLimits`. */
export interface QueryLimits {
  /** For waiting and running together. */
  readonly timeMsMax: number;
  readonly rowsReadMax: number;
  readonly memoryBytesMax: number;
  readonly resultRowsMax: number;
  /** As the engine holds it, about as much as in RowBinary. The text of an answer is made and parsed at once, while nothing else is done. */
  readonly resultBytesMax: number;
}

export const defaultQueryLimits: QueryLimits = {
  timeMsMax: 10_000,
  rowsReadMax: 1_000_000_000,
  memoryBytesMax: 1024 ** 3,
  resultRowsMax: 100_000,
  resultBytesMax: 256 * 1024 ** 2,
};

/** The bounds of a query, in which share it has its turn (`page` where nothing is said), and whether somebody still waits for it. */
export interface QueryOptions extends Partial<QueryLimits> {
  readonly share?: QueryShare | undefined;
  /** Aborted when nobody waits any more: the query leaves the queue, or is ended where it runs. */
  readonly signal?: AbortSignal | undefined;
}

export interface QueryResult<Row> {
  readonly rows: readonly Row[];
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  readonly rowsRead: number;
  readonly bytesRead: number;
  readonly elapsedMs: number;
  /** More rows existed than `resultRowsMax`. */
  readonly truncated: boolean;
}

/** Why the store could not do what was asked. The caller branches on `kind`. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
  /**
   * `unavailable`: try again later (engine stopped, network, disk full, memory pressure).
   * `refused`: this input will never load or run (bad data, bad SQL).
   * `limit`: the query met the bound named by `limit`.
   * `damaged`: files of the store are not what was written. It is nobody's input, and trying again does not help.
   * `busy`: too many queries wait; try again after `retryAfterS`.
   * `cancelled`: nobody waits for the answer any more.
   */
  readonly kind: 'unavailable' | 'refused' | 'limit' | 'damaged' | 'busy' | 'cancelled';
  readonly limit: 'time' | 'rows' | 'memory' | undefined;
  readonly retryAfterS: number | undefined;

  constructor(
    kind: StoreError['kind'],
    message: string,
    options: {
      readonly cause?: unknown;
      readonly limit?: 'time' | 'rows' | 'memory';
      readonly retryAfterS?: number;
    } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.kind = kind;
    this.limit = options.limit;
    this.retryAfterS = options.retryAfterS;
  }
}

/** Rows that were stored and cannot be read any more. */
export interface DamagedPart {
  readonly table: string;
  /** As the engine calls the part. */
  readonly part: string;
  /** As in `2026-11-21`; undefined where the table is not kept by days. */
  readonly day: string | undefined;
  /** Undefined where nobody knows. */
  readonly rows: number | undefined;
  /** `missing`: its files are gone. `set_aside`: the engine does not use them. `unreadable`: they are not what was written. */
  readonly reason: 'missing' | 'set_aside' | 'unreadable';
  readonly detail: string;
}

export interface StoreCondition {
  readonly missingTables: readonly string[];
  /** What nobody has accepted yet. */
  readonly damagedParts: readonly DamagedPart[];
  /** Definitions of tables that were gone when the store was opened, and were put back from their copy. */
  readonly restored: readonly string[];
  /** The list of what is stored could not be read when the store was opened: what was lost before that is not known. */
  readonly isInventoryLost: boolean;
  /** What the user of typed SQL is granted on a ClickHouse server beyond reading our tables. */
  readonly excessGrants: readonly string[];
}

/** What one model of one provider costs, for all projects and for those with prices of their own. */
export interface ModelPrices {
  readonly provider: string;
  readonly model: string;
  readonly prices: readonly OwnedPrices[];
}

/** `range`: a project's spans by their start. `fresh`: spans without a computed cost that were stored lately, of these models. */
export type SpansToPrice =
  | { readonly which: 'range'; readonly project: string; readonly from: UnixNano; readonly to: UnixNano }
  | {
      readonly which: 'fresh';
      readonly storedWithinMs: number;
      readonly pairs: readonly { readonly provider: string; readonly model: string }[];
    };

export interface TraceToDelete {
  readonly project: string;
  /** 32 lower-case hex digits. */
  readonly traceId: string;
}

export interface DemoToDelete {
  readonly project: string;
  /** Told from time to time how much of it is done, 0 to 1. */
  readonly onPart: (part: number) => void;
}

/** A project's rows of a UTC day between two moments of it. */
export interface DayToRederive {
  readonly signal: 'traces' | 'logs';
  readonly project: string;
  /** As in `2026-11-21`. */
  readonly day: string;
  readonly from: UnixNano;
  readonly to: UnixNano;
}

/** A call of a run, as `runs` holds it. */
export interface StoredCall {
  /** Hex of calls of models, and of others that failed; else ''. */
  readonly spanId: string;
  readonly startNanos: bigint;
  readonly durationNs: bigint;
  readonly operation: string;
  readonly name: string;
  readonly service: string;
  readonly version: string;
  readonly environment: string;
  readonly provider: string;
  readonly model: string;
  readonly agent: string;
  readonly tool: string;
  readonly prompt: string;
  readonly isError: boolean;
  readonly ttftMs: number | null;
  readonly isCounted: boolean;
  readonly isUnpriced: boolean;
  readonly inputTokens: number | null;
  readonly outputTokens: number | null;
  readonly cacheReadTokens: number | null;
  readonly cacheWriteTokens: number | null;
  readonly reasoningTokens: number | null;
  readonly costUsd: number | null;
}

/** A run, as `runs` holds it. Null for unknown, '' for none. */
export interface StoredRun {
  /** 32 lower-case hex digits. */
  readonly traceId: string;
  readonly startNanos: bigint;
  readonly endNanos: bigint;
  /** The start of its last step. */
  readonly lastNanos: bigint;
  readonly name: string;
  readonly operation: string;
  readonly service: string;
  readonly version: string;
  readonly environment: string;
  readonly statusCode: number;
  readonly agent: string;
  readonly steps: number;
  readonly llmCalls: number;
  readonly toolCalls: number;
  readonly errorCount: number;
  readonly isFailed: boolean;
  readonly sessionId: string;
  readonly userId: string;
  /** All that its spans name, for filters; '' stands for steps that name none. */
  readonly sessionIds: readonly string[];
  readonly userIds: readonly string[];
  readonly environmentNames: readonly string[];
  readonly mentionedModels: readonly string[];
  readonly toolNames: readonly string[];
  readonly agentNames: readonly string[];
  readonly serviceNames: readonly string[];
  readonly versionNames: readonly string[];
  /** Models that were called. */
  readonly modelNames: readonly string[];
  /** Of each counted call: provider, model, cost. */
  readonly billedModels: readonly (readonly [string, string, number | null])[];
  readonly inputTokens: number | null;
  readonly outputTokens: number | null;
  readonly cacheReadTokens: number | null;
  readonly cacheWriteTokens: number | null;
  readonly reasoningTokens: number | null;
  readonly costUsd: number | null;
  readonly unpricedCalls: number;
  readonly question: string;
  readonly answer: string;
  readonly calls: readonly StoredCall[];
  readonly otherCalls: readonly StoredCall[];
}

export interface RunsToPut {
  readonly project: string;
  readonly generation: number;
  readonly runs: readonly StoredRun[];
  /** Places where runs were that are elsewhere now, or no runs any more. */
  readonly vacated: readonly Pick<StoredRun, 'traceId' | 'startNanos' | 'lastNanos'>[];
}

export interface RunSumsToDerive {
  readonly columns: readonly string[];
  readonly select: Statement;
}

export interface RunSumsToForget {
  readonly project: string;
  /** Ten minutes in which runs began: seconds since 1970. */
  readonly buckets: readonly number[];
}

/** How long the parts of `service_edges` are, in seconds: a part is made of those of the length before. */
export const edgePartLengths = [300, 3600, 86_400] as const;

export interface ServiceEdgesToPut {
  readonly project: string;
  /** That of runs. */
  readonly generation: number;
  /** From `nextEdgeVersion`, asked before the spans were read. */
  readonly version: bigint;
  /** Spans that were stored until then are in them: milliseconds since 1970. */
  readonly seenMs: bigint;
  readonly parts: readonly {
    /** Seconds since 1970. */
    readonly slot: number;
    readonly seconds: number;
    /** That were looked at, and about how many there are. */
    readonly spans: number;
    readonly allSpans: number;
    /** See `query/analysis/edge-body.ts`. */
    readonly body: Uint8Array;
  }[];
}

export interface ServiceEdgesToForget {
  readonly project: string;
  /** Five minutes each: seconds since 1970. */
  readonly slots: readonly number[];
}

/** Rows of `ai_spans` that changed until `untilMs` are known in `runs` where they started at `fromS` or later: seconds since 1970. */
export interface RunsAhead {
  readonly untilMs: bigint;
  readonly fromS: number;
}

/** Milliseconds since 1970. */
export interface SettledMs {
  /** Nothing will ever appear that changed until then. */
  readonly certainMs: bigint;
  /** All can be seen that this process wrote until then; another server may bring more of before. Not before `certainMs`. */
  readonly visibleMs: bigint;
}

export interface RunsProgressToRecord {
  readonly generation: number;
  /** All rows of `ai_spans` that changed until then are known in `runs`. Milliseconds since 1970; 0 for nothing. */
  readonly untilMs: bigint;
  /** Rows that changed until then are known as far as they could be seen. `untilMs` where it is not given. */
  readonly seenMs?: bigint | undefined;
  /** What is known beyond, while much is put together. */
  readonly ahead?: RunsAhead | undefined;
  /** Traces that changed before, and are to be settled again later: at most a thousand, with about when they began (nanoseconds since 1970). */
  readonly waiting?: readonly {
    readonly project: string;
    readonly traceId: string;
    readonly from: bigint;
  }[];
  /** The first that is known of this generation: rows of older ones may go. */
  readonly isFirst?: boolean;
}

/**
 * Where telemetry is kept. Two engines implement it (embedded chDB, ClickHouse over HTTP, the latter also on a cluster)
 * and pass one contract suite. Methods may be called concurrently; all throw StoreError.
 */
export interface TelemetryStore {
  readonly engine: { readonly kind: 'embedded' | 'clickhouse'; readonly version: string };

  /** Brings the schema to this version: forward only, safe to interrupt and to run from several servers. */
  migrate(): Promise<void>;

  /** Loads a whole segment, or nothing. Resolves when its rows are visible to `query` and durable. Idempotent by token. */
  load(segment: SegmentFile): Promise<{ readonly rows: number }>;

  /**
   * Sets what models cost, pair by pair; an empty list takes the prices away. Spans that are loaded afterwards have their cost
   * from it.
   */
  putPrices(rows: readonly ModelPrices[]): Promise<void>;

  /** Computes the cost of stored spans by the prices of now; what has no price gets the reported cost. */
  priceSpans(spans: SpansToPrice): Promise<void>;

  /**
   * Applies today's conventions to a day of stored rows, and makes anew what follows from them. Nothing may be loaded meanwhile, by any
   * server. Interrupted, the day is whole: as before, or as after.
   */
  rederiveDay(day: DayToRederive): Promise<void>;

  /** How far what changed in `ai_spans` can be seen, by its `changed_time`. */
  settledMs(): Promise<SettledMs>;

  /** Writes runs; a later one of the same trace replaces the one before. Durable and visible when it resolves. */
  putRuns(runs: RunsToPut): Promise<void>;

  /** Adds what the SELECT gives to `run_sums`, which holds what can be made of `runs`. */
  deriveRunSums(rows: RunSumsToDerive): Promise<void>;

  /** Takes away what `run_sums` holds of these runs. */
  forgetRunSums(sums: RunSumsToForget): Promise<void>;

  /** Writes who called whom in parts of the time. Parts that were forgotten after `version` stay so. */
  putServiceEdges(edges: ServiceEdgesToPut): Promise<void>;

  nextEdgeVersion(): Promise<bigint>;

  /** Takes away the parts that hold any of these five minutes. */
  forgetServiceEdges(edges: ServiceEdgesToForget): Promise<void>;

  /** Notes how far `runs` goes. A rederived day begins a new generation, of which nothing is known. */
  recordRunsProgress(progress: RunsProgressToRecord): Promise<void>;

  /**
   * Takes a trace away, with its logs, scores and the texts that no other trace uses; counts over time stay. Nothing may be loaded
   * meanwhile, by any server. Interrupted, it can be called again.
   */
  deleteTrace(trace: TraceToDelete): Promise<void>;

  /**
   * Takes away every item of the project whose resource carries the demo's mark, and what was made of it: traces, logs, scores, texts, metrics, counts over
   * time. Nothing may be loaded meanwhile, by any server. Interrupted, it can be called again. Names of attributes stay among the suggestions.
   */
  deleteDemo(demo: DemoToDelete): Promise<void>;

  /**
   * Writes scores. A later one of the same project, id and `timeNanos` replaces the one before; `isDeleted` takes it away. Durable and
   * visible when it resolves.
   */
  putScores(rows: readonly ScoreRow[]): Promise<void>;

  /**
   * Runs one read-only statement. Rows come as objects, 64-bit integers as strings, numbers that JSON has not as
   * `"nan"`, `"inf"`, `"-inf"`. A Map comes as an object, whose integer-like keys JavaScript reorders: where order
   * counts, select `mapKeys` and `mapValues`.
   */
  query<Row>(statement: Statement, options?: QueryOptions): Promise<QueryResult<Row>>;

  /**
   * As `query`, in the engine's RowBinary, which `row-binary.ts` reads: for answers of megabytes, of which writing and parsing JSON would be most of the
   * time. No more than `resultRowsMax` rows; there is no telling whether there were more.
   */
  queryBinary(statement: Statement, options?: QueryOptions): Promise<Uint8Array>;

  /**
   * Runs what somebody typed: a SELECT over the store's own tables, EXPLAIN of one, SHOW TABLES or DESCRIBE. It may consist of what lists name (see
   * `clickhouse/typed-sql`), and sees the rows of the project only. Its share is `sql`.
   */
  queryUntrusted<Row>(
    statement: UntrustedStatement,
    options?: Omit<QueryOptions, 'share'>,
  ): Promise<QueryResult<Row>>;

  /**
   * The conditions on one table that a statement for `queryUntrusted` writes as `column = 'text'` or `column IN ('a', 'b')`: the values of each column. Empty where the
   * statement cannot be read.
   */
  equalitiesOf(sql: string): ReadonlyMap<string, readonly string[]>;

  /** What runs and waits in each share now. */
  queue(): readonly QueueState[];

  /** Rows and bytes on disk per table. */
  usage(): Promise<readonly { readonly name: string; readonly rows: number; readonly bytes: number }[]>;

  /**
   * Drops what is older than the retention, and the oldest partitions while the store is over `capBytes`. Today's stay, so that more than the
   * cap may be left.
   */
  enforceRetention(policy: RetentionPolicy): Promise<{ readonly bytesLeft: number }>;

  /** Names of tables that the store should have and has not. */
  missingTables(): Promise<readonly string[]>;

  /** Compares what the engine has with what it is known to have had. What `verify` found last is in it. */
  inspect(): Promise<StoreCondition>;

  /** Notes what was stored since, which costs a fifth of `inspect`. False where only `inspect` can tell how things are; nothing is noted then. */
  noteNew(): Promise<boolean>;

  /**
   * Reads everything that is stored and compares it with its checksums, a table's day at a time. `pause` is told after each how long it took, and
   * resolves with false to end it.
   */
  verify(pause: (workedMs: number) => Promise<boolean>): Promise<void>;

  /**
   * Takes what is damaged as lost: parts that cannot be read are set aside, so that questions over the others have answers, and `inspect` no longer tells of
   * them. Resolves with what was accepted. The embedded engine only: `refused` by others.
   */
  acceptDamage(): Promise<readonly DamagedPart[]>;

  close(): Promise<void>;
}

export interface RetentionPolicy {
  readonly days: Readonly<Record<TelemetrySignal, number>>;
  /** Upper bound of the store's size on disk; null for none. */
  readonly capBytes: number | null;
}

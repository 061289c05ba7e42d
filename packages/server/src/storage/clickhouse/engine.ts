import { defaultQueryLimits, StoreError } from '../telemetry-store.ts';

/** What the store needs of a ClickHouse, wherever it runs. Both engines throw StoreError. */
export interface ClickHouseEngine {
  readonly kind: 'embedded' | 'clickhouse';
  readonly version: string;
  readonly nodes: NodeLayout;
  /** Where the tables are. Statements name them without it, except what runs on other nodes or in the background. */
  readonly database: string;
  /** Threads that a statement takes where nothing else is said: as many as the machine has cores. */
  readonly threads: number;

  /** One statement without a result, on every node that must have it (see NodeLayout). */
  command(sql: string): Promise<void>;

  /** One INSERT that carries its rows, on any one node. */
  insert(sql: string): Promise<void>;

  /** One SELECT. `settings` hold for this query only; parameters are bound by the engine and never enter the text. It is ended when `signal` is aborted. */
  select(request: SelectRequest): Promise<SelectAnswer>;

  /** The same in RowBinary. */
  selectBinary(request: SelectRequest): Promise<Uint8Array>;

  /** Runs `insert(source)`, where `source` is a table expression that reads the bytes. */
  insertBytes(request: InsertBytesRequest): Promise<void>;

  /** Waits for what runs, then lets go of everything. */
  close(): Promise<void>;
}

/**
 * `single`: one node holds everything. `cluster`: rows live in `…_local` tables of each node and are reached through
 * Distributed tables. Statements reach every node by ON CLUSTER, or by being sent to each URL where more than one is given.
 */
export type NodeLayout =
  | { readonly kind: 'single' }
  | {
      readonly kind: 'cluster';
      readonly cluster: string;
      readonly onCluster: boolean;
      readonly replicated: boolean;
    };

export type EngineSettings = Readonly<Record<string, string | number>>;

export interface SelectRequest {
  readonly sql: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly settings: EngineSettings;
  /** Of the answer's text: it is parsed at once, while nothing else is done. */
  readonly textBytesMax?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /**
   * Whether somebody typed it. Such a statement runs with `readonly = 1`, which takes functions in FROM that reach outside and every change of a setting from it,
   * in a session of its own, and on a server as the user that may only read, where one is given.
   */
  readonly isTyped?: boolean;
}

/** The engine's `JSON` format. */
export interface SelectAnswer {
  readonly meta: readonly { readonly name: string; readonly type: string }[];
  readonly data: readonly unknown[];
  readonly statistics?: { readonly elapsed: number; readonly rows_read: number; readonly bytes_read: number };
}

/** The engine counts a value that all rows share once, so its own limit does not bound the text. */
export function parseAnswer(
  { byteLength, text }: { readonly byteLength: number; readonly text: () => string },
  { textBytesMax }: Pick<SelectRequest, 'textBytesMax'>,
): SelectAnswer {
  if (byteLength > (textBytesMax ?? defaultQueryLimits.resultBytesMax))
    throw new StoreError('limit', 'The answer is larger than it may be.', { limit: 'rows' });
  return JSON.parse(text()) as SelectAnswer;
}

export interface InsertBytesRequest {
  /** One after the other. Where the engine reads them from a file, this list is emptied when they are in it, so that nobody keeps them while the engine works. */
  readonly bytes: Uint8Array[];
  readonly format: InsertFormat;
  /** Columns of it as a table function takes them. */
  readonly structure: string;
  readonly insert: (source: string) => string;
  readonly settings: EngineSettings;
}

/** Of Protobuf the .proto that describes the bytes, and which of its messages they repeat. */
export type InsertFormat =
  | { readonly name: 'Native' }
  | { readonly name: 'Protobuf'; readonly proto: string; readonly message: string };

/** A SQL string literal. */
export function literal(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}

export function settingsSql(settings: EngineSettings): string {
  return Object.entries(settings)
    .map(([name, value]) => `${name} = ${typeof value === 'number' ? value : literal(value)}`)
    .join(', ');
}

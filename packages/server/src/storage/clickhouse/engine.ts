import type { PlannedLoad } from '../telemetry-store.ts';

/** What the store needs of a ClickHouse, wherever it runs. Both engines throw StoreError. */
export interface ClickHouseEngine {
  readonly kind: 'embedded' | 'clickhouse';
  readonly version: string;
  readonly nodes: NodeLayout;
  /** Where the tables are. Statements name them without it, except what runs on other nodes or in the background. */
  readonly database: string;

  /** One statement without a result, on every node that must have it (see NodeLayout). */
  command(sql: string): Promise<void>;

  /** One INSERT that carries its rows, on any one node. */
  insert(sql: string): Promise<void>;

  /** One SELECT. `settings` hold for this query only; parameters are bound by the engine and never enter the text. */
  select(request: SelectRequest): Promise<SelectAnswer>;

  /** The same in RowBinary. */
  selectBinary(request: SelectRequest): Promise<Uint8Array>;

  /** Runs `insert(source)`, where `source` is a table expression that reads the bytes. */
  insertBytes(request: InsertBytesRequest): Promise<void>;

  /** Plans the same statement at once, for bytes that come later. Undefined where the engine cannot wait for them, or waits for enough others. */
  planInsert(request: PlanInsertRequest): PlannedLoad | undefined;

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

export interface PlanInsertRequest {
  /** The .proto that describes the bytes, and which of its messages they repeat. */
  readonly schema: { readonly proto: string; readonly message: string };
  /** Columns of it as a table function takes them. */
  readonly structure: string;
  readonly insert: (source: string) => string;
  readonly settings: EngineSettings;
}

export interface InsertBytesRequest extends PlanInsertRequest {
  readonly bytes: Uint8Array;
}

/** A SQL string literal. */
export function literal(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}

export function settingsSql(settings: EngineSettings): string {
  return Object.entries(settings)
    .map(([name, value]) => `${name} = ${typeof value === 'number' ? value : literal(value)}`)
    .join(', ');
}

/** Datasets and experiments as the server tells them. The package brings its own types: that of the server's API is not published. */

export interface DatasetItem {
  readonly id: string;
  readonly input: unknown;
  /** null: nothing is expected. */
  readonly expected: unknown;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly split: string;
  readonly source: { readonly traceId: string; readonly spanId: string | null } | null;
}

export interface DatasetItemInput {
  /** Your own id: an item that has it already is changed. */
  readonly id?: string;
  readonly input: unknown;
  readonly expected?: unknown;
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly split?: string;
  readonly source?: { readonly traceId: string; readonly spanId?: string };
}

export interface AddedItems {
  readonly version: number;
  readonly added: number;
  readonly changed: number;
  readonly unchanged: number;
  /** Left out, since an item has the same input. */
  readonly duplicates: number;
  readonly itemCount: number;
}

export interface ExperimentScore {
  readonly value: number | null;
  readonly label: string | null;
  readonly comment: string | null;
}

export interface ExperimentSummary {
  readonly id: string;
  readonly name: string;
  readonly dataset: string;
  readonly datasetVersion: number;
  readonly split: string;
  readonly repeats: number;
  readonly concurrency: number;
  readonly state: 'running' | 'done' | 'stopped' | 'failed';
  readonly planned: number;
  readonly results: number;
  readonly errors: number;
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
  /** Of the results whose cost is known. */
  readonly costUsd: number | null;
  readonly unpricedResults: number;
  readonly inputTokens: number | null;
  readonly outputTokens: number | null;
  readonly scores: readonly {
    readonly name: string;
    readonly count: number;
    readonly average: number | null;
    /** Labelled `pass`; null where nothing is labelled so or `fail`. */
    readonly passed: number | null;
  }[];
}

/** One of the server's evaluators with its settings, as docs/datasets.md and docs/scores.md name them. */
export interface ServerEvaluator {
  readonly type:
    | 'expected'
    | 'stored'
    | 'exact'
    | 'regex'
    | 'json_schema'
    | 'latency'
    | 'cost'
    | 'groundedness'
    | 'refusal'
    | 'language';
  readonly [setting: string]: unknown;
}

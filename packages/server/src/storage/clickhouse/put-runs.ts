/** Writes rows of `runs`, as a block of columns: what they hold is decided where they are made. */
import type { RunsToPut, StoredCall, StoredRun } from '../telemetry-store.ts';
import { backgroundSettings } from './background-settings.ts';
import type { ClickHouseEngine } from './engine.ts';
import { type Column, nativeBlock } from './load/native-columns.ts';
import {
  arrayColumn,
  countColumn,
  idColumn,
  knownColumn,
  textColumn,
  tupleColumn,
  wideColumn,
} from './load/value-columns.ts';

/** A column of the table, and how it is made of the rows. */
type Maker<Item> = readonly [column: string, make: (items: readonly Item[]) => Column];

const text = <Item>(column: string, value: (item: Item) => string): Maker<Item> => [
  column,
  (items) => textColumn(items.map(value)),
];
const number = <Item>(column: string, value: (item: Item) => number | bigint): Maker<Item> => [
  column,
  (items) =>
    wideColumn(
      items.map((item) => BigInt(value(item))),
      'UInt64',
    ),
];
const nanos = <Item>(column: string, value: (item: Item) => bigint): Maker<Item> => [
  column,
  (items) => wideColumn(items.map(value), 'Int64'),
];
const small = <Item>(column: string, value: (item: Item) => number | boolean): Maker<Item> => [
  column,
  (items) =>
    countColumn(
      items.map((item) => Number(value(item))),
      8,
    ),
];
const known = <Item>(column: string, value: (item: Item) => number | null): Maker<Item> => [
  column,
  (items) => knownColumn(items.map(value)),
];
const texts = (column: string, value: (run: StoredRun) => readonly string[]): Maker<StoredRun> => [
  column,
  (runs) => arrayColumn(runs.map(value), textColumn),
];

interface Used {
  readonly inputTokens: number | null;
  readonly outputTokens: number | null;
  readonly cacheReadTokens: number | null;
  readonly cacheWriteTokens: number | null;
  readonly reasoningTokens: number | null;
  readonly costUsd: number | null;
}
const used = <Item extends Used>(): readonly Maker<Item>[] => [
  known('input_tokens', ({ inputTokens }) => inputTokens),
  known('output_tokens', ({ outputTokens }) => outputTokens),
  known('cache_read_tokens', ({ cacheReadTokens }) => cacheReadTokens),
  known('cache_write_tokens', ({ cacheWriteTokens }) => cacheWriteTokens),
  known('reasoning_tokens', ({ reasoningTokens }) => reasoningTokens),
  known('cost_usd', ({ costUsd }) => costUsd),
];

const runColumns: readonly Maker<StoredRun>[] = [
  nanos('end_nanos', ({ endNanos }) => endNanos),
  text('name', ({ name }) => name),
  text('operation', ({ operation }) => operation),
  text('service', ({ service }) => service),
  text('service_version', ({ version }) => version),
  text('environment', ({ environment }) => environment),
  small('status_code', ({ statusCode }) => statusCode),
  text('first_agent', ({ agent }) => agent),
  number('steps', ({ steps }) => steps),
  number('llm_calls', ({ llmCalls }) => llmCalls),
  number('tool_calls', ({ toolCalls }) => toolCalls),
  number('error_count', ({ errorCount }) => errorCount),
  small('is_failed', ({ isFailed }) => isFailed),
  text('session_id', ({ sessionId }) => sessionId),
  text('user_id', ({ userId }) => userId),
  texts('session_ids', ({ sessionIds }) => sessionIds),
  texts('user_ids', ({ userIds }) => userIds),
  texts('environment_names', ({ environmentNames }) => environmentNames),
  texts('mentioned_models', ({ mentionedModels }) => mentionedModels),
  texts('tool_names', ({ toolNames }) => toolNames),
  texts('agent_names', ({ agentNames }) => agentNames),
  texts('service_names', ({ serviceNames }) => serviceNames),
  texts('version_names', ({ versionNames }) => versionNames),
  texts('model_names', ({ modelNames }) => modelNames),
  [
    'billed_models',
    (runs) =>
      arrayColumn(
        runs.map((run) => run.billedModels),
        billedColumn,
      ),
  ],
  ...used<StoredRun>(),
  number('unpriced_calls', ({ unpricedCalls }) => unpricedCalls),
  text('question', ({ question }) => question),
  text('answer', ({ answer }) => answer),
];

function billedColumn(billed: StoredRun['billedModels']): Column {
  return tupleColumn([
    textColumn(billed.map(([provider]) => provider)),
    textColumn(billed.map(([, model]) => model)),
    knownColumn(billed.map(([, , costUsd]) => costUsd)),
  ]);
}

const sharedParts: readonly Maker<StoredCall>[] = [
  [
    'span_id',
    (calls) =>
      idColumn(
        calls.map(({ spanId }) => spanId),
        8,
      ),
  ],
  nanos('start', ({ startNanos }) => startNanos),
  number('duration', ({ durationNs }) => durationNs),
  text('operation', ({ operation }) => operation),
  text('name', ({ name }) => name),
  text('service', ({ service }) => service),
  text('version', ({ version }) => version),
  text('environment', ({ environment }) => environment),
  text('model', ({ model }) => model),
  text('agent', ({ agent }) => agent),
  text('tool', ({ tool }) => tool),
  small('is_error', ({ isError }) => isError),
];
const modelParts: readonly Maker<StoredCall>[] = [
  ...sharedParts,
  text('provider', ({ provider }) => provider),
  text('prompt', ({ prompt }) => prompt),
  known('ttft', ({ ttftMs }) => ttftMs),
  small('is_counted', ({ isCounted }) => isCounted),
  small('is_unpriced', ({ isUnpriced }) => isUnpriced),
  ...used<StoredCall>(),
];

interface Nested {
  readonly name: 'calls' | 'other_calls';
  readonly parts: readonly Maker<StoredCall>[];
  readonly of: (run: StoredRun) => readonly StoredCall[];
}
const nested: readonly Nested[] = [
  { name: 'calls', parts: modelParts, of: ({ calls }) => calls },
  { name: 'other_calls', parts: sharedParts, of: ({ otherCalls }) => otherCalls },
];

const tableColumns = [
  'project, generation, trace_id, version, is_deleted, start_time, last_time',
  ...runColumns.map(([column]) => column),
  ...nested.flatMap(({ name, parts }) => parts.map(([part]) => `\`${name}.${part}\``)),
].join(', ');

const select = [
  `project_, generation_, trace_, toUInt64(toUnixTimestamp64Milli(now64(3))), deleted_, fromUnixTimestamp64Nano(start_, 'UTC'), fromUnixTimestamp64Nano(last_, 'UTC')`,
  ...runColumns.map(([column]) => `${column}_`),
  ...nested.flatMap(({ name, parts }) => parts.map(([part]) => `${name}_${part}`)),
].join(', ');

const settings = {
  insert_deduplicate: 0,
  ...backgroundSettings,
  max_partitions_per_insert_block: 0,
  distributed_foreground_insert: 1,
};
/** Runs and calls of one statement: what is not sent yet is held in memory. */
const itemsMax = 100_000;

export async function putRuns(
  engine: ClickHouseEngine,
  { project, generation, runs, vacated }: RunsToPut,
): Promise<void> {
  const put = async (some: readonly StoredRun[], isDeleted: boolean): Promise<void> => {
    if (some.length === 0) return;
    const { parts, structure } = nativeBlock(
      columnsOf({ project, generation, isDeleted }, some),
      some.length,
    );
    await engine.insertBytes({
      bytes: [...parts],
      format: { name: 'Native' },
      structure,
      insert: (source) => `INSERT INTO runs (${tableColumns}) SELECT ${select} FROM ${source}`,
      settings,
    });
  };
  let some: StoredRun[] = [];
  let items = 0;
  for (const run of runs) {
    some.push(run);
    items += 1 + run.calls.length + run.otherCalls.length;
    if (items < itemsMax) continue;
    await put(some, false);
    [some, items] = [[], 0];
  }
  await put(some, false);
  await put(
    vacated.map((place) => ({ ...nothing, ...place })),
    true,
  );
}

interface Shared {
  readonly project: string;
  readonly generation: number;
  readonly isDeleted: boolean;
}

function columnsOf(
  { project, generation, isDeleted }: Shared,
  runs: readonly StoredRun[],
): Readonly<Record<string, Column>> {
  const columns: Record<string, Column> = {
    project_: textColumn(runs.map(() => project)),
    generation_: countColumn(
      runs.map(() => generation),
      32,
    ),
    trace_: idColumn(
      runs.map(({ traceId }) => traceId),
      16,
    ),
    deleted_: countColumn(
      runs.map(() => Number(isDeleted)),
      8,
    ),
    start_: wideColumn(
      runs.map(({ startNanos }) => startNanos),
      'Int64',
    ),
    last_: wideColumn(
      runs.map(({ lastNanos }) => lastNanos),
      'Int64',
    ),
  };
  for (const [column, make] of runColumns) columns[`${column}_`] = make(runs);
  for (const { name, parts, of } of nested) {
    const calls = runs.map(of);
    for (const [part, make] of parts) columns[`${name}_${part}`] = arrayColumn(calls, make);
  }
  return columns;
}

/** Of a run that is taken away only its place is read. */
const nothing: Omit<StoredRun, 'traceId' | 'startNanos' | 'lastNanos'> = {
  endNanos: 0n,
  name: '',
  operation: '',
  service: '',
  version: '',
  environment: '',
  statusCode: 0,
  agent: '',
  steps: 0,
  llmCalls: 0,
  toolCalls: 0,
  errorCount: 0,
  isFailed: false,
  sessionId: '',
  userId: '',
  sessionIds: [],
  userIds: [],
  environmentNames: [],
  mentionedModels: [],
  toolNames: [],
  agentNames: [],
  serviceNames: [],
  versionNames: [],
  modelNames: [],
  billedModels: [],
  inputTokens: null,
  outputTokens: null,
  cacheReadTokens: null,
  cacheWriteTokens: null,
  reasoningTokens: null,
  costUsd: null,
  unpricedCalls: 0,
  question: '',
  answer: '',
  calls: [],
  otherCalls: [],
};

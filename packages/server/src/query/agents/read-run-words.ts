/** Reads what was asked and answered in runs, from the few spans that can tell it. */
import type { MessageLog } from '@sightline/schema/conventions';
import { ownAttributes } from '../decode-span.ts';
import type { Reader } from '../reader.ts';
import { withTexts } from '../restore-texts.ts';
import { idsByHex, idsMax } from '../sql/ids-sql.ts';
import { messageLogsAmong } from '../sql/message-logs-sql.ts';
import { inRange } from '../sql/range-sql.ts';
import { sql, uint } from '../sql/sql.ts';
import type { Window } from '../time-range.ts';
import { tracesByHex } from '../sql/trace-summary-sql.ts';
import { payloadColumns, type PayloadRow, readPayload, storedColumns } from './conversation/payload-rows.ts';
import { eventsOf, readLogMessages } from './conversation/read-messages.ts';
import type { DescribedRun } from './describe-run.ts';
import { type RunNode, type RunTree, stepsOf } from './run-tree.ts';
import { type RunWords, type WordSource, wordsOf } from './run-words.ts';

/** Of a run the first and the last calls of models are read: a call between them that only asks for a tool has no words. */
const callsAtEachEnd = 3;
/** A span with more says it elsewhere as well. */
const payloadBytesMax = 1 << 20;
/** Of the spans of one statement: the words of the others are left out. */
const batchBytesMax = 128 << 20;
/** Runs whose words are read at once. */
const runsAtOnce = 3_000;

/** The spans of a run that may say what was asked and answered. */
export interface RunSpeakers {
  readonly traceId: string;
  /** Calls of models, in the order of their start. */
  readonly calls: readonly RunNode[];
  readonly around: readonly RunNode[];
}

export function speakersOf(tree: RunTree, run: DescribedRun): RunSpeakers {
  const steps = stepsOf(tree);
  const calls = steps.filter(({ operation }) => operation === 'llm');
  const ends =
    calls.length <= 2 * callsAtEachEnd
      ? calls
      : [...calls.slice(0, callsAtEachEnd), ...calls.slice(-callsAtEachEnd)];
  const outer = steps.filter(({ depth, operation }) => depth === 0 && operation !== 'llm');
  const around = new Set(
    [run.head, ...outer.slice(0, callsAtEachEnd)].filter(({ operation }) => operation !== 'llm'),
  );
  return { traceId: tree.traceId, calls: ends, around: [...around] };
}

/** By trace id. All spans of the runs lie within the window. */
export async function readRunWords(
  reader: Reader,
  runs: readonly RunSpeakers[],
  window: Window,
): Promise<ReadonlyMap<string, RunWords>> {
  const words = new Map<string, RunWords>();
  for (const some of batchesOf(runs)) {
    const sources = await readSources(reader, some, window);
    const silent: string[] = [];
    const tell = (logs?: ReadonlyMap<string, MessageLog[]>): void => {
      for (const { traceId, calls, around } of some) {
        const of = (node: RunNode): readonly WordSource[] => {
          const key = traceId + node.spanId;
          const said = {
            ...sources.get(key),
            ...(logs?.has(key) === true ? { logs: logs.get(key) ?? [] } : {}),
          };
          return [{ operation: node.operation, source: { name: node.name, attributes: {}, ...said } }];
        };
        const line = wordsOf(calls.flatMap(of), around.flatMap(of));
        words.set(traceId, line);
        if (calls.length > 0 && (line.question === '' || line.answer === '')) silent.push(traceId);
      }
    };
    tell();
    if (silent.length === 0) continue;
    const among = sql`trace_id IN (${tracesByHex(silent)})`;
    const logs = await readLogMessages(reader, messageLogsAmong(reader.project, window, among));
    if (logs.size > 0) tell(logs);
  }
  return words;
}

function* batchesOf(runs: readonly RunSpeakers[]): Iterable<readonly RunSpeakers[]> {
  let some: RunSpeakers[] = [];
  let spans = 0;
  for (const run of runs) {
    some.push(run);
    spans += run.calls.length + run.around.length;
    if (some.length < runsAtOnce && spans < idsMax) continue;
    yield some;
    [some, spans] = [[], 0];
  }
  if (some.length > 0) yield some;
}

type Source = Omit<WordSource['source'], 'name'>;

async function readSources(
  reader: Reader,
  runs: readonly RunSpeakers[],
  window: Window,
): Promise<ReadonlyMap<string, Source>> {
  const spanIds = new Set(
    runs.flatMap(({ calls, around }) => [...calls, ...around].map(({ spanId }) => spanId)),
  );
  if (spanIds.size === 0) return new Map();
  const traceIds = runs.map(({ traceId }) => traceId);
  const answer = await reader.binary(sql`
    SELECT trace_id, ${payloadColumns} FROM (
      SELECT trace_id, ${storedColumns}, arraySum(value -> length(value), mapValues(long_attributes)) AS payloadBytes,
        sum(payloadBytes) OVER (ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS readBytes
      FROM spans
      WHERE ${inRange(reader.project, 'spans', window)} AND trace_id IN (${tracesByHex(traceIds)})
        AND span_id IN (${idsByHex([...spanIds], 8)})
        AND arraySum(value -> length(value), mapValues(long_attributes)) < ${uint(payloadBytesMax)})
    WHERE readBytes < ${uint(batchBytesMax)}`);
  const rows: (PayloadRow & { readonly traceId: string })[] = [];
  while (!answer.isAtEnd) rows.push({ traceId: answer.hex(16), ...readPayload(answer) });
  const sources = new Map<string, Source>();
  for (const row of await withTexts(reader, rows))
    sources.set(row.traceId + row.spanId, { attributes: ownAttributes(row), events: eventsOf(row) });
  return sources;
}

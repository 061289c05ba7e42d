/** Reads what was asked and answered in runs, from the few spans that can tell it. */
import type { MessageLog } from '@sightline/schema/conventions';
import { ownAttributes } from '../decode-span.ts';
import type { Reader } from '../reader.ts';
import { withTexts } from '../restore-texts.ts';
import { idsByHex } from '../sql/ids-sql.ts';
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
const batchBytesMax = 64 << 20;
/** Runs of one statement: each names a handful of spans. */
const runsAtOnce = 1_000;

export interface ToldRun {
  readonly tree: RunTree;
  readonly run: DescribedRun;
}

/** By trace id. All spans of the runs lie within the window. */
export async function readRunWords(
  reader: Reader,
  runs: readonly ToldRun[],
  window: Window,
): Promise<ReadonlyMap<string, RunWords>> {
  const words = new Map<string, RunWords>();
  for (let at = 0; at < runs.length; at += runsAtOnce) {
    const some = runs.slice(at, at + runsAtOnce).map((told) => ({ told, ...speakersOf(told) }));
    const nodes = some.flatMap(({ calls, around }) => [...calls, ...around]);
    const wanted = { traceIds: some.map(({ told }) => told.run.traceId), nodes, window };
    const sources = await readSources(reader, wanted);
    const silent: string[] = [];
    const tell = (logs?: ReadonlyMap<string, MessageLog[]>): void => {
      for (const { told, calls, around } of some) {
        const { traceId } = told.run;
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

interface Speakers {
  readonly calls: readonly RunNode[];
  readonly around: readonly RunNode[];
}

function speakersOf({ tree, run }: ToldRun): Speakers {
  const calls = stepsOf(tree).filter(({ operation }) => operation === 'llm');
  const ends =
    calls.length <= 2 * callsAtEachEnd
      ? calls
      : [...calls.slice(0, callsAtEachEnd), ...calls.slice(-callsAtEachEnd)];
  const outer = stepsOf(tree).filter(({ depth, operation }) => depth === 0 && operation !== 'llm');
  const around = new Set(
    [run.head, ...outer.slice(0, callsAtEachEnd)].filter(({ operation }) => operation !== 'llm'),
  );
  return { calls: ends, around: [...around] };
}

type Source = Omit<WordSource['source'], 'name'>;

async function readSources(
  reader: Reader,
  {
    traceIds,
    nodes,
    window,
  }: { readonly traceIds: readonly string[]; readonly nodes: readonly RunNode[]; readonly window: Window },
): Promise<ReadonlyMap<string, Source>> {
  if (nodes.length === 0) return new Map();
  const answer = await reader.binary(sql`
    SELECT trace_id, ${payloadColumns} FROM (
      SELECT trace_id, ${storedColumns}, arraySum(value -> length(value), mapValues(long_attributes)) AS payloadBytes,
        sum(payloadBytes) OVER (ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS readBytes
      FROM spans
      WHERE ${inRange(reader.project, 'spans', window)} AND trace_id IN (${tracesByHex(traceIds)})
        AND span_id IN (${idsByHex([...new Set(nodes.map(({ spanId }) => spanId))], 8)})
        AND arraySum(value -> length(value), mapValues(long_attributes)) < ${uint(payloadBytesMax)})
    WHERE readBytes < ${uint(batchBytesMax)}`);
  const rows: (PayloadRow & { readonly traceId: string })[] = [];
  while (!answer.isAtEnd) rows.push({ traceId: answer.hex(16), ...readPayload(answer) });
  const sources = new Map<string, Source>();
  for (const row of await withTexts(reader, rows))
    sources.set(row.traceId + row.spanId, { attributes: ownAttributes(row), events: eventsOf(row) });
  return sources;
}

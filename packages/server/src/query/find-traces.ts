import type { TracesParameters, TracesResponse, TraceSummary } from '@sightline/schema/api';
import { type PageStart, startListPage, writeCursor } from './cursor.ts';
import { decodeCost, decodeTime, nanosToMs, textOrNull } from './decode-row.ts';
import { readQ } from './filter/read-condition.ts';
import { type QueryContext, Reader } from './reader.ts';
import { readUsage, type TraceUsage } from './read-usage.ts';
import type { SummaryRow } from './sql/trace-summary-sql.ts';
import { collectTraces } from './trace-window.ts';

/**
 * Traces with a span in the range (one that meets the filter, if there is one), ordered by their first span in the range,
 * the newest first.
 */
export async function findTraces(
  context: QueryContext,
  parameters: TracesParameters,
): Promise<TracesResponse> {
  const { cursor: _cursor, limit, q, ...rest } = parameters;
  const query = { q, ...rest };
  const filter = readQ(q, 'traces', context.clock);
  const page: PageStart = startListPage(['traces', query], parameters, context.clock);
  const reader = new Reader(context);
  await reader.settle();
  const { placed, snapshot } = await collectTraces(reader, {
    request: { ...rest, filter },
    page,
    limit: limit + 1,
  });
  const traces = placed.slice(0, limit);
  const usage = await readUsage(
    reader,
    traces.map(({ summary }) => summary),
  );
  const last = placed.length > limit ? traces.at(-1) : undefined;
  return {
    traces: traces.map(({ summary }) => decodeSummary(summary, usage.get(summary.traceId))),
    nextCursor:
      last === undefined
        ? null
        : writeCursor(['traces', query], { ...page, snapshot }, [last.key, last.summary.traceId]),
    ...reader.limitsMet,
  };
}

function decodeSummary(row: SummaryRow, usage: TraceUsage | undefined): TraceSummary {
  return {
    traceId: row.traceId,
    name: row.name,
    service: row.service,
    services: [...row.services],
    startTime: decodeTime(row.startText),
    durationMs: nanosToMs((BigInt(row.endNanos) - BigInt(row.startNanos)).toString()),
    spanCount: Number(row.spanCount),
    errorCount: Number(row.errorCount),
    inputTokens: usage?.inputTokens ?? null,
    outputTokens: usage?.outputTokens ?? null,
    costUsd: decodeCost(usage?.costUsd ?? null),
    unpricedCalls: usage?.unpricedCalls ?? 0,
    // A run says which of several counts.
    sessionId: textOrNull(usage?.sessionId ?? row.sessionId),
    userId: textOrNull(usage?.userId ?? row.userId),
    question: textOrNull(usage?.question ?? ''),
    answer: textOrNull(usage?.answer ?? ''),
    rootArrived: row.isChild === 0,
  };
}

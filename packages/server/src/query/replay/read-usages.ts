import { unixNano } from '@sightline/base';
import { readHeads } from '../evaluation/quiet-traces.ts';
import { type QueryContext, Reader } from '../reader.ts';
import { selectUsage, type UsageRow } from '../sql/trace-summary-sql.ts';

export interface TraceUsage {
  readonly costUsd: number | null;
  readonly tokens: number | null;
}

/** What these traces took, by trace id; those of which nothing is stored are left out. */
export async function readUsages(
  context: QueryContext,
  traceIds: readonly string[],
): Promise<ReadonlyMap<string, TraceUsage>> {
  const reader = new Reader(context);
  const heads = [...(await readHeads(reader, [...new Set(traceIds)]))];
  if (heads.length === 0) return new Map();
  const from = heads.map(([, { startNanos }]) => startNanos).reduce((a, b) => (a < b ? a : b));
  const to = heads.map(([, { endNanos }]) => endNanos).reduce((a, b) => (a > b ? a : b));
  const window = { from: unixNano(from), to: unixNano(to + 1n) };
  const rows = await reader.rows<UsageRow>(
    selectUsage(
      context.project,
      heads.map(([traceId]) => traceId),
      [window],
    ),
  );
  return new Map(
    rows.map(({ traceId, costUsd, inputTokens, outputTokens }) => [
      traceId,
      {
        costUsd: costUsd === null ? null : Number(costUsd),
        tokens:
          inputTokens === null && outputTokens === null
            ? null
            : Number(inputTokens ?? 0) + Number(outputTokens ?? 0),
      },
    ]),
  );
}

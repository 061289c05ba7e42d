/** Calls without a computed cost: those that came lately, for the price keeper, and those of a range, for the page that lists them. */
import type { UnpricedModel, UnpricedModelsResponse } from '@sightline/schema/api';
import { inferenceOperations, type PriceBook } from '@sightline/schema/conventions';
import type { TelemetryStore } from '../storage/telemetry-store.ts';
import { decodeTime } from './decode-row.ts';
import { type QueryContext, Reader } from './reader.ts';
import { inRange } from './sql/range-sql.ts';
import { type Sql, sql, trusted, uint } from './sql/sql.ts';
import { readListRange } from './time-range.ts';

/** Calls that are alike in all that decides whether they have a price. */
export interface UnpricedCalls {
  readonly project: string;
  readonly provider: string;
  readonly model: string;
  readonly serviceTier: string;
  readonly hasInput: boolean;
  readonly hasOutput: boolean;
}

interface Row extends Omit<UnpricedCalls, 'hasInput' | 'hasOutput'> {
  readonly hasInput: number;
  readonly hasOutput: number;
}

const alike = trusted(`project, provider, model, service_tier AS serviceTier,
  isNotNull(input_tokens) AS hasInput, isNotNull(output_tokens) AS hasOutput`);
const kindsMax = 5000;

/** What was stored within this time and has tokens, a model and no price. */
export async function findFreshUnpriced(
  store: Pick<TelemetryStore, 'query'>,
  withinMs: number,
): Promise<readonly UnpricedCalls[]> {
  const { rows } = await store.query<Row>(
    sql`SELECT DISTINCT ${alike} FROM ai_spans
      WHERE stored_time >= now64(3) - toIntervalMillisecond(${uint(withinMs)}) AND price_version = '' AND model != ''
        AND (input_tokens > 0 OR output_tokens > 0)
      LIMIT ${trusted(String(kindsMax))}`.toStatement(),
    { share: 'background' },
  );
  return rows.map(decodeKind);
}

/** Models of the project that were called without a price, those with most tokens first, and why they have none. */
export async function findUnpricedModels(
  context: QueryContext,
  parameters: { readonly from: string; readonly to: string },
  book: PriceBook,
): Promise<UnpricedModelsResponse> {
  const reader = new Reader(context);
  const range = readListRange(parameters, context.clock);
  const rows = await reader.rows<
    Row & { calls: string; tokens: number; reportedUsd: number; lastSeen: string }
  >(
    sql`SELECT ${alike}, count() AS calls, sum(toFloat64(ifNull(input_tokens, 0)) + toFloat64(ifNull(output_tokens, 0))) AS tokens,
        sum(if(ifNull(reported_cost_usd, 0) > 0, assumeNotNull(reported_cost_usd), 0)) AS reportedUsd, max(start_time) AS lastSeen
      FROM ai_spans WHERE ${inRange(context.project, 'spans', range)} AND price_version = '' AND ${isCall}
      GROUP BY ALL ORDER BY tokens DESC LIMIT ${uint(kindsMax + 1)}`,
  );
  if (rows.length > kindsMax)
    reader.meet({
      limit: 'rows',
      message: `The ${kindsMax} kinds of calls with the most tokens are shown, there are more.`,
    });
  const models = rows.slice(0, kindsMax).map((row) => {
    const { provider, model, calls, tokens, reportedUsd, lastSeen } = row;
    return {
      provider: provider === '' ? null : provider,
      model: model === '' ? null : model,
      serviceTier: row.serviceTier === '' ? null : row.serviceTier,
      calls: Number(calls),
      tokens,
      reportedCostUsd: reportedUsd,
      lastSeen: decodeTime(lastSeen),
      reason: reasonOf(book, row),
    };
  });
  return { models: mergeAlike(models), ...reader.limitsMet };
}

/** Which counts are missing decides why there is no price; where the reason is one, so is the line. */
function mergeAlike(models: readonly UnpricedModel[]): UnpricedModel[] {
  const merged = new Map<string, UnpricedModel>();
  for (const each of models) {
    const key = JSON.stringify([each.provider, each.model, each.serviceTier, each.reason]);
    const other = merged.get(key);
    merged.set(
      key,
      other === undefined
        ? each
        : {
            ...other,
            calls: other.calls + each.calls,
            tokens: other.tokens + each.tokens,
            reportedCostUsd: other.reportedCostUsd + each.reportedCostUsd,
            lastSeen: other.lastSeen > each.lastSeen ? other.lastSeen : each.lastSeen,
          },
    );
  }
  return [...merged.values()].toSorted((a, b) => b.tokens - a.tokens);
}

function reasonOf(book: PriceBook, row: Row): UnpricedModel['reason'] {
  if (row.model === '') return 'no_model';
  return whyUnpriced(book, decodeKind(row)) ?? 'priced_since';
}

/** A call that failed before it answered has neither tokens nor a price, and is not missing one. */
const isCall: Sql = trusted(
  `operation IN (${inferenceOperations.map((operation) => `'${operation}'`).join(', ')})
    AND (input_tokens > 0 OR output_tokens > 0 OR status_code != 2)`,
);

/** By a call of its kind: how many tokens does not matter to whether there is a price. */
export function whyUnpriced(book: PriceBook, kind: UnpricedCalls): ReturnType<PriceBook['whyUnpriced']> {
  return book.whyUnpriced({
    provider: kind.provider,
    model: kind.model,
    serviceTier: kind.serviceTier,
    timeMs: 0,
    inputTokens: kind.hasInput ? 1 : null,
    outputTokens: kind.hasOutput ? 1 : null,
  });
}

function decodeKind(row: Row): UnpricedCalls {
  const { project, provider, model, serviceTier } = row;
  return {
    project,
    provider,
    model,
    serviceTier,
    hasInput: row.hasInput === 1,
    hasOutput: row.hasOutput === 1,
  };
}

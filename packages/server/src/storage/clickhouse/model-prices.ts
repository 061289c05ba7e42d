import { formatNanos, unixNano } from '@sightline/base';
import { pricesJson, priceExpressions, pricesType } from '@sightline/schema/conventions';
import type { ModelPrices, SpansToPrice } from '../telemetry-store.ts';
import { type ClickHouseEngine, literal, settingsSql } from './engine.ts';
import { pricedColumns, pricesOfModel } from './load/steps-sql.ts';
import { isEmpty } from './own-rows.ts';
import { onCluster, physicalName } from './table-names.ts';

/** A statement stays below the engine's bound on its length, and below what Keeper carries. */
const pairsPerStatement = 400;

/** Writes prices to every node: `model_prices` is whole on each. Loads that begin afterwards use them. */
export async function writePrices(engine: ClickHouseEngine, rows: readonly ModelPrices[]): Promise<void> {
  for (let at = 0; at < rows.length; at += pairsPerStatement) {
    const lines = rows
      .slice(at, at + pairsPerStatement)
      .map(({ provider, model, prices }) => JSON.stringify([`${provider}\n${model}`, pricesJson(prices)]));
    const { nodes } = engine;
    const isCarried = nodes.kind === 'cluster' && nodes.onCluster;
    await engine.command(
      isCarried
        ? replaceStatement(onCluster(nodes), lines)
        : `INSERT INTO model_prices FORMAT JSONCompactEachRow ${lines.join('\n')}`,
    );
  }
}

const structure = `pair String, prices ${pricesType}`;

/** ON CLUSTER carries no INSERT, but a table that is made from what it held and what is new. */
export function replaceStatement(where: string, lines: readonly string[]): string {
  const added = `format(JSONCompactEachRow, ${literal(structure)}, ${literal(lines.join('\n'))})`;
  return `CREATE OR REPLACE TABLE model_prices ${where} (${structure}) ENGINE = Join(ANY, LEFT, pair)
    SETTINGS join_any_take_last_row = 1 AS
    SELECT * FROM model_prices WHERE pair NOT IN (SELECT pair FROM ${added})
    UNION ALL SELECT * FROM ${added}`;
}

/** Computes the cost of spans that are stored already, by the prices of now. Resolves when it is done. */
export async function priceSpans(engine: ClickHouseEngine, spans: SpansToPrice): Promise<void> {
  const table = physicalName('ai_spans', engine.nodes);
  const condition = conditionOf(spans);
  // Whoever names fresh ones has found some.
  const mayBeNone = spans.which === 'range' && engine.nodes.kind === 'single';
  if (mayBeNone && (await isEmpty(engine, `${table} WHERE ${condition}`))) return;
  const { usd, version } = priceExpressions(pricesOfModel(engine.database), pricedColumns);
  const settings = settingsSql({ mutations_sync: 2, allow_nondeterministic_mutations: 1 });
  await engine.command(
    `ALTER TABLE ${table} ${onCluster(engine.nodes)}
      UPDATE cost_usd = ifNull(${usd}, reported_cost_usd), price_version = ${version}, changed_time = now64(3, 'UTC')
      ${partitionOf(spans)} WHERE ${condition} SETTINGS ${settings}`,
  );
}

/** Of a range within a day, parts of other days are left alone: a change writes anew, or links, each that it looks at. */
function partitionOf(spans: SpansToPrice): string {
  if (spans.which !== 'range') return '';
  const [first, last] = [spans.from, spans.to - 1n].map((time) => formatNanos(unixNano(time)).slice(0, 10));
  return first === last ? `IN PARTITION ${literal(first ?? '')}` : '';
}

function conditionOf(spans: SpansToPrice): string {
  if (spans.which === 'range')
    return `project = ${literal(spans.project)}
      AND start_time >= fromUnixTimestamp64Nano(${spans.from}, 'UTC') AND start_time < fromUnixTimestamp64Nano(${spans.to}, 'UTC')`;
  const pairs = spans.pairs.map(({ provider, model }) => `(${literal(provider)}, ${literal(model)})`);
  return `price_version = '' AND stored_time >= now64(3) - toIntervalMillisecond(${Math.ceil(spans.storedWithinMs)})
    AND (provider, model) IN (${pairs.join(', ')})`;
}

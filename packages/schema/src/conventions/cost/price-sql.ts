import { sqlArray, sqlString } from '../sql-text.ts';
import type { PriceEntry } from './price-book.ts';
import type { PriceRow } from './price-row.ts';
import { standardTiers } from './service-tiers.ts';

/** Expressions over one row, in the types of the derived columns. */
export interface PriceSqlColumns {
  readonly provider: string;
  readonly model: string;
  /** DateTime or DateTime64, UTC. */
  readonly time: string;
  readonly inputTokens: string;
  readonly outputTokens: string;
  readonly cacheReadTokens: string;
  readonly cacheWriteTokens: string;
  readonly reasoningTokens: string;
  /** Text; standard unless given. */
  readonly serviceTier?: string;
}

export interface PriceSql {
  /** Nullable(Float64): the price of a call with one of the entries' models, NULL for any other. */
  readonly usd: string;
  /** String: which prices, '' where `usd` finds no entry. */
  readonly priceVersion: string;
}

const rateNames = ['input', 'output', 'cacheRead', 'cacheWrite', 'reasoning', 'request'] as const;

/**
 * The prices of the given models as ClickHouse expressions: what `priceOf` computes, for loading and for repricing
 * history. Meant for the pairs that a store holds, tens to hundreds; the catalogue's rules need TypeScript to resolve.
 * Without the parts that no derived column has: audio and one-hour cache writes.
 */
export function compilePriceSql(entries: readonly PriceEntry[], columns: PriceSqlColumns): PriceSql {
  if (entries.length === 0) return { usd: 'CAST(NULL AS Nullable(Float64))', priceVersion: `''` };
  const keys = sqlArray(entries.map((entry) => `${entry.provider}\n${entry.model}`));
  const positions = `[${entries.map((_, index) => index + 1).join(', ')}]`;
  const entry = `transform(concat(${columns.provider}, '\\n', ${columns.model}), ${keys}, ${positions}, 0)`;
  const rows = `[${entries.map((each) => `[${each.rows.map(rowTuple).join(', ')}]`).join(', ')}]`;
  const versions = sqlArray(entries.map((each) => each.priceVersion));
  return {
    usd: `arrayMap(c -> ${usdSql(entries)}, [tuple(${countsSql(columns)}, ${rows}[${entry}], ${entry})])[1]`,
    priceVersion: `${versions}[${entry}]`,
  };
}

const rowTuple = (row: PriceRow) =>
  `(${[row.validFrom, row.dayFrom, row.dayTo, row.inputAbove, ...rateNames.map((name) => row[name])].map(float).join(', ')})`;

/** One type for all, or the array's type would depend on the prices. */
const float = (value: number) => `toFloat64(${value})`;

/** c.1 seconds, c.2 second of day, c.3 input, c.4 output, c.5 cache read, c.6 cache write, c.7 reasoning, c.8 tier, c.9 rows, c.10 entry. */
function countsSql(columns: PriceSqlColumns): string {
  const count = (column: string) => `toFloat64(${column})`;
  const cacheRead = `least(ifNull(${count(columns.cacheReadTokens)}, 0), ifNull(${count(columns.inputTokens)}, 0))`;
  return [
    `toUnixTimestamp(${columns.time})`,
    `toUnixTimestamp(${columns.time}) % 86400`,
    count(columns.inputTokens),
    count(columns.outputTokens),
    cacheRead,
    `least(ifNull(${count(columns.cacheWriteTokens)}, 0), ifNull(${count(columns.inputTokens)}, 0) - ${cacheRead})`,
    `least(ifNull(${count(columns.reasoningTokens)}, 0), ifNull(${count(columns.outputTokens)}, 0))`,
    columns.serviceTier === undefined ? `''` : `lower(${columns.serviceTier})`,
  ].join(', ');
}

function usdSql(entries: readonly PriceEntry[]): string {
  const rate = Object.fromEntries(rateNames.map((name, index) => [name, `r.${index + 5}`]));
  const tokens =
    `(ifNull(c.3, 0) - c.5 - c.6) * ${rate['input']} + c.5 * ${rate['cacheRead']} + c.6 * ${rate['cacheWrite']}` +
    ` + (ifNull(c.4, 0) - c.7) * ${rate['output']} + c.7 * ${rate['reasoning']}`;
  const isCounted =
    `(isNotNull(c.3) OR (${rate['input']} = 0 AND isNotNull(c.4)))` +
    ` AND (isNotNull(c.4) OR ${rate['output']} = 0)`;
  const price = `if(${isCounted}, ((${tokens}) / 1e6 + ${rate['request']}) * ${factorSql(entries)}, NULL)`;
  // The last row that applies; an empty list gives no element, so NULL.
  return `arrayMap(r -> ${price}, arraySlice(arrayFilter(r -> ${appliesSql()}, c.9), -1))[1]`;
}

/** See `findPriceRow`. */
function appliesSql(): string {
  const inDay = 'if(r.2 <= r.3, c.2 >= r.2 AND c.2 < r.3, c.2 >= r.2 OR c.2 < r.3)';
  return `r.1 <= c.1 AND r.4 < ifNull(c.3, 0) AND ${inDay}`;
}

/** 1 for the standard tiers, NULL for one that the model has no price for. */
function factorSql(entries: readonly PriceEntry[]): string {
  const priced = entries.flatMap((entry, index) =>
    Object.entries(entry.tierFactors).map(([tier, factor]) => ({ key: `${index + 1} ${tier}`, factor })),
  );
  const standard = `c.8 IN (${standardTiers.map(sqlString).join(', ')})`;
  if (priced.length === 0) return `if(${standard}, 1, NULL)`;
  const factors = `[${priced.map(({ factor }) => float(factor)).join(', ')}]`;
  const looked = `transform(concat(toString(c.10), ' ', c.8), ${sqlArray(priced.map(({ key }) => key))}, ${factors}, toFloat64(0))`;
  return `if(${standard}, 1, nullIf(${looked}, 0))`;
}

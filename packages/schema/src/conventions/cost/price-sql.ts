/**
 * What `priceOf` computes, in the engine. The prices of a model are one value that is looked up by provider and model, so that
 * the text of a statement does not grow with the number of models: which name is which model takes the catalogue's rules
 * in TypeScript, and is asked once for each pair that is met. The text is short on purpose, since every load plans it.
 */
import type { PriceEntry } from './price-book.ts';
import { type PriceRow, secondsPerDay } from './price-row.ts';
import { anyTier, standardTiers } from './service-tiers.ts';

/** Expressions over one row, in the types of the derived columns. */
export interface PriceSqlColumns {
  readonly project: string;
  /** DateTime or DateTime64, UTC. */
  readonly time: string;
  readonly inputTokens: string;
  readonly outputTokens: string;
  readonly cacheReadTokens: string;
  readonly cacheWriteTokens: string;
  readonly cacheWrite1hTokens: string;
  readonly reasoningTokens: string;
  readonly inputAudioTokens: string;
  readonly outputAudioTokens: string;
  readonly serviceTier: string;
}

/** Prices that hold for one project, or for all where `project` is ''. */
export interface OwnedPrices extends Pick<PriceEntry, 'rows' | 'tierFactors' | 'priceVersion'> {
  readonly project: string;
}

/**
 * The prices of one model of one provider. `needs`: 3 where both counts are needed, 1 and 2 where input or output alone will do.
 * `rates`: dollars per token of input, of output, then what a token of a part costs more than the whole it belongs to; the last is per call.
 */
export const pricesType =
  'Array(Tuple(project String, valid_from Float64, day_from Float64, day_length Float64, input_above Float64, ' +
  'needs Array(UInt8), factors Map(String, Float64), rates Array(Float64), version String))';

/** The value of `pricesType` as the engine reads it from JSON. A project's own prices come last: the last that applies counts. */
export function pricesJson(prices: readonly OwnedPrices[]): readonly object[] {
  const general = prices.filter(({ project }) => project === '');
  const own = prices.filter(({ project }) => project !== '');
  return [...general, ...own].flatMap((owned) => owned.rows.map((row) => rowJson(owned, row)));
}

function rowJson({ project, tierFactors, priceVersion }: OwnedPrices, row: PriceRow): object {
  const isWholeDay = row.dayFrom === 0 && row.dayTo === secondsPerDay;
  return {
    project,
    valid_from: row.validFrom,
    day_from: row.dayFrom,
    day_length: isWholeDay ? secondsPerDay : (row.dayTo - row.dayFrom + secondsPerDay) % secondsPerDay,
    input_above: row.inputAbove,
    needs: needsOf(row),
    factors: { ...Object.fromEntries(standardTiers.map((tier) => [tier, 1])), ...tierFactors },
    rates: ratesOf(row),
    version: priceVersion,
  };
}

/** See `isCounted` in price-book.ts. Half of the counts gives half of the price, which is worse than none. */
function needsOf({ input, output }: PriceRow): readonly number[] {
  return [3, ...(output === 0 ? [1] : []), ...(input === 0 ? [2] : [])];
}

function ratesOf(row: PriceRow): readonly number[] {
  const { input, output } = row;
  const perMillion = [
    input,
    output,
    row.cacheRead - input,
    row.cacheWrite - input,
    row.cacheWrite1h - row.cacheWrite,
    row.reasoning - output,
    row.inputAudio - input,
    row.outputAudio - output,
  ];
  return [...perMillion.map((dollars) => dollars / 1e6), row.request];
}

export interface PriceSql {
  /** Select items for the innermost SELECT, and for the one around it. */
  readonly counts: string;
  readonly priced: string;
  /** For the SELECT around both: Nullable(Float64) dollars, NULL where they are unknown; and the price version, '' there. */
  readonly usd: string;
  readonly version: string;
}

/** The price of each row by `prices`, an expression of `pricesType`, in nested SELECTs: what the engine plans fastest. */
export function priceSql(prices: string, columns: PriceSqlColumns): PriceSql {
  const names = Object.entries({ ...callColumns(columns), prices_: prices });
  return {
    counts: names.map(([name, value]) => `${value} AS ${name}`).join(', '),
    priced: `${pricedSql(columns, 'prices_')} AS price_`,
    usd: 'price_.1',
    version: versionSql('price_'),
  };
}

/** The same as single expressions, for where there is no SELECT to nest, such as an update. */
export function priceExpressions(
  prices: string,
  columns: PriceSqlColumns,
): Pick<PriceSql, 'usd' | 'version'> {
  const call = callColumns(columns);
  const values = Object.values(call).map((value) => `[${value}]`);
  const names = Object.keys(call).join(', ');
  const price = `arrayMap((${names}) -> ${pricedSql(columns, prices)}, ${values.join(', ')})[1]`;
  return { usd: `(${price}).1`, version: `arrayMap(price_ -> ${versionSql('price_')}, [${price}])[1]` };
}

const versionSql = (price: string) => `if(isNull(${price}.1), '', ${price}.2)`;

/** What is needed of a call more than once. */
function callColumns(columns: PriceSqlColumns): Readonly<Record<string, string>> {
  const count = (column: string) => `toFloat64(ifNull(${column}, 0))`;
  return {
    input_: count(columns.inputTokens),
    output_: count(columns.outputTokens),
    cache_read_: count(columns.cacheReadTokens),
    cache_write_: count(columns.cacheWriteTokens),
    cache_write_1h_: count(columns.cacheWrite1hTokens),
    reasoning_: count(columns.reasoningTokens),
    input_audio_: count(columns.inputAudioTokens),
    output_audio_: count(columns.outputAudioTokens),
    said_: `isNotNull(${columns.inputTokens}) + 2 * isNotNull(${columns.outputTokens})`,
    seconds_: `toUnixTimestamp(${columns.time})`,
    tier_: `lower(${columns.serviceTier})`,
  };
}

/** Parts are cut to the whole, as in `priceWith`. */
function pricedSql(columns: PriceSqlColumns, prices: string): string {
  const read = 'least(cache_read_, input_)';
  const written = `least(cache_write_, input_ - ${read})`;
  const thought = 'least(reasoning_, output_)';
  const counts = [
    'input_',
    'output_',
    read,
    written,
    `least(cache_write_1h_, ${written})`,
    thought,
    `least(input_audio_, input_ - ${read} - ${written})`,
    `least(output_audio_, output_ - ${thought})`,
    'toFloat64(1)',
  ];
  const applies =
    `has(['', toString(${columns.project})], r.project) AND r.valid_from <= seconds_ AND r.input_above < input_` +
    ` AND modulo(seconds_ - r.day_from, ${secondsPerDay}) < r.day_length`;
  // Rounded where doubles end: $0.00252 and not $0.0025199999999999997.
  const factor = `greatest(r.factors[tier_], r.factors['${anyTier}'])`;
  const usd = `round(arrayDotProduct(r.rates, [${counts.join(', ')}]) * ${factor}, 12)`;
  const known = `if(has(r.needs, said_) AND ${factor} > 0, ${usd}, NULL)`;
  // An empty list has no last element, so NULL.
  return `arrayMap(r -> (${known}, r.version), arrayFilter(r -> ${applies}, ${prices}))[-1]`;
}

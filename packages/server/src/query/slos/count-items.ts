/** Good and all items of indicators, minute by minute. Indicators that look at the same items are asked together. */
import { type UnixNano, unixNano } from '@sightline/base';
import type { SloIndicator } from '@sightline/schema/api';
import type { RuleSource, Term } from '@sightline/schema/rules';
import { itemsOf } from '../alerts/items-of.ts';
import { type QueryContext, Reader } from '../reader.ts';
import { type ItemTest, minuteCounts, type MinuteRow } from '../sql/slo-counts-sql.ts';

/** Times are milliseconds since 1970, of whole minutes. */
export interface MinuteSpan {
  readonly fromMs: number;
  readonly toMs: number;
}

export interface MinuteTotals {
  readonly good: number;
  readonly total: number;
}

/** By the start of the minute. What is not in it had no items. */
export type CountsByMinute = ReadonlyMap<number, MinuteTotals>;

export type ItemIndicator = Exclude<SloIndicator, { kind: 'promql' }>;

const minuteMs = 60_000;
/** Clocks of senders may be a minute off. */
const skewMs = 60_000;
/** Indicators of one statement: each is some columns of it. */
const togetherMax = 40;

/** Throws `bad_filter` and `query_limit`. The counts are in the order of the indicators. */
export async function countItems(
  context: QueryContext,
  indicators: readonly ItemIndicator[],
  span: MinuteSpan,
): Promise<readonly CountsByMinute[]> {
  const counts: CountsByMinute[] = indicators.map(() => new Map());
  const alike = Map.groupBy(indicators.keys(), (index) => {
    const each = indicators[index];
    return each === undefined ? '' : `${sourceOf(each)} ${backMs(each)}`;
  });
  for (const indexes of alike.values())
    for (let from = 0; from < indexes.length; from += togetherMax) {
      const some = indexes.slice(from, from + togetherMax);
      const read = await countTogether(
        context,
        some.flatMap((index) => indicators[index] ?? []),
        span,
      );
      for (const [place, index] of some.entries()) counts[index] = read[place] ?? new Map();
    }
  return counts;
}

/** Of freshness: an item counts for minutes after it. */
const backMs = (indicator: ItemIndicator): number =>
  indicator.kind === 'freshness' ? indicator.maxAgeS * 1000 : 0;

async function countTogether(
  context: QueryContext,
  indicators: readonly ItemIndicator[],
  span: MinuteSpan,
): Promise<readonly CountsByMinute[]> {
  const [first] = indicators;
  if (first === undefined) return [];
  const source = sourceOf(first);
  const fromMs = span.fromMs - backMs(first);
  const reader = new Reader(context);
  const queries = indicators.map((each) => ({ filter: each.where, terms: termsOf(each) }));
  const request = {
    ...(await itemsOf(reader, {
      source,
      queries,
      window: { from: nanosOf(fromMs), to: nanosOf(span.toMs) },
    })),
    // Nothing is known of an item before it ended.
    storedAfterMs: BigInt(fromMs - skewMs),
  };
  const rowsMax = Math.ceil((span.toMs - fromMs) / minuteMs) + 1;
  const rows = await reader.rows<MinuteRow>(minuteCounts(request, indicators.map(testOf), rowsMax));
  return indicators.map((each, place) =>
    each.kind === 'freshness'
      ? freshMinutes(rows, { place, span, maxAgeMs: backMs(each) })
      : countedMinutes(rows, { place, isMetGood: each.kind !== 'availability' }),
  );
}

function countedMinutes(
  rows: readonly MinuteRow[],
  { place, isMetGood }: { readonly place: number; readonly isMetGood: boolean },
): CountsByMinute {
  const counts = new Map<number, MinuteTotals>();
  for (const row of rows) {
    const total = Number(row[`n${place}`]);
    const met = Number(row[`m${place}`]);
    if (total > 0) counts.set(Number(row.minute) * minuteMs, { good: isMetGood ? met : total - met, total });
  }
  return counts;
}

/** A minute is good where the newest item at its end is not older than is allowed. */
function freshMinutes(
  rows: readonly MinuteRow[],
  { place, span, maxAgeMs }: { readonly place: number; readonly span: MinuteSpan; readonly maxAgeMs: number },
): CountsByMinute {
  const newest = new Map(
    rows
      .filter((row) => Number(row[`n${place}`]) > 0)
      .map((row) => [Number(row.minute) * minuteMs, Number(BigInt(String(row[`m${place}`])) / 1_000_000n)]),
  );
  const counts = new Map<number, MinuteTotals>();
  let lastMs = Math.max(
    -Infinity,
    ...[...newest].filter(([minute]) => minute < span.fromMs).map(([, at]) => at),
  );
  for (let minute = span.fromMs; minute < span.toMs; minute += minuteMs) {
    lastMs = Math.max(lastMs, newest.get(minute) ?? -Infinity);
    counts.set(minute, { good: minute + minuteMs - lastMs <= maxAgeMs ? 1 : 0, total: 1 });
  }
  return counts;
}

function sourceOf(indicator: ItemIndicator): RuleSource {
  return indicator.kind === 'quality' ? 'scores' : indicator.of;
}

function termsOf(indicator: ItemIndicator): readonly Term[] {
  switch (indicator.kind) {
    case 'availability':
      return [indicator.bad.trim() === '' ? { type: 'failed' } : { type: 'share', filter: indicator.bad }];
    case 'latency':
      return [{ type: 'max', measure: { type: 'builtin', name: indicator.measure } }];
    case 'quality':
      return [{ type: 'share', filter: indicator.good }];
    case 'freshness':
      return [];
  }
}

function testOf(indicator: ItemIndicator): ItemTest {
  switch (indicator.kind) {
    case 'latency':
      return { type: 'within', bound: indicator.withinMs / 1000 };
    case 'freshness':
      return { type: 'newest' };
    default:
      return { type: 'marked' };
  }
}

const nanosOf = (ms: number): UnixNano => unixNano(BigInt(Math.round(ms)) * 1_000_000n);

/** What rules in our own words look at, as numbers by label set. Rules that look at the same items by the same fields are asked together. */
import { type UnixNano, unixNano } from '@sightline/base';
import { type Dimension, printDimension, type Term, type ValueQuery } from '@sightline/schema/rules';
import { AskedOnce } from '../asked-once.ts';
import { Reader, type QueryContext } from '../reader.ts';
import { itemsOf } from './items-of.ts';
import { ruleItems } from '../sql/rule-items-sql.ts';
import { isRolledUp, rolledValues } from '../sql/rolled-values-sql.ts';
import { type Looks, ruleValues, type ValueRow } from '../sql/rule-values-sql.ts';
import { every, type Sql, sql, string, trusted, uint } from '../sql/sql.ts';

export interface LabelledValue {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  /** Items that it is of, where they are known. */
  readonly items?: number;
}

/** Label sets of one statement. What is beyond is not seen, and the rule says that there are too many. */
export const labelSetsMax = 20_000;
/** Queries of one statement: each is some columns of it. */
const queriesMax = 40;

export interface ValueRequest {
  readonly query: ValueQuery;
  /** The window ends here. */
  readonly to: UnixNano;
  /** The window is of now: what is in it came lately. */
  readonly isLive: boolean;
}

/** The values in the order of the requests; an error in the place of those that cannot be had. */
export async function readRuleValues(
  context: QueryContext,
  requests: readonly ValueRequest[],
): Promise<readonly (readonly LabelledValue[] | Error)[]> {
  const answers: (readonly LabelledValue[] | Error)[] = requests.map(() => []);
  const alike = Map.groupBy(requests.keys(), (index) => keyOf(requests[index]));
  // Names of models are read over a day: once for all statements that end together.
  const names: QueryContext = { ...context, once: new AskedOnce() };
  for (const [, indexes] of alike)
    for (let from = 0; from < indexes.length; from += queriesMax)
      await readTogether(context, requests, {
        indexes: indexes.slice(from, from + queriesMax),
        answers,
        names,
      });
  return answers;
}

function keyOf(request: ValueRequest | undefined): string {
  if (request === undefined) return '';
  return JSON.stringify([itemsKey(request.query), request.query.windowS, String(request.to), request.isLive]);
}

/** The same for queries that look at the same items by the same fields. */
function itemsKey(query: ValueQuery | undefined): string {
  if (query === undefined) return '';
  const { source, by, left } = query;
  // Verdicts are other rows than scores.
  return JSON.stringify([source, left.type === 'hallucinated', by.map(printDimension)]);
}

async function readTogether(
  context: QueryContext,
  requests: readonly ValueRequest[],
  {
    indexes,
    answers,
    names,
  }: {
    readonly indexes: readonly number[];
    readonly answers: (readonly LabelledValue[] | Error)[];
    readonly names: QueryContext;
  },
): Promise<void> {
  const some = indexes.flatMap((index) => requests[index] ?? []);
  try {
    const values = await readOnce(context, some, names);
    for (const [place, index] of indexes.entries()) answers[index] = values[place] ?? [];
  } catch (error) {
    const [only] = indexes;
    if (indexes.length === 1 && only !== undefined) {
      answers[only] = error instanceof Error ? error : new Error(String(error));
      return;
    }
    // One that fails takes no other with it.
    for (const index of indexes) await readTogether(context, requests, { indexes: [index], answers, names });
  }
}

async function readOnce(
  context: QueryContext,
  requests: readonly ValueRequest[],
  names: QueryContext,
): Promise<readonly (readonly LabelledValue[])[]> {
  const [first] = requests;
  if (first === undefined) return [];
  const { query, to, isLive } = first;
  const from = unixNano(to - nanos(query.windowS));
  const reader = new Reader(context);
  const request = {
    ...(await itemsOf(reader, {
      source: query.source,
      by: query.by,
      queries: requests.map((each) => queryItems(each.query)),
      window: { from, to },
      names: new Reader(names),
    })),
    // Clocks of senders may be a minute off.
    storedAfterMs: isLive ? from / 1_000_000n - 60_000n : undefined,
  };
  const rows = await reader.rows<ValueRow>(ruleValues(request, { rowsMax: labelSetsMax }));
  return requests.map((each, place) => valuesOf(each.query, place, rows));
}

const nanos = (seconds: number): bigint => BigInt(Math.round(seconds * 1e9));

export const queryItems = ({ filter, left, right }: ValueQuery) => ({
  filter,
  terms: [left, ...(right === undefined ? [] : [right])],
});

function valuesOf(query: ValueQuery, place: number, rows: readonly ValueRow[]): LabelledValue[] {
  const found = rows.flatMap((row): LabelledValue[] => {
    if (Number(row[`n${place}`]) === 0) return [];
    const value = combine(query, [row[`v${place}_0`], row[`v${place}_1`]]);
    return value === undefined
      ? []
      : [{ labels: labelsOf(query.by, row), value, items: Number(row[`n${place}`]) }];
  });
  if (found.length > 0 || query.by.length > 0) return found;
  const nothing = valueOfNothing(query);
  return nothing === undefined ? [] : [{ labels: {}, value: nothing }];
}

/** What a query says of a label set without items: 0 of counts and sums; nothing where it has to be divided by something. */
export function valueOfNothing(query: ValueQuery): number | undefined {
  const isAdded = ({ type }: Term): boolean =>
    ['count', 'per_second', 'sum', 'uniq', 'number'].includes(type);
  const { left, right } = query;
  return isAdded(left) && (right === undefined || isAdded(right)) ? combine(query, [0, 0]) : undefined;
}

function combine(
  { left, operator, right, windowS }: ValueQuery,
  [first, second]: readonly unknown[],
): number | undefined {
  const a = numberOf(left, first, windowS);
  if (operator === undefined || right === undefined) return finite(a);
  const b = numberOf(right, second, windowS);
  if (a === undefined || b === undefined) return undefined;
  switch (operator) {
    case '+':
      return finite(a + b);
    case '-':
      return finite(a - b);
    case '*':
      return finite(a * b);
    case '/':
      return finite(a / b);
  }
}

function numberOf(term: Term, written: unknown, windowS: number): number | undefined {
  if (term.type === 'number') return term.value;
  if (written === null || written === undefined) return term.type === 'sum' ? 0 : undefined;
  const value = Number(written);
  return term.type === 'per_second' ? value / windowS : value;
}

const finite = (value: number | undefined): number | undefined =>
  value === undefined || !Number.isFinite(value) ? undefined : value;

function labelsOf(by: readonly Dimension[], row: ValueRow): Record<string, string> {
  const labels: Record<string, string> = {};
  for (const [index, dimension] of by.entries()) {
    const cell = row[`l${index}`];
    const value = typeof cell === 'string' ? cell.slice(0, labelLengthMax) : '';
    if (value !== '') labels[labelName(dimension)] = value;
  }
  return labels;
}

const labelLengthMax = 1_000;

/** As labels of alerts are called: letters, digits, `_` and `.`. */
export function labelName({ name }: Dimension): string {
  const plain = name.replaceAll(/[^\w.]/g, '_');
  return /^[a-z_]/i.test(plain) ? plain : `_${plain}`;
}

export interface ValueSeries {
  readonly labels: Readonly<Record<string, string>>;
  /** By the number of the look; undefined where there is no value. */
  readonly values: readonly (number | undefined)[];
  /** How many items each is of. */
  readonly items: readonly (number | undefined)[];
}

/** The values of a range of looks. */
export async function readRuleHistory(
  context: QueryContext,
  query: ValueQuery,
  looks: Looks,
): Promise<readonly ValueSeries[]> {
  const [series = []] = await readHistories(context, [query], looks);
  return series;
}

/** The same for several queries, each of which is a column of one statement where they look at the same items by the same fields; an error in the place of those that fail. */
export async function readRuleHistories(
  context: QueryContext,
  queries: readonly ValueQuery[],
  looks: Looks,
): Promise<readonly (readonly ValueSeries[] | Error)[]> {
  const answers: (readonly ValueSeries[] | Error)[] = queries.map(() => []);
  const read = async (indexes: readonly number[]): Promise<void> => {
    try {
      const some = indexes.flatMap((index) => queries[index] ?? []);
      const series = await readHistories(context, some, looks);
      for (const [place, index] of indexes.entries()) answers[index] = series[place] ?? [];
    } catch (error) {
      const [only] = indexes;
      if (indexes.length === 1 && only !== undefined)
        answers[only] = error instanceof Error ? error : new Error(String(error));
      // One that fails takes no other with it.
      else for (const index of indexes) await read([index]);
    }
  };
  const alike = Map.groupBy(queries.keys(), (index) => itemsKey(queries[index]));
  await Promise.all(
    [...alike.values()].map(async (indexes) => {
      for (let from = 0; from < indexes.length; from += queriesMax)
        await read(indexes.slice(from, from + queriesMax));
    }),
  );
  return answers;
}

/** Of queries that look at the same items by the same fields. */
async function readHistories(
  context: QueryContext,
  queries: readonly ValueQuery[],
  looks: Looks,
): Promise<readonly (readonly ValueSeries[])[]> {
  const [first] = queries;
  if (first === undefined) return [];
  const from = unixNano(looks.first - looks.windowNanos);
  const to = unixNano(looks.first + looks.stepNanos * BigInt(looks.count));
  const reader = new Reader(context);
  const request = {
    ...(await itemsOf(reader, {
      source: first.source,
      by: first.by,
      queries: queries.map(queryItems),
      window: { from, to },
    })),
    storedAfterMs: undefined,
  };
  const rows = await reader.rows<ValueRow>(ruleValues(request, { looks, rowsMax: historyRowsMax }));
  return queries.map((query, place) => seriesOf(query, { place, count: looks.count, rows }));
}

/** A longer past, from the roll-up where that knows what is asked; see `rolledValues` for what differs then. Undefined where it is too long for one statement over the roll-up. */
export async function readPastValues(
  context: QueryContext,
  query: ValueQuery,
  looks: Looks,
): Promise<readonly ValueSeries[] | undefined> {
  if (!isRolledUp(query, looks)) return readRuleHistory(context, query, looks);
  const window = {
    from: unixNano(looks.first - looks.windowNanos),
    to: unixNano(looks.first + looks.stepNanos * BigInt(looks.count)),
  };
  const rows = await new Reader(context).rows<ValueRow>(
    rolledValues(query, { project: context.project, window, looks, rowsMax: historyRowsMax }),
  );
  if (rows.length >= historyRowsMax && looks.count > 1) return undefined;
  return seriesOf(query, { place: 0, count: looks.count, rows });
}

export function seriesOf(
  query: ValueQuery,
  {
    place,
    count,
    rows,
  }: { readonly place: number; readonly count: number; readonly rows: readonly ValueRow[] },
): readonly ValueSeries[] {
  const series = new Map<
    string,
    { labels: Record<string, string>; values: (number | undefined)[]; items: (number | undefined)[] }
  >();
  const nothing = valueOfNothing(query);
  const add = (labels: Record<string, string>) => {
    const key = JSON.stringify(labels);
    const known = series.get(key);
    if (known !== undefined) return known;
    const made = {
      labels,
      values: Array.from({ length: count }, () => nothing),
      items: Array.from({ length: count }, (): number | undefined => undefined),
    };
    series.set(key, made);
    return made;
  };
  if (query.by.length === 0) add({});
  for (const row of rows) {
    const items = Number(row[`n${place}`]);
    if (items === 0) continue;
    const { values, items: counted } = add(labelsOf(query.by, row));
    values[Number(row.look)] = combine(query, [row[`v${place}_0`], row[`v${place}_1`]]);
    counted[Number(row.look)] = items;
  }
  return [...series.values()];
}

export const historyRowsMax = 100_000;
const sampleTracesMax = 5;

/** Traces of a label set that show its value: those with the largest measure, or that meet what is counted. */
export async function readSampleTraces(
  context: QueryContext,
  { query, to, isLive }: ValueRequest,
  labels: Readonly<Record<string, string>>,
): Promise<readonly string[]> {
  const from = unixNano(to - nanos(query.windowS));
  const reader = new Reader(context);
  const request = {
    ...(await itemsOf(reader, {
      source: query.source,
      by: query.by,
      queries: [queryItems(query)],
      window: { from, to },
    })),
    storedAfterMs: isLive ? from / 1_000_000n - 60_000n : undefined,
  };
  const term = query.left;
  const isMet =
    (term.type === 'count' && term.filter !== '') || ['share', 'failed', 'hallucinated'].includes(term.type);
  const isMeasured = 'measure' in term;
  const conditions: Sql[] = [
    trusted("f0 AND trace_id != toFixedString('', 16)"),
    ...query.by.map(
      (dimension, index) => sql`${trusted(`l${index}`)} = ${string(labels[labelName(dimension)] ?? '')}`,
    ),
    ...(isMet ? [trusted('ifNull(x0_0, 0) = 1')] : []),
  ];
  const order = trusted(
    isMeasured ? `ifNull(x0_0, 0) ${term.type === 'min' ? 'ASC' : 'DESC'}, at DESC` : 'at DESC',
  );
  const rows = await reader.rows<{ traceId: string }>(
    sql`SELECT lower(hex(trace_id)) AS traceId FROM (${ruleItems(request)}) WHERE ${every(conditions)}
      ORDER BY ${order} LIMIT 1 BY trace_id LIMIT ${uint(sampleTracesMax)}`,
  );
  return rows.map(({ traceId }) => traceId);
}

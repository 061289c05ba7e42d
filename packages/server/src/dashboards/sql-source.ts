import { formatNanos, unixNano } from '@sightline/base';
import type { ListBehind, PanelQuery, SqlResponse } from '@sightline/schema/api';
import { runSql } from '../query/run-sql.ts';
import { fillSql } from './fill-variables.ts';
import { pageOfTrace, termsOfLabels } from './items-behind.ts';
import {
  badPanel,
  nameOf,
  type PanelScope,
  type PanelSource,
  type Series,
  type Table,
  type Total,
} from './panel-answer.ts';

type Cell = SqlResponse['rows'][number][number];

const rowsMax = 10_000;
const tableRowsMax = 500;

/** One reading statement. Over time it has columns `time` and `value`; every other column is a label. */
export class SqlSource implements PanelSource {
  readonly unit = 'none';
  readonly notes: string[] = [];
  readonly #scope: PanelScope;
  readonly #asked: PanelQuery;
  readonly #conditions: ReadonlyMap<string, readonly string[]>;

  constructor(asked: PanelQuery, scope: PanelScope) {
    this.#asked = asked;
    this.#scope = scope;
    this.#conditions = scope.context.store.equalitiesOf(this.#filled(scope.range));
  }

  async series(): Promise<readonly Series[]> {
    const { grid, range } = this.#scope;
    const { columns, rows } = await this.#run(range, rowsMax);
    const time = columns.findIndex(({ name }) => name === 'time');
    const value = this.#valueColumn(columns);
    if (time < 0)
      throw badPanel(
        'The statement has no column "time".',
        'Write SELECT toStartOfInterval(start_time, toIntervalSecond({step})) AS time, count() AS value FROM spans WHERE start_time >= {from} AND start_time < {to} GROUP BY time.',
      );
    const found = new Map<string, Series>();
    for (const row of rows) {
      const labels = labelsOf(columns, row, [time, value]);
      const key = JSON.stringify(labels);
      const one = found.get(key) ?? {
        name: nameOf({ ...this.#asked, text: 'value' }, labels),
        labels,
        values: Array.from({ length: grid.count }, () => null),
        behind: this.#behind(labels),
      };
      found.set(key, one);
      const step = Math.floor((msOf(row[time]) - grid.firstMs) / grid.stepMs);
      if (step >= 0 && step < grid.count) one.values[step] = numberOf(row[value]);
    }
    return [...found.values()];
  }

  async totals(): Promise<readonly Total[]> {
    const { range } = this.#scope;
    const at = async (from: bigint, to: bigint) => {
      const { columns, rows } = await this.#run({ from, to }, rowsMax);
      const value = this.#valueColumn(columns);
      return rows.map((row) => ({ labels: labelsOf(columns, row, [value]), value: numberOf(row[value]) }));
    };
    const now = await at(range.from, range.to);
    const isAsked = /\{from\}/.test(this.#asked.text);
    const earlier = isAsked ? await at(range.from - (range.to - range.from), range.from) : [];
    const before = new Map(earlier.map(({ labels, value }) => [JSON.stringify(labels), value]));
    return now.map(({ labels, value }) => ({
      name: nameOf({ ...this.#asked, text: 'value' }, labels),
      labels,
      value,
      before: before.get(JSON.stringify(labels)) ?? null,
      behind: this.#behind(labels),
    }));
  }

  async table(): Promise<Table> {
    const { columns, rows } = await this.#run(this.#scope.range, tableRowsMax);
    return {
      columns: columns.map(({ name, type }) => ({ name, isNumber: isNumeric(type), unit: 'none' as const })),
      rows: rows.map((row) => [...row]),
      behind: rows.map((row) => this.#behind(labelsOf(columns, row, []))),
    };
  }

  async #run(
    { from, to }: { readonly from: bigint; readonly to: bigint },
    maxRows: number,
  ): Promise<SqlResponse> {
    const { context } = this.#scope;
    const query = this.#filled({ from, to });
    const answer = await runSql(context, { query, maxRows });
    for (const { message } of answer.limitsMet ?? [])
      if (!this.notes.includes(message)) this.notes.push(message);
    return answer;
  }

  #filled({ from, to }: { readonly from: bigint; readonly to: bigint }): string {
    const { grid, values } = this.#scope;
    return fillSql(this.#asked.text, values, {
      from: momentText(from),
      to: momentText(to),
      step: String(Math.max(1, Math.round(grid.stepMs / 1000))),
    });
  }

  /** The trace that a row names; else the list of what the statement reads, narrowed to what lists know of its labels and its conditions. */
  #behind(labels: Series['labels']): Series['behind'] {
    const { trace_id: traceId = '' } = labels;
    if (/^[0-9a-f]{32}$/i.test(traceId)) return pageOfTrace(traceId.toLowerCase());
    const table = /\bFROM\s+([a-z_]+)/i.exec(this.#asked.text)?.[1]?.toLowerCase() ?? '';
    const list = Object.hasOwn(listsOfTables, table) ? listsOfTables[table] : undefined;
    const terms = termsOfLabels(
      { ...Object.fromEntries(this.#conditions), ...labels },
      list === 'logs' ? 'logs' : 'traces',
    );
    return list === undefined && terms.length === 0 ? null : { list: list ?? 'traces', q: terms.join(' ') };
  }

  #valueColumn(columns: SqlResponse['columns']): number {
    const named = columns.findIndex(({ name }) => name === 'value');
    if (named >= 0) return named;
    throw badPanel(
      'The statement has no column "value".',
      'Call the number so: SELECT count() AS value FROM spans.',
    );
  }
}

const listsOfTables: Readonly<Record<string, ListBehind['list']>> = {
  spans: 'traces',
  ai_spans: 'traces',
  trace_summaries: 'traces',
  span_rollup_1m: 'traces',
  service_rollup_1h: 'traces',
  service_rollup_1m: 'traces',
  scores: 'runs',
  logs: 'logs',
  errors: 'errors',
};

const isNumeric = (type: string): boolean => /^(Nullable\()?(U?Int|Float|Decimal)/.test(type);

function numberOf(cell: Cell | undefined): number | null {
  if (cell === null || cell === undefined || cell === '') return null;
  const value = Number(cell);
  return Number.isFinite(value) ? value : null;
}

/** Dates come as text in UTC; whole numbers are seconds. */
function msOf(cell: Cell | undefined): number {
  if (typeof cell === 'number') return cell * 1000;
  const text = typeof cell === 'string' ? cell : '';
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  const iso = text.replace(' ', 'T');
  return Date.parse(iso.length === 10 || /[Z+]/.test(iso) ? iso : `${iso}Z`);
}

function labelsOf(
  columns: SqlResponse['columns'],
  row: SqlResponse['rows'][number],
  without: readonly number[],
): Record<string, string> {
  return Object.fromEntries(
    columns.flatMap(({ name }, index): [string, string][] => {
      const cell = row[index];
      if (without.includes(index) || cell === null || cell === undefined || cell === '') return [];
      return [[name, (typeof cell === 'object' ? JSON.stringify(cell) : String(cell)).slice(0, 500)]];
    }),
  );
}

function momentText(nanos: bigint): string {
  return `toDateTime64('${formatNanos(unixNano(nanos)).replace('T', ' ').replace('Z', '')}', 9, 'UTC')`;
}

import { formatNanos, unixNano } from '@sightline/base';
import type { PanelQuery } from '@sightline/schema/api';
import { findLogs } from '../query/find-logs.ts';
import { findTraces } from '../query/find-traces.ts';
import { readHistogram } from '../query/read-histogram.ts';
import { fillFilter } from './fill-variables.ts';
import { pageOfTrace } from './items-behind.ts';
import {
  badPanel,
  type PanelScope,
  type PanelSource,
  type Series,
  type Table,
  type Total,
} from './panel-answer.ts';

type Asked = Extract<PanelQuery, { type: 'count' }>;

const listRowsMax = 50;

/** How many traces, spans or log records meet a filter; as a table, the newest of them. */
export class CountSource implements PanelSource {
  readonly unit = 'none';
  readonly notes: string[] = [];
  readonly #scope: PanelScope;
  readonly #asked: Asked;
  readonly #q: string;

  constructor(asked: Asked, scope: PanelScope) {
    this.#asked = asked;
    this.#scope = scope;
    this.#q = fillFilter(asked.text, scope.values);
  }

  async series(): Promise<readonly Series[]> {
    const { context, grid } = this.#scope;
    const values = Array.from({ length: grid.count }, () => 0);
    for (const { startMs, count } of await this.#buckets(context, grid.buckets, grid.range)) {
      const step = Math.floor((startMs - grid.firstMs) / grid.stepMs);
      if (step >= 0 && step < grid.count) values[step] = (values[step] ?? 0) + count;
    }
    return [{ ...this.#named(), values }];
  }

  async totals(): Promise<readonly Total[]> {
    const { context, range } = this.#scope;
    const count = async (from: bigint, to: bigint): Promise<number> =>
      (await this.#buckets(context, 1, { from, to })).reduce((sum, bucket) => sum + bucket.count, 0);
    const value = await count(range.from, range.to);
    const before = await count(range.from - (range.to - range.from), range.from);
    return [{ ...this.#named(), value, before }];
  }

  async table(): Promise<Table> {
    const { context, range } = this.#scope;
    const asked = { ...this.#question(range), limit: listRowsMax };
    if (this.#asked.signal === 'logs') {
      const { logs } = await findLogs(context, { ...asked, order: 'desc' });
      return {
        columns: [column('time'), column('severity'), column('service'), column('body')],
        rows: logs.map(({ timestamp: time, severity, service, body }) => [
          time,
          severity,
          service,
          (typeof body === 'string' ? body : JSON.stringify(body)).slice(0, 500),
        ]),
        // One without a trace is found among its neighbours.
        behind: logs.map(({ traceId }) =>
          traceId === null ? { list: 'logs' as const, q: this.#q } : pageOfTrace(traceId),
        ),
      };
    }
    if (this.#asked.signal === 'spans')
      throw badPanel('Spans are listed by their traces.', 'Choose traces, or SQL over the table spans.');
    const { traces } = await findTraces(context, asked);
    return {
      columns: [
        column('time'),
        column('name'),
        column('service'),
        { name: 'duration', isNumber: true, unit: 'milliseconds' },
        { name: 'errors', isNumber: true, unit: 'none' },
      ],
      rows: traces.map(({ startTime, name, service, durationMs, errorCount }) => [
        startTime,
        name,
        service,
        durationMs,
        errorCount,
      ]),
      behind: traces.map(({ traceId }) => pageOfTrace(traceId)),
    };
  }

  #named() {
    const { signal, name } = this.#asked;
    const list = signal === 'logs' ? ('logs' as const) : ('traces' as const);
    return {
      name: name === '' ? (this.#q === '' ? signal : this.#q) : name,
      labels: {},
      behind: { list, q: this.#q },
    };
  }

  async #buckets(
    context: PanelScope['context'],
    buckets: number,
    range: { readonly from: bigint; readonly to: bigint },
  ) {
    const { signal } = this.#asked;
    const answer = await readHistogram(context, { ...this.#question(range), signal, buckets });
    return answer.buckets;
  }

  #question({ from, to }: { readonly from: bigint; readonly to: bigint }) {
    return { q: this.#q, from: formatNanos(unixNano(from)), to: formatNanos(unixNano(to)) };
  }
}

const column = (name: string): Table['columns'][number] => ({ name, isNumber: false, unit: 'none' });

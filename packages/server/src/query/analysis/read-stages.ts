import { formatNanos } from '@sightline/base';
import type { StagesParameters, StagesResponse } from '@sightline/schema/api';
import { compileFilter } from '../filter/compile-filter.ts';
import { readQ } from '../filter/read-condition.ts';
import { type QueryContext, Reader } from '../reader.ts';
import { quantilesSql } from '../sql/quantiles-sql.ts';
import { inRange } from '../sql/range-sql.ts';
import { sql, trusted, uint } from '../sql/sql.ts';
import { readRange } from '../time-range.ts';

const firstResource = (keys: readonly string[]): string =>
  `multiIf(${keys.map((key) => `resource_attributes['${key}'] != '', resource_attributes['${key}']`).join(', ')}, '')`;

const groups: Readonly<Record<StagesParameters['groupBy'], string>> = {
  none: `''`,
  version: `resource_attributes['service.version']`,
  service: 'toString(service)',
  environment: firstResource(['deployment.environment.name', 'deployment.environment']),
  deployment: firstResource([
    'deployment.id',
    'k8s.deployment.name',
    'k8s.pod.name',
    'container.name',
    'service.instance.id',
  ]),
};

const durationQuantiles = trusted(
  quantilesSql([0.5, 0.95, 0.99], {
    count: 'count()',
    sketch: (parameters) => `quantilesDD(${parameters})(toFloat64(duration_ns))`,
  }),
);

interface StageRow {
  readonly name: string;
  readonly service: string;
  readonly operation: string;
  readonly group: string;
  readonly total: string;
  readonly failed: string;
  readonly avgNanos: number;
  readonly quantiles: readonly number[];
}

/** How each stage of the work did, over all requests and by version or deployment. */
export async function readStages(
  context: QueryContext,
  { q, groupBy, limit, from, to }: StagesParameters,
): Promise<StagesResponse> {
  const reader = new Reader(context);
  const window = readRange({ from, to }, context.clock);
  const filter = compileFilter('spans', readQ(q, 'spans', context.clock), {
    project: context.project,
    ...window,
  });
  const rows = await reader.rows<StageRow>(sql`
    SELECT toString(name) AS name, toString(service) AS service, toString(operation) AS operation, ${trusted(groups[groupBy])} AS group,
      count() AS total, countIf(status_code = 2) AS failed, avg(duration_ns) AS avgNanos,
      ${durationQuantiles} AS quantiles,
      sum(toFloat64(sum(duration_ns))) OVER (PARTITION BY name, service, operation) AS together
    FROM spans WHERE ${inRange(context.project, 'spans', window)} AND ${filter}
    GROUP BY name, service, operation, group
    ORDER BY together DESC, name, service, operation, group LIMIT ${uint(limit + 1)}`);
  if (rows.length > limit) reader.meet({ limit: 'rows', message: `The first ${limit} rows are shown.` });
  return {
    startTime: formatNanos(window.from),
    endTime: formatNanos(window.to),
    stages: rows.slice(0, limit).map((row) => {
      const [p50 = 0, p95 = 0, p99 = 0] = row.quantiles;
      const count = Number(row.total);
      return {
        name: row.name,
        service: row.service,
        operation: row.operation,
        group: row.group,
        count,
        avgMs: Number(row.avgNanos) / 1e6,
        p50Ms: p50 / 1e6,
        p95Ms: p95 / 1e6,
        p99Ms: p99 / 1e6,
        successRate: count === 0 ? 1 : 1 - Number(row.failed) / count,
      };
    }),
    ...reader.limitsMet,
  };
}

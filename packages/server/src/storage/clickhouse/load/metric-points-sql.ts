import { idOf, mapText, mapTypes, storedTime, timeOf } from './attribute-sql.ts';
import { itemsOf } from './items-sql.ts';
import type { RowSelect } from './row-select.ts';

/** What the statement needs. */
export const metricPointsSettings = { enable_unaligned_array_join: 1 };

/**
 * `metric_points` from a segment of metrics. A metric has points of exactly one kind. The five arrays are joined side by side
 * (`enable_unaligned_array_join` fills the four empty ones with defaults); what kinds share is then picked by `kind`. What the metric says of all of its points is taken out of
 * it before: whatever is asked of the metric behind the join is repeated for each point, with all of its points in it.
 */
export function metricPointsSelect(source: string): RowSelect {
  const columns = {
    project: 'project',
    name: 'metric_name',
    type: 'kind',
    unit: 'unit',
    description: 'description',
    temporality: 'temporality',
    monotonic: 'monotonic',
    service: 'service',
    series_id:
      'cityHash64(metric_name, mapSort(resource_map), scope_name, scope_version, mapSort(scope_map), mapSort(a), kind)',
    attributes: 'a',
    attribute_types: mapTypes('point_attributes'),
    resource_attributes: 'resource_map',
    resource_types: 'resource_types',
    resource_schema_url: 'resource_schema_url',
    scope_name: 'scope_name',
    scope_version: 'scope_version',
    scope_attributes: 'scope_map',
    scope_types: 'scope_types',
    scope_schema_url: 'scope_schema_url',
    start_time: timeOf(ofKind('start')),
    time: timeOf(ofKind('time')),
    received_time: 'received_time',
    stored_time: storedTime,
    flags: ofKind('flags'),
    value: 'ifNull(number.as_double, ifNull(toFloat64(number.as_int), 0))',
    value_int: 'number.as_int',
    count: 'h.count + e.count + u.count',
    sum: `multiIf(kind = 'histogram', h.sum, kind = 'exponential_histogram', e.sum, kind = 'summary', toNullable(u.sum), NULL)`,
    min: 'ifNull(h.min, e.min)',
    max: 'ifNull(h.max, e.max)',
    bounds: 'h.bounds',
    bucket_counts: 'h.counts',
    scale: 'e.scale',
    zero_count: 'e.zero_count',
    zero_threshold: 'e.zero_threshold',
    positive_offset: 'e.positive.offset',
    positive_counts: 'e.positive.counts',
    negative_offset: 'e.negative.offset',
    negative_counts: 'e.negative.counts',
    quantiles: 'u.quantiles.quantile',
    quantile_values: 'u.quantiles.value',
    exemplar_times: `arrayMap(x -> ${timeOf('x.time')}, exemplars)`,
    exemplar_values: 'arrayMap(x -> ifNull(x.as_double, ifNull(toFloat64(x.as_int), 0)), exemplars)',
    exemplar_trace_ids: `arrayMap(x -> ${idOf('x.trace_id', 16)}, exemplars)`,
    exemplar_span_ids: `arrayMap(x -> ${idOf('x.span_id', 8)}, exemplars)`,
    exemplar_attributes: `arrayMap(x -> ${mapText('x.attributes')}, exemplars)`,
  };
  return {
    columns,
    from: `(SELECT *, ${mapText('point_attributes')} AS a
      FROM (SELECT * EXCEPT (gauges, sums, histograms, exponentials, summaries), g, s, h, e, u, if(kind = 'gauge', g, s) AS number, ${ofKind('attributes')} AS point_attributes,
          multiIf(kind = 'gauge', g.exemplars, kind = 'sum', s.exemplars, kind = 'histogram', h.exemplars, e.exemplars) AS exemplars
        FROM (SELECT * EXCEPT (m), m.name AS metric_name, m.unit AS unit, m.description AS description,
            multiIf(notEmpty(gauges), 'gauge', notEmpty(sums), 'sum', notEmpty(histograms), 'histogram', notEmpty(exponentials), 'exponential_histogram', 'summary') AS kind,
            multiIf(kind = 'sum', m.sum.temporality, kind = 'histogram', m.histogram.temporality, kind = 'exponential_histogram', m.exponential.temporality, 0) AS temporality,
            kind = 'sum' AND m.sum.monotonic AS monotonic,
            m.gauge.points AS gauges, m.sum.points AS sums, m.histogram.points AS histograms, m.exponential.points AS exponentials, m.summary.points AS summaries
          FROM (${itemsOf({ signal: 'metrics', item: 'm', source })}))
        ARRAY JOIN gauges AS g, sums AS s, histograms AS h, exponentials AS e, summaries AS u))`,
  };
}

function ofKind(field: string): string {
  return `multiIf(kind = 'gauge', g.${field}, kind = 'sum', s.${field}, kind = 'histogram', h.${field}, kind = 'exponential_histogram', e.${field}, u.${field})`;
}

-- What a trace used is told by ai_spans, where each call counts once. The sums of every span that reported something, which nobody read, go.
DROP TABLE IF EXISTS {{trace_summaries_view}} {{on cluster}};
ALTER TABLE {{trace_summaries}} {{on cluster}}
    DROP COLUMN IF EXISTS input_tokens,
    DROP COLUMN IF EXISTS output_tokens,
    DROP COLUMN IF EXISTS cost_usd,
    DROP COLUMN IF EXISTS reported_input_tokens,
    DROP COLUMN IF EXISTS reported_output_tokens,
    DROP COLUMN IF EXISTS reported_cost_usd;
CREATE MATERIALIZED VIEW IF NOT EXISTS {{trace_summaries_view}} {{on cluster}} TO {{trace_summaries}} AS
SELECT
    project,
    trace_id,
    toDate(spans.start_time) AS day,
    min(spans.start_time) AS start_time,
    max(spans.start_time + toIntervalNanosecond(duration_ns)) AS end_time,
    min(tuple(toUInt8(parent_span_id != toFixedString('', 8)), spans.start_time, toString(name), toString(service))) AS head,
    groupUniqArray(toString(service)) AS services,
    count() AS span_count,
    countIf(status_code = 2) AS error_count,
    max(spans.session_id) AS session_id,
    max(spans.user_id) AS user_id
FROM {{spans}} AS spans
GROUP BY project, trace_id, day;

DROP TABLE IF EXISTS {{span_rollup_1m_view}} {{on cluster}};
ALTER TABLE {{span_rollup_1m}} {{on cluster}}
    DROP COLUMN IF EXISTS input_tokens,
    DROP COLUMN IF EXISTS output_tokens,
    DROP COLUMN IF EXISTS cost_usd;
CREATE MATERIALIZED VIEW IF NOT EXISTS {{span_rollup_1m_view}} {{on cluster}} TO {{span_rollup_1m}} AS
SELECT
    project,
    toStartOfMinute(spans.start_time) AS minute,
    service,
    name,
    kind,
    operation,
    model,
    count() AS count,
    countIf(status_code = 2) AS error_count,
    sum(duration_ns) AS duration_ns_sum,
    max(duration_ns) AS duration_ns_max,
    quantilesDDState(0.01, 0.5, 0.9, 0.95, 0.99)(duration_ns) AS duration_ns_quantiles
FROM {{spans}} AS spans
GROUP BY project, minute, service, name, kind, operation, model;

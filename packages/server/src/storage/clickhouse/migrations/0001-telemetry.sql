-- The first schema: spans, logs, metric points, what is derived from them, and the ledger.
-- `{{name}}` is the physical table (`name_local` on a cluster), `{{engine X}}` the table engine X or its replicated twin.
-- Why it is like this, with measurements: docs/internals/storage.md.

CREATE TABLE IF NOT EXISTS {{spans}} {{on cluster}}
(
    project LowCardinality(String),
    trace_id FixedString(16),
    span_id FixedString(8),
    parent_span_id FixedString(8),
    trace_state String,
    flags UInt32,
    name LowCardinality(String),
    kind UInt8,
    service LowCardinality(String),
    start_time DateTime64(9, 'UTC') CODEC(Delta(8), ZSTD(1)),
    duration_ns UInt64 CODEC(T64, ZSTD(1)),
    status_code UInt8,
    status_message String,

    -- A text value (long, or a prompt, answer, argument or result) lives in long_attributes and leaves '' under its key here.
    attributes Map(LowCardinality(String), String),
    long_attributes Map(LowCardinality(String), String) CODEC(ZSTD(3)),
    attribute_types String,
    resource_attributes Map(LowCardinality(String), String) CODEC(ZSTD(3)),
    resource_types String,
    resource_schema_url LowCardinality(String),
    resource_dropped UInt32,
    scope_name LowCardinality(String),
    scope_version LowCardinality(String),
    scope_attributes Map(LowCardinality(String), String),
    scope_types LowCardinality(String),
    scope_schema_url LowCardinality(String),

    event_times Array(DateTime64(9, 'UTC')),
    event_names Array(LowCardinality(String)),
    event_attributes Array(Map(LowCardinality(String), String)),
    event_types Array(String),
    event_dropped Array(UInt32),
    link_trace_ids Array(FixedString(16)),
    link_span_ids Array(FixedString(8)),
    link_trace_states Array(String),
    link_flags Array(UInt32),
    link_attributes Array(Map(LowCardinality(String), String)),
    link_types Array(String),
    link_dropped Array(UInt32),
    dropped_attributes UInt32,
    dropped_events UInt32,
    dropped_links UInt32,
    received_time DateTime64(9, 'UTC'),

    operation LowCardinality(String),
    provider LowCardinality(String),
    request_model LowCardinality(String),
    response_model LowCardinality(String),
    model LowCardinality(String),
    input_tokens Nullable(UInt64),
    output_tokens Nullable(UInt64),
    cache_read_tokens Nullable(UInt64),
    cache_write_tokens Nullable(UInt64),
    reasoning_tokens Nullable(UInt64),
    cost_usd Nullable(Float64),
    session_id String,
    user_id String,
    agent_name LowCardinality(String),
    tool_name LowCardinality(String),
    correlation_id String,
    ttft_ms Nullable(Float64),

    bucket DateTime('UTC') ALIAS toStartOfFiveMinutes(start_time),
    words Array(String) ALIAS arrayMap(text -> lower(text), arrayConcat(
        [toString(name), status_message],
        mapValues(long_attributes),
        arrayFlatten(arrayMap(attributes_of_event -> mapValues(attributes_of_event), event_attributes)))),

    INDEX attribute_keys_index mapKeys(attributes) TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX attribute_values_index mapValues(attributes) TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX long_keys_index mapKeys(long_attributes) TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX resource_values_index mapValues(resource_attributes) TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX scope_keys_index mapKeys(scope_attributes) TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX words_index arrayMap(text -> lower(text), arrayConcat(
        [toString(name), status_message],
        mapValues(long_attributes),
        arrayFlatten(arrayMap(attributes_of_event -> mapValues(attributes_of_event), event_attributes))))
        TYPE text(tokenizer = 'splitByNonAlpha', posting_list_codec = 'bitpacking'),
    INDEX trace_id_index trace_id TYPE bloom_filter(0.001) GRANULARITY 1,
    INDEX session_id_index session_id TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX user_id_index user_id TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX correlation_id_index correlation_id TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = {{engine MergeTree}}
PARTITION BY toDate(start_time)
ORDER BY (project, toStartOfFiveMinutes(start_time), trace_id, start_time)
SETTINGS index_granularity = 2048, default_compression_codec = 'ZSTD(1)', non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1,
    min_bytes_for_wide_part = 134217728, min_parts_to_merge_at_once = 6;

-- One row per trace, day of its spans and (until merged) insert. A reader groups by trace_id: late spans add rows.
CREATE TABLE IF NOT EXISTS {{trace_summaries}} {{on cluster}}
(
    project LowCardinality(String),
    trace_id FixedString(16),
    day Date,
    start_time SimpleAggregateFunction(min, DateTime64(9, 'UTC')),
    end_time SimpleAggregateFunction(max, DateTime64(9, 'UTC')),
    -- The root span when it has arrived, else the earliest span: the smallest tuple.
    head SimpleAggregateFunction(min, Tuple(is_child UInt8, start_time DateTime64(9, 'UTC'), name String, service String)),
    services SimpleAggregateFunction(groupUniqArrayArray, Array(String)),
    span_count SimpleAggregateFunction(sum, UInt64),
    error_count SimpleAggregateFunction(sum, UInt64),
    -- Sums over calls of models; `reported_…` is the largest value of any other span (an agent that repeats its calls' usage).
    input_tokens SimpleAggregateFunction(sum, Nullable(UInt64)),
    output_tokens SimpleAggregateFunction(sum, Nullable(UInt64)),
    cost_usd SimpleAggregateFunction(sum, Nullable(Float64)),
    reported_input_tokens SimpleAggregateFunction(max, Nullable(UInt64)),
    reported_output_tokens SimpleAggregateFunction(max, Nullable(UInt64)),
    reported_cost_usd SimpleAggregateFunction(max, Nullable(Float64)),
    session_id SimpleAggregateFunction(max, String),
    user_id SimpleAggregateFunction(max, String)
)
ENGINE = {{engine AggregatingMergeTree}}
PARTITION BY day
ORDER BY (project, trace_id)
SETTINGS index_granularity = 512, default_compression_codec = 'ZSTD(1)',
    non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1;

-- Traces by time, for "the newest": one row per trace and five minutes in which it has a span.
CREATE TABLE IF NOT EXISTS {{trace_starts}} {{on cluster}}
(
    project LowCardinality(String),
    bucket DateTime('UTC'),
    trace_id FixedString(16),
    start_time SimpleAggregateFunction(min, DateTime64(9, 'UTC'))
)
ENGINE = {{engine AggregatingMergeTree}}
PARTITION BY toDate(bucket)
ORDER BY (project, bucket, trace_id)
SETTINGS default_compression_codec = 'ZSTD(1)', non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS {{span_rollup_1m}} {{on cluster}}
(
    project LowCardinality(String),
    minute DateTime('UTC'),
    service LowCardinality(String),
    name LowCardinality(String),
    kind UInt8,
    operation LowCardinality(String),
    model LowCardinality(String),
    count SimpleAggregateFunction(sum, UInt64),
    error_count SimpleAggregateFunction(sum, UInt64),
    duration_ns_sum SimpleAggregateFunction(sum, UInt64),
    duration_ns_max SimpleAggregateFunction(max, UInt64),
    duration_ns_quantiles AggregateFunction(quantilesDD(0.01, 0.5, 0.9, 0.95, 0.99), UInt64),
    input_tokens SimpleAggregateFunction(sum, Nullable(UInt64)),
    output_tokens SimpleAggregateFunction(sum, Nullable(UInt64)),
    cost_usd SimpleAggregateFunction(sum, Nullable(Float64))
)
ENGINE = {{engine AggregatingMergeTree}}
PARTITION BY toDate(minute)
ORDER BY (project, service, name, kind, operation, model, minute)
SETTINGS default_compression_codec = 'ZSTD(1)', non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1;

-- The same without names, for whole services: a tenth of the states to merge.
CREATE TABLE IF NOT EXISTS {{service_rollup_1m}} {{on cluster}}
(
    project LowCardinality(String),
    minute DateTime('UTC'),
    service LowCardinality(String),
    count SimpleAggregateFunction(sum, UInt64),
    error_count SimpleAggregateFunction(sum, UInt64),
    duration_ns_sum SimpleAggregateFunction(sum, UInt64),
    duration_ns_max SimpleAggregateFunction(max, UInt64),
    duration_ns_quantiles AggregateFunction(quantilesDD(0.01, 0.5, 0.9, 0.95, 0.99), UInt64)
)
ENGINE = {{engine AggregatingMergeTree}}
PARTITION BY toDate(minute)
ORDER BY (project, service, minute)
SETTINGS default_compression_codec = 'ZSTD(1)', non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS {{logs}} {{on cluster}}
(
    project LowCardinality(String),
    time DateTime64(9, 'UTC'),
    log_id UInt64,
    event_time DateTime64(9, 'UTC'),
    observed_time DateTime64(9, 'UTC'),
    received_time DateTime64(9, 'UTC'),
    severity_number UInt8,
    severity_text LowCardinality(String),
    body String,
    body_type LowCardinality(FixedString(1)),
    event_name LowCardinality(String),
    service LowCardinality(String),
    trace_id FixedString(16),
    span_id FixedString(8),
    flags UInt32,
    attributes Map(LowCardinality(String), String),
    long_attributes Map(LowCardinality(String), String) CODEC(ZSTD(3)),
    attribute_types String,
    resource_attributes Map(LowCardinality(String), String) CODEC(ZSTD(3)),
    resource_types String,
    resource_schema_url LowCardinality(String),
    resource_dropped UInt32,
    scope_name LowCardinality(String),
    scope_version LowCardinality(String),
    scope_attributes Map(LowCardinality(String), String),
    scope_types LowCardinality(String),
    scope_schema_url LowCardinality(String),
    dropped_attributes UInt32,
    correlation_id String,
    session_id String,
    user_id String,

    bucket DateTime('UTC') ALIAS toStartOfFiveMinutes(time),
    words Array(String) ALIAS arrayMap(text -> lower(text), arrayConcat([body, toString(event_name)], mapValues(long_attributes))),

    INDEX attribute_keys_index mapKeys(attributes) TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX attribute_values_index mapValues(attributes) TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX long_keys_index mapKeys(long_attributes) TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX resource_values_index mapValues(resource_attributes) TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX scope_keys_index mapKeys(scope_attributes) TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX words_index arrayMap(text -> lower(text), arrayConcat([body, toString(event_name)], mapValues(long_attributes)))
        TYPE text(tokenizer = 'splitByNonAlpha', posting_list_codec = 'bitpacking'),
    INDEX trace_id_index trace_id TYPE bloom_filter(0.001) GRANULARITY 1,
    INDEX correlation_id_index correlation_id TYPE bloom_filter(0.001) GRANULARITY 1,
    INDEX session_id_index session_id TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = {{engine MergeTree}}
PARTITION BY toDate(time)
ORDER BY (project, toStartOfFiveMinutes(time), service, time, log_id)
SETTINGS default_compression_codec = 'ZSTD(1)', non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1,
    min_bytes_for_wide_part = 134217728, min_parts_to_merge_at_once = 6;

CREATE TABLE IF NOT EXISTS {{metric_points}} {{on cluster}}
(
    project LowCardinality(String),
    name LowCardinality(String),
    type LowCardinality(String),
    unit LowCardinality(String),
    description LowCardinality(String),
    temporality UInt8,
    monotonic Bool,
    service LowCardinality(String),
    series_id UInt64,
    attributes Map(LowCardinality(String), String),
    attribute_types LowCardinality(String),
    resource_attributes Map(LowCardinality(String), String) CODEC(ZSTD(3)),
    resource_types LowCardinality(String),
    resource_schema_url LowCardinality(String),
    scope_name LowCardinality(String),
    scope_version LowCardinality(String),
    scope_attributes Map(LowCardinality(String), String),
    scope_types LowCardinality(String),
    scope_schema_url LowCardinality(String),
    start_time DateTime64(9, 'UTC'),
    time DateTime64(9, 'UTC'),
    received_time DateTime64(9, 'UTC'),
    flags UInt32,
    value Float64,
    value_int Nullable(Int64),
    count UInt64,
    sum Nullable(Float64),
    min Nullable(Float64),
    max Nullable(Float64),
    bounds Array(Float64),
    bucket_counts Array(UInt64),
    scale Int32,
    zero_count UInt64,
    zero_threshold Float64,
    positive_offset Int32,
    positive_counts Array(UInt64),
    negative_offset Int32,
    negative_counts Array(UInt64),
    quantiles Array(Float64),
    quantile_values Array(Float64),
    exemplar_times Array(DateTime64(9, 'UTC')),
    exemplar_values Array(Float64),
    exemplar_trace_ids Array(FixedString(16)),
    exemplar_span_ids Array(FixedString(8)),
    exemplar_attributes Array(Map(LowCardinality(String), String))
)
ENGINE = {{engine MergeTree}}
PARTITION BY toDate(time)
ORDER BY (project, name, series_id, time)
SETTINGS default_compression_codec = 'ZSTD(1)', non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1,
    min_bytes_for_wide_part = 134217728, min_parts_to_merge_at_once = 6;

-- Every metric name with what a list needs.
CREATE TABLE IF NOT EXISTS {{metric_names}} {{on cluster}}
(
    project LowCardinality(String),
    name LowCardinality(String),
    type LowCardinality(String),
    unit SimpleAggregateFunction(anyLast, LowCardinality(String)),
    description SimpleAggregateFunction(anyLast, String),
    temporality SimpleAggregateFunction(max, UInt8),
    monotonic SimpleAggregateFunction(max, UInt8),
    services SimpleAggregateFunction(groupUniqArrayArray, Array(String)),
    first_seen SimpleAggregateFunction(min, DateTime('UTC')),
    last_seen SimpleAggregateFunction(max, DateTime('UTC')),
    point_count SimpleAggregateFunction(sum, UInt64)
)
ENGINE = {{engine AggregatingMergeTree}}
ORDER BY (project, name, type)
SETTINGS default_compression_codec = 'ZSTD(1)', non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS {{attribute_keys}} {{on cluster}}
(
    project LowCardinality(String),
    signal LowCardinality(String),
    source LowCardinality(String),
    key LowCardinality(String),
    type LowCardinality(String),
    last_seen SimpleAggregateFunction(max, DateTime('UTC')),
    count SimpleAggregateFunction(sum, UInt64)
)
ENGINE = {{engine AggregatingMergeTree}}
ORDER BY (project, signal, source, key, type)
SETTINGS default_compression_codec = 'ZSTD(1)', non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1;

-- What came in, by minute: a row with an empty reason counts accepted items, one with a reason rejected items.
CREATE TABLE IF NOT EXISTS {{ledger}} {{on cluster}}
(
    project LowCardinality(String),
    signal LowCardinality(String),
    minute DateTime('UTC'),
    reason LowCardinality(String),
    accepted UInt64,
    rejected UInt64
)
ENGINE = {{engine SummingMergeTree((accepted, rejected))}}
ORDER BY (project, signal, minute, reason)
SETTINGS default_compression_codec = 'ZSTD(1)', non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1;

-- Views. Each sees one insert; readers merge. A call of a model counts its tokens, other spans only report them.
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
    sumIf(spans.input_tokens, operation IN ('llm', 'embedding', 'rerank')) AS input_tokens,
    sumIf(spans.output_tokens, operation IN ('llm', 'embedding', 'rerank')) AS output_tokens,
    sumIf(spans.cost_usd, operation IN ('llm', 'embedding', 'rerank')) AS cost_usd,
    maxIf(spans.input_tokens, operation NOT IN ('llm', 'embedding', 'rerank')) AS reported_input_tokens,
    maxIf(spans.output_tokens, operation NOT IN ('llm', 'embedding', 'rerank')) AS reported_output_tokens,
    maxIf(spans.cost_usd, operation NOT IN ('llm', 'embedding', 'rerank')) AS reported_cost_usd,
    max(spans.session_id) AS session_id,
    max(spans.user_id) AS user_id
FROM {{spans}} AS spans
GROUP BY project, trace_id, day;

CREATE MATERIALIZED VIEW IF NOT EXISTS {{trace_starts_view}} {{on cluster}} TO {{trace_starts}} AS
SELECT project, toStartOfFiveMinutes(summaries.start_time) AS bucket, trace_id, min(summaries.start_time) AS start_time
FROM {{trace_summaries}} AS summaries
GROUP BY project, bucket, trace_id;

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
    quantilesDDState(0.01, 0.5, 0.9, 0.95, 0.99)(duration_ns) AS duration_ns_quantiles,
    sum(spans.input_tokens) AS input_tokens,
    sum(spans.output_tokens) AS output_tokens,
    sum(spans.cost_usd) AS cost_usd
FROM {{spans}} AS spans
GROUP BY project, minute, service, name, kind, operation, model;

CREATE MATERIALIZED VIEW IF NOT EXISTS {{service_rollup_1m_view}} {{on cluster}} TO {{service_rollup_1m}} AS
SELECT
    project,
    minute,
    service,
    sum(rollup.count) AS count,
    sum(rollup.error_count) AS error_count,
    sum(rollup.duration_ns_sum) AS duration_ns_sum,
    max(rollup.duration_ns_max) AS duration_ns_max,
    quantilesDDMergeState(0.01, 0.5, 0.9, 0.95, 0.99)(rollup.duration_ns_quantiles) AS duration_ns_quantiles
FROM {{span_rollup_1m}} AS rollup
GROUP BY project, minute, service;

CREATE MATERIALIZED VIEW IF NOT EXISTS {{metric_names_view}} {{on cluster}} TO {{metric_names}} AS
SELECT
    project,
    name,
    type,
    anyLast(points.unit) AS unit,
    anyLast(toString(points.description)) AS description,
    max(points.temporality) AS temporality,
    max(toUInt8(points.monotonic)) AS monotonic,
    groupUniqArray(toString(service)) AS services,
    toDateTime(min(time), 'UTC') AS first_seen,
    toDateTime(max(time), 'UTC') AS last_seen,
    count() AS point_count
FROM {{metric_points}} AS points
GROUP BY project, name, type;

-- Keys with their types for completion. `count` is the number of inserts (by service and scope) that had the key.
CREATE MATERIALIZED VIEW IF NOT EXISTS {{span_keys_view}} {{on cluster}} TO {{attribute_keys}} AS
SELECT project, 'traces' AS signal, entry.1 AS source, substring(entry.2, 2) AS key, left(entry.2, 1) AS type, max(seen) AS last_seen, count() AS count
FROM (
    SELECT project, service, scope_name, toDateTime(max(start_time), 'UTC') AS seen,
        groupUniqArrayArray(arrayMap((key, type) -> concat(type, key), mapKeys(attributes), splitByString('', attribute_types))) AS keys,
        any(arrayMap((key, type) -> concat(type, key), mapKeys(resource_attributes), splitByString('', resource_types))) AS resource_keys,
        any(arrayMap((key, type) -> concat(type, key), mapKeys(scope_attributes), splitByString('', toString(scope_types)))) AS scope_keys
    FROM {{spans}}
    GROUP BY project, service, scope_name)
ARRAY JOIN arrayConcat(arrayMap(key -> ('attribute', key), keys), arrayMap(key -> ('resource', key), resource_keys), arrayMap(key -> ('scope', key), scope_keys)) AS entry
GROUP BY project, signal, source, key, type;

CREATE MATERIALIZED VIEW IF NOT EXISTS {{log_keys_view}} {{on cluster}} TO {{attribute_keys}} AS
SELECT project, 'logs' AS signal, entry.1 AS source, substring(entry.2, 2) AS key, left(entry.2, 1) AS type, max(seen) AS last_seen, count() AS count
FROM (
    SELECT project, service, scope_name, toDateTime(max(time), 'UTC') AS seen,
        groupUniqArrayArray(arrayMap((key, type) -> concat(type, key), mapKeys(attributes), splitByString('', attribute_types))) AS keys,
        any(arrayMap((key, type) -> concat(type, key), mapKeys(resource_attributes), splitByString('', resource_types))) AS resource_keys,
        any(arrayMap((key, type) -> concat(type, key), mapKeys(scope_attributes), splitByString('', toString(scope_types)))) AS scope_keys
    FROM {{logs}}
    GROUP BY project, service, scope_name)
ARRAY JOIN arrayConcat(arrayMap(key -> ('attribute', key), keys), arrayMap(key -> ('resource', key), resource_keys), arrayMap(key -> ('scope', key), scope_keys)) AS entry
GROUP BY project, signal, source, key, type;

CREATE MATERIALIZED VIEW IF NOT EXISTS {{metric_keys_view}} {{on cluster}} TO {{attribute_keys}} AS
SELECT project, 'metrics' AS signal, entry.1 AS source, substring(entry.2, 2) AS key, left(entry.2, 1) AS type, max(seen) AS last_seen, count() AS count
FROM (
    SELECT project, service, scope_name, toDateTime(max(time), 'UTC') AS seen,
        groupUniqArrayArray(arrayMap((key, type) -> concat(type, key), mapKeys(attributes), splitByString('', toString(attribute_types)))) AS keys,
        any(arrayMap((key, type) -> concat(type, key), mapKeys(resource_attributes), splitByString('', toString(resource_types)))) AS resource_keys,
        any(arrayMap((key, type) -> concat(type, key), mapKeys(scope_attributes), splitByString('', toString(scope_types)))) AS scope_keys
    FROM {{metric_points}}
    GROUP BY project, service, scope_name)
ARRAY JOIN arrayConcat(arrayMap(key -> ('attribute', key), keys), arrayMap(key -> ('resource', key), resource_keys), arrayMap(key -> ('scope', key), scope_keys)) AS entry
GROUP BY project, signal, source, key, type;

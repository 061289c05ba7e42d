-- Scores: what evaluators, programs and people said about spans, traces and sessions. See docs/internals/evaluation.md.

-- A score of the same id replaces the one before (the same time, the later received_time); `is_deleted` takes it away. Always read with FINAL.
CREATE TABLE IF NOT EXISTS {{scores}} {{on cluster}}
(
    project LowCardinality(String),
    score_id String,
    time DateTime64(9, 'UTC') CODEC(Delta(8), ZSTD(1)),
    received_time DateTime64(9, 'UTC') CODEC(Delta(8), ZSTD(1)),
    is_deleted UInt8,
    -- What was scored: a span, else a trace, else a session. Zero bytes and '' mean none.
    trace_id FixedString(16),
    span_id FixedString(8),
    session_id String,
    -- The evaluated answer, where the score came without its span.
    response_id String,
    service LowCardinality(String),
    name LowCardinality(String),
    value Nullable(Float64),
    label LowCardinality(String),
    comment String,
    source LowCardinality(String),
    who String,
    evaluator_id LowCardinality(String),
    judge_model LowCardinality(String),
    judge_input_tokens Nullable(UInt64),
    judge_output_tokens Nullable(UInt64),
    judge_cost_usd Nullable(Float64),

    bucket DateTime('UTC') ALIAS toStartOfFiveMinutes(time),
    INDEX score_id_index score_id TYPE bloom_filter(0.001) GRANULARITY 1,
    INDEX trace_id_index trace_id TYPE bloom_filter(0.001) GRANULARITY 1,
    INDEX session_id_index session_id TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = {{engine ReplacingMergeTree(received_time, is_deleted)}}
PARTITION BY toDate(time)
ORDER BY (project, toStartOfFiveMinutes(time), score_id)
SETTINGS index_granularity = 1024, default_compression_codec = 'ZSTD(1)',
    non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1;

-- Log records `gen_ai.evaluation.result`. The id follows from the content: the same record sent twice is one score.
-- The SDK writes span id 1 where a trace is scored and not one of its spans.
CREATE MATERIALIZED VIEW IF NOT EXISTS {{log_scores_view}} {{on cluster}} TO {{scores}} AS
SELECT
    project,
    lower(hex(MD5(concat(trace_id, span_id, toString(logs.time), name, toString(attributes['gen_ai.evaluation.score.value']), label)))) AS score_id,
    logs.time AS time,
    logs.received_time AS received_time,
    logs.trace_id AS trace_id,
    if(logs.span_id = unhex('0000000000000001'), toFixedString('', 8), logs.span_id) AS span_id,
    logs.session_id AS session_id,
    attributes['gen_ai.response.id'] AS response_id,
    service,
    left(if(attributes['gen_ai.evaluation.name'] = '', 'evaluation', attributes['gen_ai.evaluation.name']), 200) AS name,
    if(isFinite(ifNull(toFloat64OrNull(attributes['gen_ai.evaluation.score.value']), nan)), toFloat64OrNull(attributes['gen_ai.evaluation.score.value']), NULL) AS value,
    left(multiIf(attributes['gen_ai.evaluation.score.label'] != '', attributes['gen_ai.evaluation.score.label'], attributes['error.type'] != '', 'error', ''), 200) AS label,
    multiIf(attributes['gen_ai.evaluation.explanation'] != '', attributes['gen_ai.evaluation.explanation'],
        long_attributes['gen_ai.evaluation.explanation'] != '', long_attributes['gen_ai.evaluation.explanation'], attributes['error.type']) AS comment,
    'telemetry' AS source
FROM {{logs}} AS logs
WHERE event_name = 'gen_ai.evaluation.result' OR attributes['event.name'] = 'gen_ai.evaluation.result';

-- Span events of the same name, and OpenInference's `[trace.|session.](annotations|evaluations).<i>.(annotation|evaluation).…`.
CREATE MATERIALIZED VIEW IF NOT EXISTS {{span_scores_view}} {{on cluster}} TO {{scores}} AS
SELECT
    project,
    lower(hex(MD5(concat(trace_id, spans.span_id, found.id)))) AS score_id,
    found.time AS time,
    spans.received_time AS received_time,
    if(found.target = 'session' AND spans.session_id != '', toFixedString('', 16), spans.trace_id) AS trace_id,
    if(found.target = 'span', spans.span_id, toFixedString('', 8)) AS span_id,
    spans.session_id AS session_id,
    spans.response_id AS response_id,
    service,
    left(if(found.name = '', 'evaluation', found.name), 200) AS name,
    if(isFinite(ifNull(toFloat64OrNull(found.value), nan)), toFloat64OrNull(found.value), NULL) AS value,
    left(multiIf(found.label != '', found.label, found.error != '', 'error', ''), 200) AS label,
    if(found.comment = '', found.error, found.comment) AS comment,
    'telemetry' AS source,
    lower(found.who) AS who
FROM {{spans}} AS spans
ARRAY JOIN arrayConcat(
    arrayFilter(event -> event.id != '', arrayMap((event_name, event_time, event) -> CAST(tuple(
            if(event_name = 'gen_ai.evaluation.result', concat(toString(event_time), event['gen_ai.evaluation.name'], event['gen_ai.evaluation.score.value'], event['gen_ai.evaluation.score.label']), ''),
            event_time, 'span', event['gen_ai.evaluation.name'], event['gen_ai.evaluation.score.value'], event['gen_ai.evaluation.score.label'],
            event['gen_ai.evaluation.explanation'], event['error.type'], ''),
            'Tuple(id String, time DateTime64(9, \'UTC\'), target String, name String, value String, label String, comment String, error String, who String)'),
        event_names, event_times, event_attributes)),
    arrayMap(stem -> CAST(tuple(
            stem, spans.start_time + toIntervalNanosecond(spans.duration_ns), if(startsWith(stem, 'trace.'), 'trace', if(startsWith(stem, 'session.'), 'session', 'span')),
            attributes[concat(stem, 'name')], attributes[concat(stem, 'score')], attributes[concat(stem, 'label')],
            if(attributes[concat(stem, 'explanation')] = '', long_attributes[concat(stem, 'explanation')], attributes[concat(stem, 'explanation')]), '',
            if(attributes[concat(stem, 'identifier')] = '', attributes[concat(stem, 'annotator_kind')], attributes[concat(stem, 'identifier')])),
            'Tuple(id String, time DateTime64(9, \'UTC\'), target String, name String, value String, label String, comment String, error String, who String)'),
        arrayDistinct(arrayMap(key -> substring(key, 1, length(key) - 4),
            arrayFilter(key -> match(key, '^(trace\\.|session\\.)?(annotations|evaluations)\\.\\d+\\.(annotation|evaluation)\\.name$'), mapKeys(attributes)))))) AS found
WHERE has(event_names, 'gen_ai.evaluation.result')
    OR mapContains(attributes, 'annotations.0.annotation.name') OR mapContains(attributes, 'evaluations.0.evaluation.name')
    OR mapContains(attributes, 'trace.annotations.0.annotation.name') OR mapContains(attributes, 'trace.evaluations.0.evaluation.name')
    OR mapContains(attributes, 'session.annotations.0.annotation.name') OR mapContains(attributes, 'session.evaluations.0.evaluation.name');

-- When something of a trace of an agent or model came into the tables: evaluators wait until a trace is quiet.
CREATE TABLE IF NOT EXISTS {{trace_arrivals}} {{on cluster}}
(
    project LowCardinality(String),
    arrived DateTime('UTC') CODEC(Delta(4), ZSTD(1)),
    trace_id FixedString(16)
)
ENGINE = {{engine MergeTree}}
PARTITION BY toDate(arrived)
ORDER BY (project, arrived, trace_id)
TTL arrived + INTERVAL 2 DAY
SETTINGS default_compression_codec = 'ZSTD(1)', ttl_only_drop_parts = 1,
    non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1;

CREATE MATERIALIZED VIEW IF NOT EXISTS {{trace_arrivals_view}} {{on cluster}} TO {{trace_arrivals}} AS
SELECT DISTINCT project, now('UTC') AS arrived, trace_id
FROM {{spans}}
WHERE operation NOT IN ('other', 'http', 'db', 'messaging');

-- What agents, models and tools did, as a narrow table of its own: a tenth of the spans, and none of their payloads.

ALTER TABLE {{spans}} {{on cluster}}
    ADD COLUMN IF NOT EXISTS response_id String,
    ADD COLUMN IF NOT EXISTS service_tier LowCardinality(String);

-- One row per span whose operation is not other, http, db or messaging. Here alone stands what a call cost: `cost_usd` is what counts, the
-- computed price or, where there is none (`price_version` is ''), what the client reported. In spans, cost_usd is what the client reported.
CREATE TABLE IF NOT EXISTS {{ai_spans}} {{on cluster}}
(
    project LowCardinality(String),
    trace_id FixedString(16),
    span_id FixedString(8),
    parent_span_id FixedString(8),
    name LowCardinality(String),
    service LowCardinality(String),
    service_version LowCardinality(String),
    environment LowCardinality(String),
    start_time DateTime64(9, 'UTC') CODEC(Delta(8), ZSTD(1)),
    duration_ns UInt64 CODEC(T64, ZSTD(1)),
    status_code UInt8,
    operation LowCardinality(String),
    provider LowCardinality(String),
    model LowCardinality(String),
    response_id String,
    service_tier LowCardinality(String),
    prompt_name LowCardinality(String),
    input_tokens Nullable(UInt64),
    output_tokens Nullable(UInt64),
    cache_read_tokens Nullable(UInt64),
    cache_write_tokens Nullable(UInt64),
    reasoning_tokens Nullable(UInt64),
    cost_usd Nullable(Float64),
    reported_cost_usd Nullable(Float64),
    price_version LowCardinality(String),
    session_id String,
    user_id String,
    agent_name LowCardinality(String),
    tool_name LowCardinality(String),
    ttft_ms Nullable(Float64),

    bucket DateTime('UTC') ALIAS toStartOfFiveMinutes(start_time),
    INDEX trace_id_index trace_id TYPE bloom_filter(0.001) GRANULARITY 1,
    INDEX session_id_index session_id TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX user_id_index user_id TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = {{engine MergeTree}}
PARTITION BY toDate(start_time)
ORDER BY (project, toStartOfFiveMinutes(start_time), trace_id, start_time)
SETTINGS default_compression_codec = 'ZSTD(1)', non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1;

-- Spans that are here already. Nothing is loaded while migrations run, so an interrupted copy starts afresh.
DROP TABLE IF EXISTS {{ai_spans_view}} {{on cluster}};
TRUNCATE TABLE {{ai_spans}} {{on cluster}};
INSERT INTO {{ai_spans}} SELECT
    project, trace_id, span_id, parent_span_id, name, service,
    resource_attributes['service.version'] AS service_version,
    if(resource_attributes['deployment.environment.name'] != '', resource_attributes['deployment.environment.name'], resource_attributes['deployment.environment']) AS environment,
    start_time, duration_ns, status_code, operation, provider, model, response_id, service_tier,
    if(attributes['gen_ai.prompt.name'] != '', attributes['gen_ai.prompt.name'], attributes['langfuse.observation.prompt.name']) AS prompt_name,
    input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, reasoning_tokens, cost_usd, cost_usd AS reported_cost_usd, '' AS price_version,
    session_id, user_id, agent_name, tool_name, ttft_ms
FROM {{spans}}
WHERE operation NOT IN ('other', 'http', 'db', 'messaging');

CREATE MATERIALIZED VIEW IF NOT EXISTS {{ai_spans_view}} {{on cluster}} TO {{ai_spans}} AS SELECT
    project, trace_id, span_id, parent_span_id, name, service,
    resource_attributes['service.version'] AS service_version,
    if(resource_attributes['deployment.environment.name'] != '', resource_attributes['deployment.environment.name'], resource_attributes['deployment.environment']) AS environment,
    start_time, duration_ns, status_code, operation, provider, model, response_id, service_tier,
    if(attributes['gen_ai.prompt.name'] != '', attributes['gen_ai.prompt.name'], attributes['langfuse.observation.prompt.name']) AS prompt_name,
    input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, reasoning_tokens, cost_usd, cost_usd AS reported_cost_usd, '' AS price_version,
    session_id, user_id, agent_name, tool_name, ttft_ms
FROM {{spans}}
WHERE operation NOT IN ('other', 'http', 'db', 'messaging');

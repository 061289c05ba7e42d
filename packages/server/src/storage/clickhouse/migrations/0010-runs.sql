-- What is known of a run, as a row, so that lists and sums need not put a million traces together each time they are asked. Filled from ai_spans
-- a while after its rows came (runs/run-keeper.ts); what came later, or was priced anew since, is read from ai_spans itself.

-- When a row came into the table or was last changed where it is.
ALTER TABLE {{ai_spans}} {{on cluster}}
    ADD COLUMN IF NOT EXISTS changed_time DateTime64(3, 'UTC') DEFAULT stored_time,
    ADD INDEX IF NOT EXISTS changed_time_index changed_time TYPE minmax GRANULARITY 4;
ALTER TABLE {{ai_spans}} {{on cluster}} MATERIALIZE INDEX changed_time_index SETTINGS mutations_sync = 0;

-- A row a run, as `runRows` (query/sql/run-rows-sql.ts) gives it. `calls` are calls of models and whatever has counted usage, `other_calls` those of agents and
-- tools; together they are what `callRows` gives. A tool with usage of its own stands in both, marked in the latter. The newest version of a key counts; where a late span moves the start of a run, the row of its old place is deleted.
CREATE TABLE IF NOT EXISTS {{runs}} {{on cluster}}
(
    project LowCardinality(String),
    generation UInt32,
    trace_id FixedString(16),
    version UInt64,
    is_deleted UInt8,
    start_time DateTime64(9, 'UTC') CODEC(Delta(8), ZSTD(1)),
    -- The start of its last step.
    last_time DateTime64(9, 'UTC') CODEC(Delta(8), ZSTD(1)),
    end_nanos Int64 CODEC(Delta(8), ZSTD(1)),
    name LowCardinality(String),
    operation LowCardinality(String),
    service LowCardinality(String),
    service_version LowCardinality(String),
    environment LowCardinality(String),
    status_code UInt8,
    first_agent LowCardinality(String),
    steps UInt64 CODEC(T64, ZSTD(1)),
    llm_calls UInt64 CODEC(T64, ZSTD(1)),
    tool_calls UInt64 CODEC(T64, ZSTD(1)),
    error_count UInt64 CODEC(T64, ZSTD(1)),
    is_failed UInt8,
    session_id String,
    user_id String,
    -- All that its steps name, for filters.
    session_ids Array(String),
    user_ids Array(String),
    environment_names Array(LowCardinality(String)),
    mentioned_models Array(LowCardinality(String)),
    tool_names Array(LowCardinality(String)),
    agent_names Array(LowCardinality(String)),
    service_names Array(LowCardinality(String)),
    version_names Array(LowCardinality(String)),
    model_names Array(LowCardinality(String)),
    billed_models Array(Tuple(LowCardinality(String), LowCardinality(String), Nullable(Float64))),
    input_tokens Nullable(Float64),
    output_tokens Nullable(Float64),
    cache_read_tokens Nullable(Float64),
    cache_write_tokens Nullable(Float64),
    reasoning_tokens Nullable(Float64),
    cost_usd Nullable(Float64),
    unpriced_calls UInt64 CODEC(T64, ZSTD(1)),
    calls Nested
    (
        span_id FixedString(8),
        start Int64,
        duration UInt64,
        operation LowCardinality(String),
        name LowCardinality(String),
        service LowCardinality(String),
        version LowCardinality(String),
        environment LowCardinality(String),
        provider LowCardinality(String),
        model LowCardinality(String),
        agent LowCardinality(String),
        tool LowCardinality(String),
        prompt LowCardinality(String),
        is_error UInt8,
        ttft Nullable(Float64),
        is_counted UInt8,
        input_tokens Nullable(Float64),
        output_tokens Nullable(Float64),
        cache_read_tokens Nullable(Float64),
        cache_write_tokens Nullable(Float64),
        reasoning_tokens Nullable(Float64),
        cost_usd Nullable(Float64)
    ),
    other_calls Nested
    (
        span_id FixedString(8),
        start Int64,
        duration UInt64,
        operation LowCardinality(String),
        name LowCardinality(String),
        service LowCardinality(String),
        version LowCardinality(String),
        environment LowCardinality(String),
        model LowCardinality(String),
        agent LowCardinality(String),
        tool LowCardinality(String),
        is_error UInt8,
        is_in_calls UInt8
    ),

    bucket DateTime('UTC') ALIAS toStartOfFiveMinutes(start_time),
    INDEX last_time_index last_time TYPE minmax GRANULARITY 1
)
ENGINE = {{engine ReplacingMergeTree(version, is_deleted)}}
PARTITION BY toDate(start_time)
ORDER BY (project, generation, toStartOfFiveMinutes(start_time), trace_id)
SETTINGS default_compression_codec = 'ZSTD(1)', fsync_after_insert = 1, fsync_part_directory = 1;

-- Up to when rows of ai_spans are known in runs: the newest row says it. A new generation is begun where all has to be made anew.
CREATE TABLE IF NOT EXISTS {{runs_progress}} {{on cluster}}
(
    name LowCardinality(String),
    generation UInt32,
    until DateTime64(3, 'UTC'),
    recorded DateTime64(9, 'UTC') DEFAULT now64(9, 'UTC')
)
ENGINE = {{engine ReplacingMergeTree(recorded)}}
ORDER BY (name, generation)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

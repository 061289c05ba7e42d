-- Sums of the runs that began in the same ten minutes, and of their calls, so that the overview of a day need not look at a million runs. Made from
-- runs once these ten minutes have been quiet (runs/sum-keeper.ts), and deleted as soon as one of their runs changes.

-- A row for each kind of sum (query/sql/run-sums-sql.ts); one of kind 'run' stands for all of its ten minutes. `at` are the ten minutes in which calls
-- began, seconds since 1970; those of runs are their bucket. The newest version of a key counts.
CREATE TABLE IF NOT EXISTS {{run_sums}} {{on cluster}}
(
    project LowCardinality(String),
    generation UInt32,
    kind LowCardinality(String),
    bucket DateTime('UTC'),
    version UInt64,
    is_deleted UInt8,
    -- 0 where it would have more parts than summing up ahead is worth: then there are none.
    is_kept UInt8,
    -- Of kind 'run': the start of the last step of these runs.
    last_time DateTime64(9, 'UTC'),
    parts Nested
    (
        at UInt32,
        key LowCardinality(String),
        prompt LowCardinality(String),
        name LowCardinality(String),
        items UInt64,
        errors UInt64,
        llm_calls UInt64,
        durations AggregateFunction(quantilesDD(0.01, 0.5, 0.95), Float64),
        streamed UInt64,
        ttfts AggregateFunction(quantilesDD(0.01, 0.5, 0.95), Float64),
        input_tokens Nullable(Float64),
        output_tokens Nullable(Float64),
        cache_read_tokens Nullable(Float64),
        cache_write_tokens Nullable(Float64),
        reasoning_tokens Nullable(Float64),
        cost_usd Nullable(Float64),
        unpriced_calls UInt64
    )
)
ENGINE = {{engine ReplacingMergeTree(version, is_deleted)}}
PARTITION BY toDate(bucket)
ORDER BY (project, generation, kind, bucket)
SETTINGS index_granularity = 64, default_compression_codec = 'ZSTD(1)', fsync_after_insert = 1, fsync_part_directory = 1;

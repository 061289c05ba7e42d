-- Who called whom in each part of the time, so that the map of a day need not look at millions of spans. Made from spans once a part has been quiet (runs/edge-keeper.ts), and
-- taken away as soon as a span of one of its traces comes late. Parts are of five minutes, an hour and a day; those of an hour and a day are put together from shorter ones.
CREATE TABLE IF NOT EXISTS {{service_edges}} {{on cluster}}
(
    project LowCardinality(String),
    -- That of runs: where spans are derived anew, another begins.
    generation UInt32,
    seconds UInt32,
    slot DateTime('UTC'),
    version UInt64,
    is_deleted UInt8,
    -- Spans that were stored until then are in it.
    seen DateTime64(3, 'UTC'),
    -- That were looked at, and about how many there are.
    spans UInt64,
    all_spans UInt64,
    -- query/analysis/edge-body.ts
    body String CODEC(ZSTD(3))
)
ENGINE = {{engine ReplacingMergeTree(version, is_deleted)}}
PARTITION BY toDate(slot)
ORDER BY (project, generation, seconds, slot)
SETTINGS index_granularity = 16, default_compression_codec = 'ZSTD(1)', {{durable}};

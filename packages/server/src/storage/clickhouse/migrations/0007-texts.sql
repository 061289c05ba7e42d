-- Long texts of spans by their content (schema/otlp/content-texts.ts): a prompt that repeats what was said before costs ids instead of words.
-- `long_attributes` and `event_attributes` have a mark in the place of each text, char(1), its number in `text_ids`, char(2).

ALTER TABLE {{spans}} {{on cluster}} ADD COLUMN IF NOT EXISTS text_ids Array(FixedString(16)) CODEC(ZSTD(3));

-- A row per text, day of its spans and (until merged) load. Readers take any body of an id. Parts with a day's texts go with the day's spans.
CREATE TABLE IF NOT EXISTS {{texts}} {{on cluster}}
(
    project LowCardinality(String),
    id FixedString(16),
    body SimpleAggregateFunction(any, String) CODEC(ZSTD(3)),
    first_time SimpleAggregateFunction(min, DateTime64(9, 'UTC')) CODEC(Delta(8), ZSTD(1)),
    last_time SimpleAggregateFunction(max, DateTime64(9, 'UTC')) CODEC(Delta(8), ZSTD(1)),
    -- Of the trace it came with, for the shard.
    trace_hash SimpleAggregateFunction(any, UInt64),
    words String ALIAS lower(body),
    INDEX words_index lower(body) TYPE text(tokenizer = 'splitByNonAlpha', posting_list_codec = 'bitpacking')
)
ENGINE = {{engine AggregatingMergeTree}}
PARTITION BY toDate(first_time)
ORDER BY (project, id)
SETTINGS index_granularity = 64, default_compression_codec = 'ZSTD(1)', min_parts_to_merge_at_once = 10,
    non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1;

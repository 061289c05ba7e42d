-- Percentiles of services by time first and in small granules: reading a state of quantiles costs more than merging it, and an hour of services lay in every
-- granule of the day. And by hours, for days and weeks: thirty days of forty services are 1.7 million minutes.
-- Filled from what there is where they are made, so that every node of a cluster does so by itself. Made anew after an interruption.

DROP TABLE IF EXISTS {{service_rollup_1h_view}} {{on cluster}};
DROP TABLE IF EXISTS {{service_rollup_1m_view}} {{on cluster}};
DROP TABLE IF EXISTS {{service_rollup_1h}} {{on cluster}} SYNC;
DROP TABLE IF EXISTS {{service_rollup_1m}} {{on cluster}} SYNC;
CREATE TABLE {{service_rollup_1m}} {{on cluster}}
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
ORDER BY (project, minute, service)
SETTINGS index_granularity = 256, default_compression_codec = 'ZSTD(1)', non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1
AS SELECT
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
CREATE MATERIALIZED VIEW {{service_rollup_1m_view}} {{on cluster}} TO {{service_rollup_1m}} AS
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
CREATE TABLE {{service_rollup_1h}} {{on cluster}}
(
    project LowCardinality(String),
    hour DateTime('UTC'),
    service LowCardinality(String),
    count SimpleAggregateFunction(sum, UInt64),
    error_count SimpleAggregateFunction(sum, UInt64),
    duration_ns_quantiles AggregateFunction(quantilesDD(0.01, 0.5, 0.9, 0.95, 0.99), UInt64)
)
ENGINE = {{engine AggregatingMergeTree}}
PARTITION BY toDate(hour)
ORDER BY (project, hour, service)
SETTINGS index_granularity = 256, default_compression_codec = 'ZSTD(1)', non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1
AS SELECT
    project,
    toStartOfHour(minute) AS hour,
    service,
    sum(rollup.count) AS count,
    sum(rollup.error_count) AS error_count,
    quantilesDDMergeState(0.01, 0.5, 0.9, 0.95, 0.99)(rollup.duration_ns_quantiles) AS duration_ns_quantiles
FROM {{service_rollup_1m}} AS rollup
GROUP BY project, hour, service;
CREATE MATERIALIZED VIEW {{service_rollup_1h_view}} {{on cluster}} TO {{service_rollup_1h}} AS
SELECT
    project,
    toStartOfHour(minute) AS hour,
    service,
    sum(rollup.count) AS count,
    sum(rollup.error_count) AS error_count,
    quantilesDDMergeState(0.01, 0.5, 0.9, 0.95, 0.99)(rollup.duration_ns_quantiles) AS duration_ns_quantiles
FROM {{service_rollup_1m}} AS rollup
GROUP BY project, hour, service;

-- Hours of services, for percentiles over days and weeks: minutes alone are 1.7 million states of quantiles for forty services in thirty days.
-- Filled from what there is where it is made, so that every node of a cluster does so by itself. Made anew after an interruption.

DROP TABLE IF EXISTS {{service_rollup_1h_view}} {{on cluster}};
DROP TABLE IF EXISTS {{service_rollup_1h}} {{on cluster}} SYNC;
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
ORDER BY (project, service, hour)
SETTINGS default_compression_codec = 'ZSTD(1)', non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1
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

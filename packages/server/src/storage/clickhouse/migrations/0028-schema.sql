-- The whole schema. `{{name}}` is the physical table (`name_local` on a cluster), `{{engine X}}` the table engine X or its replicated twin, `{{durable}}` what
-- keeps a table whole through a power cut. Why it is like this, with measurements: docs/internals/storage.md.

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
    -- Long texts by their content, see texts. `long_attributes` and `event_attributes` have a mark in the place of each: char(1), its number here, char(2).
    text_ids Array(FixedString(16)) CODEC(ZSTD(3)),
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
    -- When the row came into the table, so that what is new is read without the rest.
    stored_time DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),

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
    cache_write_1h_tokens Nullable(UInt64),
    input_audio_tokens Nullable(UInt64),
    output_audio_tokens Nullable(UInt64),
    -- What the client reported.
    cost_usd Nullable(Float64),
    session_id String,
    user_id String,
    agent_name LowCardinality(String),
    tool_name LowCardinality(String),
    correlation_id String,
    ttft_ms Nullable(Float64),
    response_id String,
    service_tier LowCardinality(String),

    bucket DateTime('UTC') ALIAS toStartOfFiveMinutes(start_time),
    -- Words of any script: the tokenizer ends a word at signs of ASCII only, and `lower` knows its letters only.
    words Array(String) ALIAS arrayMap(text -> if(isValidASCII(text), lower(text), replaceRegexpAll(lowerUTF8(text), '[^\\p{L}\\p{N}]+', ' ')), arrayConcat(
        [toString(name), status_message],
        mapValues(long_attributes),
        arrayFlatten(arrayMap(attributes_of_event -> mapValues(attributes_of_event), event_attributes)))),
    -- The texts as they are, for phrases.
    lowered Array(String) ALIAS arrayMap(text -> lowerUTF8(text), arrayConcat(
        [toString(name), status_message],
        mapValues(long_attributes),
        arrayFlatten(arrayMap(attributes_of_event -> mapValues(attributes_of_event), event_attributes)))),

    INDEX attribute_keys_index mapKeys(attributes) TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX attribute_values_index mapValues(attributes) TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX long_keys_index mapKeys(long_attributes) TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX resource_values_index mapValues(resource_attributes) TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX scope_keys_index mapKeys(scope_attributes) TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX word_index arrayMap(text -> if(isValidASCII(text), lower(text), replaceRegexpAll(lowerUTF8(text), '[^\\p{L}\\p{N}]+', ' ')), arrayConcat(
        [toString(name), status_message],
        mapValues(long_attributes),
        arrayFlatten(arrayMap(attributes_of_event -> mapValues(attributes_of_event), event_attributes))))
        TYPE text(tokenizer = 'splitByNonAlpha', posting_list_codec = 'bitpacking'),
    INDEX trace_id_index trace_id TYPE bloom_filter(0.001) GRANULARITY 1,
    INDEX session_id_index session_id TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX user_id_index user_id TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX correlation_id_index correlation_id TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX stored_time_index stored_time TYPE minmax GRANULARITY 1,
    -- Rows by the texts they use. Words are looked for in the few texts that hold them, and then in the rows of these.
    INDEX text_ids_index text_ids TYPE text(tokenizer = 'array', posting_list_codec = 'bitpacking')
)
ENGINE = {{engine MergeTree}}
PARTITION BY toDate(start_time)
ORDER BY (project, toStartOfFiveMinutes(start_time), trace_id, start_time)
SETTINGS index_granularity = 2048, default_compression_codec = 'ZSTD(1)', non_replicated_deduplication_window = 10000, {{durable}},
    min_bytes_for_wide_part = 134217728, min_parts_to_merge_at_once = 10,
    -- A merge begins each column with a buffer of 16 KB that grows, not with one of 1 MB: 143 MB instead of 214 for ten parts of 34,000 spans, and no CPU more.
    min_columns_to_activate_adaptive_write_buffer = 1,
    -- Filters, facets and charts read one key of a map, a trace all of them: some four buckets for ten keys serve both.
    map_serialization_version = 'with_buckets', map_buckets_strategy = 'sqrt', map_buckets_coefficient = 1.3, map_buckets_min_avg_size = 4;

-- Long texts of spans and log records by their content (schema/otlp/content-texts.ts): a prompt that repeats what was said before costs ids instead of words.
-- A row per text, day of its spans and (until merged) load. Readers take any body of an id. Parts with a day's texts go with the day's spans.
CREATE TABLE IF NOT EXISTS {{texts}} {{on cluster}}
(
    project LowCardinality(String),
    id FixedString(16),
    -- Streams of model calls take a fifth less at level 6 than at 3; the levels between gain nothing.
    body SimpleAggregateFunction(any, String) CODEC(ZSTD(6)),
    first_time SimpleAggregateFunction(min, DateTime64(9, 'UTC')) CODEC(Delta(8), ZSTD(1)),
    last_time SimpleAggregateFunction(max, DateTime64(9, 'UTC')) CODEC(Delta(8), ZSTD(1)),
    -- Of the trace it came with, for the shard.
    trace_hash SimpleAggregateFunction(any, UInt64),
    -- What free text finds. Answers of recorded HTTP exchanges are left out: the messages of their spans have the words.
    words String ALIAS multiIf(startsWith(body, '"sightline.answer":'), '', isValidASCII(body), lower(body), replaceRegexpAll(lowerUTF8(body), '[^\\p{L}\\p{N}]+', ' ')),
    INDEX word_index multiIf(startsWith(body, '"sightline.answer":'), '', isValidASCII(body), lower(body), replaceRegexpAll(lowerUTF8(body), '[^\\p{L}\\p{N}]+', ' '))
        TYPE text(tokenizer = 'splitByNonAlpha', posting_list_codec = 'bitpacking')
)
ENGINE = {{engine AggregatingMergeTree}}
PARTITION BY toDate(first_time)
ORDER BY (project, id)
SETTINGS index_granularity = 64, default_compression_codec = 'ZSTD(1)', min_parts_to_merge_at_once = 10,
    non_replicated_deduplication_window = 10000, {{durable}};

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
    session_id SimpleAggregateFunction(max, String),
    user_id SimpleAggregateFunction(max, String)
)
ENGINE = {{engine AggregatingMergeTree}}
PARTITION BY day
ORDER BY (project, trace_id)
SETTINGS index_granularity = 512, default_compression_codec = 'ZSTD(1)',
    non_replicated_deduplication_window = 10000, {{durable}};

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
SETTINGS default_compression_codec = 'ZSTD(1)', non_replicated_deduplication_window = 10000, {{durable}};

-- A merge holds a granule of each part at a time, and a state of quantiles is 4 KB of memory: 8,192 of them from ten parts were 350 MB.
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
    duration_ns_quantiles AggregateFunction(quantilesDD(0.01, 0.5, 0.9, 0.95, 0.99), UInt64)
)
ENGINE = {{engine AggregatingMergeTree}}
PARTITION BY toDate(minute)
ORDER BY (project, service, name, kind, operation, model, minute)
SETTINGS index_granularity = 512, default_compression_codec = 'ZSTD(1)', non_replicated_deduplication_window = 10000, {{durable}};

-- The same without names, for whole services: by time first and in small granules, since reading a state of quantiles costs more than merging it.
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
ORDER BY (project, minute, service)
SETTINGS index_granularity = 256, default_compression_codec = 'ZSTD(1)', non_replicated_deduplication_window = 10000, {{durable}};

-- And by hours, for days and weeks: thirty days of forty services are 1.7 million minutes.
CREATE TABLE IF NOT EXISTS {{service_rollup_1h}} {{on cluster}}
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
SETTINGS index_granularity = 256, default_compression_codec = 'ZSTD(1)', non_replicated_deduplication_window = 10000, {{durable}};

-- Whole on every node, since a load may run on any. The server fills it: the catalogue's rules need TypeScript. A pair
-- that is written again replaces what was there. The meaning of `prices`: packages/schema/src/conventions/cost/price-sql.ts.
CREATE TABLE IF NOT EXISTS model_prices {{on cluster}}
(
    -- The provider, a line feed, the model.
    pair String,
    prices Array(Tuple(project String, valid_from Float64, day_from Float64, day_length Float64, input_above Float64, needs Array(UInt8), factors Map(String, Float64), rates Array(Float64), version String))
)
ENGINE = Join(ANY, LEFT, pair)
SETTINGS join_any_take_last_row = 1;

-- What agents, models and tools did, as a narrow table that loads fill (load/steps-sql.ts): one row per span whose operation is not other, http, db or messaging. Here alone stands what a
-- call cost: `cost_usd` is what counts, the computed price or, where there is none (`price_version` is ''), what the client reported.
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
    kind UInt8,
    status_code UInt8,
    -- Which instrumentation reported a step: two of one call report it with one usage at one time.
    scope_name LowCardinality(String),
    operation LowCardinality(String),
    provider LowCardinality(String),
    request_model LowCardinality(String),
    response_model LowCardinality(String),
    model LowCardinality(String),
    response_id String,
    service_tier LowCardinality(String),
    prompt_name LowCardinality(String),
    -- The request to an MCP server (mcp-attributes.ts), empty for all other steps. The sizes are those that the span reports, else the lengths of arguments and result.
    mcp_server LowCardinality(String),
    mcp_method LowCardinality(String),
    mcp_transport LowCardinality(String),
    mcp_protocol LowCardinality(String),
    mcp_session LowCardinality(String),
    request_bytes Nullable(UInt64),
    response_bytes Nullable(UInt64),
    input_tokens Nullable(UInt64),
    output_tokens Nullable(UInt64),
    cache_read_tokens Nullable(UInt64),
    cache_write_tokens Nullable(UInt64),
    reasoning_tokens Nullable(UInt64),
    cache_write_1h_tokens Nullable(UInt64),
    input_audio_tokens Nullable(UInt64),
    output_audio_tokens Nullable(UInt64),
    cost_usd Nullable(Float64),
    reported_cost_usd Nullable(Float64),
    price_version LowCardinality(String),
    session_id String,
    user_id String,
    agent_name LowCardinality(String),
    tool_name LowCardinality(String),
    ttft_ms Nullable(Float64),
    -- That of the span, so that what is derived anew does not look as if it had just arrived.
    stored_time DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC'),
    -- When the row came into the table or was last changed where it is.
    changed_time DateTime64(3, 'UTC') DEFAULT stored_time,

    bucket DateTime('UTC') ALIAS toStartOfFiveMinutes(start_time),
    INDEX trace_id_index trace_id TYPE bloom_filter(0.001) GRANULARITY 1,
    INDEX session_id_index session_id TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX user_id_index user_id TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX stored_time_index stored_time TYPE minmax GRANULARITY 4,
    INDEX changed_time_index changed_time TYPE minmax GRANULARITY 4
)
ENGINE = {{engine MergeTree}}
PARTITION BY toDate(start_time)
ORDER BY (project, toStartOfFiveMinutes(start_time), trace_id, start_time)
SETTINGS default_compression_codec = 'ZSTD(1)', non_replicated_deduplication_window = 10000, {{durable}};

-- A run as a row, with its calls decided: `describeRun` (query/agents/describe-run.ts) says what it is, runs/run-keeper.ts writes it a second or two after its spans came.
-- `calls` are calls of models and sums that stand for calls nobody told of, `other_calls` those of tools and agents. The newest version of a key counts; where a late span moves
-- the start of a run, the row of its old place is deleted.
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
    -- A line each, '' where none is recorded.
    question String CODEC(ZSTD(3)),
    answer String CODEC(ZSTD(3)),
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
        is_unpriced UInt8,
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
        is_error UInt8
    ),

    bucket DateTime('UTC') ALIAS toStartOfFiveMinutes(start_time),
    INDEX last_time_index last_time TYPE minmax GRANULARITY 1,
    INDEX word_index arrayMap(text -> if(isValidASCII(text), lower(text), replaceRegexpAll(lowerUTF8(text), '[^\\p{L}\\p{N}]+', ' ')), [question, answer])
        TYPE text(tokenizer = 'splitByNonAlpha', posting_list_codec = 'bitpacking')
)
ENGINE = {{engine ReplacingMergeTree(version, is_deleted)}}
PARTITION BY toDate(start_time)
ORDER BY (project, generation, toStartOfFiveMinutes(start_time), trace_id)
SETTINGS default_compression_codec = 'ZSTD(1)', {{durable}};

-- Up to when rows of ai_spans are known in runs: the newest row says it. A new generation is begun where all has to be made anew.
CREATE TABLE IF NOT EXISTS {{runs_progress}} {{on cluster}}
(
    name LowCardinality(String),
    generation UInt32,
    until DateTime64(3, 'UTC'),
    -- Of a server others may write to: what changed until then is known as far as it could be seen.
    seen DateTime64(3, 'UTC') DEFAULT until,
    recorded DateTime64(9, 'UTC') DEFAULT now64(9, 'UTC'),
    -- Where much changed at once, runs are put together from the newest back: of what changed after `until` until `ahead_until`, `runs` knows what happened
    -- at `ahead_from` or later. The two times are equal where nothing is under way.
    ahead_until DateTime64(3, 'UTC') DEFAULT until,
    ahead_from DateTime('UTC'),
    -- Runs that go on, to be settled again later: project, trace, about when it began.
    waiting Array(Tuple(LowCardinality(String), FixedString(16), DateTime('UTC')))
)
ENGINE = {{engine ReplacingMergeTree(recorded)}}
ORDER BY (name, generation)
SETTINGS {{durable}};

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
SETTINGS index_granularity = 64, default_compression_codec = 'ZSTD(1)', {{durable}};

CREATE TABLE IF NOT EXISTS {{logs}} {{on cluster}}
(
    project LowCardinality(String),
    time DateTime64(9, 'UTC'),
    log_id UInt64,
    event_time DateTime64(9, 'UTC'),
    observed_time DateTime64(9, 'UTC'),
    received_time DateTime64(9, 'UTC'),
    stored_time DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
    severity_number UInt8,
    severity_text LowCardinality(String),
    -- Bodies that carry messages repeat what was said before: those of a granule, which are read together anyway, become one block.
    body String CODEC(ZSTD(1, 24)) SETTINGS (max_compress_block_size = 16777216),
    body_type LowCardinality(FixedString(1)),
    event_name LowCardinality(String),
    service LowCardinality(String),
    trace_id FixedString(16),
    span_id FixedString(8),
    flags UInt32,
    attributes Map(LowCardinality(String), String),
    long_attributes Map(LowCardinality(String), String) CODEC(ZSTD(3)),
    text_ids Array(FixedString(16)) CODEC(ZSTD(3)),
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
    words Array(String) ALIAS arrayMap(text -> if(isValidASCII(text), lower(text), replaceRegexpAll(lowerUTF8(text), '[^\\p{L}\\p{N}]+', ' ')), arrayConcat([body, toString(event_name)], mapValues(long_attributes))),
    lowered Array(String) ALIAS arrayMap(text -> lowerUTF8(text), arrayConcat([body, toString(event_name)], mapValues(long_attributes))),

    INDEX attribute_keys_index mapKeys(attributes) TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX attribute_values_index mapValues(attributes) TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX long_keys_index mapKeys(long_attributes) TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX resource_values_index mapValues(resource_attributes) TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX scope_keys_index mapKeys(scope_attributes) TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX word_index arrayMap(text -> if(isValidASCII(text), lower(text), replaceRegexpAll(lowerUTF8(text), '[^\\p{L}\\p{N}]+', ' ')), arrayConcat([body, toString(event_name)], mapValues(long_attributes)))
        TYPE text(tokenizer = 'splitByNonAlpha', posting_list_codec = 'bitpacking'),
    INDEX trace_id_index trace_id TYPE bloom_filter(0.001) GRANULARITY 1,
    INDEX correlation_id_index correlation_id TYPE bloom_filter(0.001) GRANULARITY 1,
    INDEX session_id_index session_id TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX stored_time_index stored_time TYPE minmax GRANULARITY 1,
    INDEX text_ids_index text_ids TYPE text(tokenizer = 'array', posting_list_codec = 'bitpacking')
)
ENGINE = {{engine MergeTree}}
PARTITION BY toDate(time)
ORDER BY (project, toStartOfFiveMinutes(time), service, time, log_id)
SETTINGS default_compression_codec = 'ZSTD(1)', non_replicated_deduplication_window = 10000, {{durable}},
    min_bytes_for_wide_part = 134217728, min_parts_to_merge_at_once = 10, min_columns_to_activate_adaptive_write_buffer = 1,
    map_serialization_version = 'with_buckets', map_buckets_strategy = 'sqrt', map_buckets_coefficient = 1.3, map_buckets_min_avg_size = 4;

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
    non_replicated_deduplication_window = 10000, {{durable}};

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
    stored_time DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
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
    exemplar_attributes Array(Map(LowCardinality(String), String)),

    INDEX stored_time_index stored_time TYPE minmax GRANULARITY 1
)
ENGINE = {{engine MergeTree}}
PARTITION BY toDate(time)
ORDER BY (project, name, series_id, time)
SETTINGS default_compression_codec = 'ZSTD(1)', non_replicated_deduplication_window = 10000, {{durable}},
    min_bytes_for_wide_part = 134217728, min_parts_to_merge_at_once = 6,
    map_serialization_version = 'with_buckets', map_buckets_strategy = 'sqrt', map_buckets_coefficient = 1.3, map_buckets_min_avg_size = 4;

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
SETTINGS default_compression_codec = 'ZSTD(1)', non_replicated_deduplication_window = 10000, {{durable}};

-- Every series of every day, with its labels: matchers and lists of labels read these rows instead of points.
CREATE TABLE IF NOT EXISTS {{metric_series}} {{on cluster}}
(
    project LowCardinality(String),
    name LowCardinality(String),
    type LowCardinality(String),
    series_id UInt64,
    day Date,
    attributes SimpleAggregateFunction(any, Map(String, String)),
    resource_attributes SimpleAggregateFunction(any, Map(String, String)),
    scope_name SimpleAggregateFunction(any, String),
    first_seen SimpleAggregateFunction(min, DateTime64(9, 'UTC')),
    last_seen SimpleAggregateFunction(max, DateTime64(9, 'UTC'))
)
ENGINE = {{engine AggregatingMergeTree}}
PARTITION BY day
ORDER BY (project, name, type, series_id)
SETTINGS default_compression_codec = 'ZSTD(1)', non_replicated_deduplication_window = 10000, {{durable}};

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
SETTINGS default_compression_codec = 'ZSTD(1)', non_replicated_deduplication_window = 10000, {{durable}};

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
SETTINGS default_compression_codec = 'ZSTD(1)', non_replicated_deduplication_window = 10000, {{durable}};

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
    quantilesDDState(0.01, 0.5, 0.9, 0.95, 0.99)(duration_ns) AS duration_ns_quantiles
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

CREATE MATERIALIZED VIEW IF NOT EXISTS {{service_rollup_1h_view}} {{on cluster}} TO {{service_rollup_1h}} AS
SELECT
    project,
    toStartOfHour(minute) AS hour,
    service,
    sum(rollup.count) AS count,
    sum(rollup.error_count) AS error_count,
    quantilesDDMergeState(0.01, 0.5, 0.9, 0.95, 0.99)(rollup.duration_ns_quantiles) AS duration_ns_quantiles
FROM {{service_rollup_1m}} AS rollup
GROUP BY project, hour, service;

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

CREATE MATERIALIZED VIEW IF NOT EXISTS {{metric_series_view}} {{on cluster}} TO {{metric_series}} AS
SELECT
    project,
    name,
    type,
    series_id,
    toDate(time) AS day,
    any(points.attributes) AS attributes,
    any(points.resource_attributes) AS resource_attributes,
    any(toString(points.scope_name)) AS scope_name,
    min(time) AS first_seen,
    max(time) AS last_seen
FROM {{metric_points}} AS points
GROUP BY project, name, type, series_id, day;

-- What went wrong: a row for each exception that a span or log record tells of, and for each failed span that tells of none (load/error-columns.ts). Loaded with the items of
-- the same segment. Who resolved a group, or joined two, is in the control plane; which rows tell of one error again is worked out by readers (query/errors).
CREATE TABLE IF NOT EXISTS {{errors}} {{on cluster}}
(
    project LowCardinality(String),
    time DateTime64(9, 'UTC') CODEC(Delta(8), ZSTD(1)),
    -- Of the group; of what a group can be split into; of type and message as they were said.
    fingerprint UInt64,
    variant UInt64,
    said UInt64,
    source LowCardinality(String),
    handled UInt8,
    type LowCardinality(String),
    message String,
    raw_message String,
    culprit LowCardinality(String),
    error_class LowCardinality(String),
    service LowCardinality(String),
    service_version LowCardinality(String),
    environment LowCardinality(String),
    name LowCardinality(String),
    operation LowCardinality(String),
    provider LowCardinality(String),
    model LowCardinality(String),
    agent_name LowCardinality(String),
    tool_name LowCardinality(String),
    session_id String,
    user_id String,
    trace_id FixedString(16),
    span_id FixedString(8),
    parent_span_id FixedString(8),
    log_id UInt64,
    stored_time DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
    -- Which rows tell of one error again: loads settle it where they know both (load/error-repeats.ts); of the others, a row repeats what another tells where one of its questions is
    -- among the answers of all rows (query/errors/errors-sql.ts).
    is_repeat UInt8,
    asks Array(UInt64),
    answers Array(UInt64),
    INDEX fingerprint_index fingerprint TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX variant_index variant TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX trace_id_index trace_id TYPE bloom_filter(0.001) GRANULARITY 1
)
ENGINE = {{engine MergeTree}}
PARTITION BY toDate(time)
ORDER BY (project, toStartOfHour(time), fingerprint, time)
SETTINGS index_granularity = 2048, default_compression_codec = 'ZSTD(1)', non_replicated_deduplication_window = 10000, {{durable}};

-- When each group, or part of one, was seen first and last on a day, and in which versions.
CREATE TABLE IF NOT EXISTS {{error_days}} {{on cluster}}
(
    project LowCardinality(String),
    day Date,
    fingerprint UInt64,
    variant UInt64,
    first_time SimpleAggregateFunction(min, DateTime64(9, 'UTC')),
    last_time SimpleAggregateFunction(max, DateTime64(9, 'UTC')),
    versions SimpleAggregateFunction(groupUniqArrayArray, Array(String))
)
ENGINE = {{engine AggregatingMergeTree}}
PARTITION BY day
ORDER BY (project, fingerprint, variant)
SETTINGS default_compression_codec = 'ZSTD(1)', non_replicated_deduplication_window = 10000, {{durable}};

CREATE MATERIALIZED VIEW IF NOT EXISTS {{error_days_view}} {{on cluster}} TO {{error_days}} AS
SELECT project, toDate(errors.time) AS day, fingerprint, variant, min(errors.time) AS first_time, max(errors.time) AS last_time,
    groupUniqArray(100)(toString(service_version)) AS versions
FROM {{errors}} AS errors
GROUP BY project, day, fingerprint, variant;

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
